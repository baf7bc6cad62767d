"""Networks, by name. Each is a functional Keras model from normalised slices to logits."""

from tfpartial.models.build import NETWORKS, build
from tfpartial.models.endpoints import BOTTLENECK, FEATURES, LOGITS
from tfpartial.models.with_prior import build_with_prior, take_plain_weights

__all__ = ["BOTTLENECK", "FEATURES", "LOGITS", "NETWORKS", "build", "build_with_prior", "take_plain_weights"]
