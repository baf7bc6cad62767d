"""Training a segmentation network on partially labeled slices."""

from tfpartial.training.objective import METHODS, Objective
from tfpartial.training.partial_segmenter import PartialSegmenter
from tfpartial.training.trainers import TRAINERS

__all__ = ["METHODS", "TRAINERS", "Objective", "PartialSegmenter"]
