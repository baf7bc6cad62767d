"""From data sets as they come to one verified manifest."""
