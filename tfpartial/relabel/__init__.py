"""Recovers the labels of organs that nobody annotated, the surest voxels first."""

from tfpartial.relabel.select import select_top

__all__ = ["select_top"]
