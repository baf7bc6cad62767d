"""How sure a segmenter is of each voxel: learned, or from its own outputs."""

from tfpartial.confidence.predictor import ConfidentPredictor

__all__ = ["ConfidentPredictor"]
