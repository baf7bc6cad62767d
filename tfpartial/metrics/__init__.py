"""How good a segmentation is. It imports without TensorFlow."""

from tfpartial.metrics.overlap import dice
from tfpartial.metrics.surface import average_surface_distance, hausdorff, normalized_surface_dice
from tfpartial.metrics.volume import VolumeError, volume_error

__all__ = ["VolumeError", "average_surface_distance", "dice", "hausdorff", "normalized_surface_dice", "volume_error"]
