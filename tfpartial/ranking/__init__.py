"""Measures confidences on the voxels that may be relabeled, where the truth is known since the labels were only taken away."""
