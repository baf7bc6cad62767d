"""Slices, network and batch for a data set, as nnU-Net plans them."""
