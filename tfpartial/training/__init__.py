"""Training a segmentation network on partially labeled slices."""

from tfpartial.training.objective import METHODS, Objective
from tfpartial.training.partial_segmenter import PartialSegmenter

__all__ = ["METHODS", "Objective", "PartialSegmenter"]
