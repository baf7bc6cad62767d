"""Terms on voxels whose label is not certain: what is expected of a prediction without knowing the truth."""
