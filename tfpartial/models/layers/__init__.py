"""Layers of the networks."""

from tfpartial.models.layers.prior_driven_activation import PriorDrivenActivation

__all__ = ["PriorDrivenActivation"]
