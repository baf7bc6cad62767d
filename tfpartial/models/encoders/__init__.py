"""Encoders by name: each gives features at strides 2 to 32, the levels `P1` to `P5`."""

from tfpartial.models.encoders.table import ENCODERS, EncoderName, Levels
from tfpartial.models.encoders.weights import take_encoder_weights

__all__ = ["ENCODERS", "EncoderName", "Levels", "take_encoder_weights"]
