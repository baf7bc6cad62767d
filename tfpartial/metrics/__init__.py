"""How good a segmentation is. NumPy only: it imports without TensorFlow."""

from tfpartial.metrics.overlap import dice

__all__ = ["dice"]
