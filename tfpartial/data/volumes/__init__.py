"""Volumes slab by slab, in bounded memory."""
