"""The cases of a fold: who trains, what was thinned, pseudo-labels and places of organs."""
