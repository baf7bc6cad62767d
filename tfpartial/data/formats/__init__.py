"""One file per format: from a file to an opened image or label."""
