"""What is known of each kind of layer. A new kind is a line of `KINDS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keras import layers

from tfpartial.inspection import products, spans
from tfpartial.inspection.graph import Step
from tfpartial.inspection.spans import Rule
from tfpartial.models.layers.instance_norm import InstanceNormalization
from tfpartial.models.layers.position_encoding import PositionEncoding2D
from tfpartial.models.layers.prior_driven_activation import PriorDrivenActivation
from tfpartial.models.layers.up_conv import UpConv
from tfpartial.models.with_prior import PriorForm


@dataclass(frozen=True)
class Kind:
    """A kind of layer.

    Args:
        sees: what it reads of its input.
        multiply_adds: its products for one slice.
        kept: numbers that it makes besides its outputs and that its gradient needs.
        is_view: whether its output is its input in another shape, without memory of its own.
    """

    sees: Rule = spans.voxel_by_voxel
    multiply_adds: Callable[[Step], int] = products.none
    kept: Callable[[Step], int] = products.none
    is_view: bool = False


VOXEL_BY_VOXEL = (
    *(layers.Activation, layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU, layers.Softmax, layers.Identity),
    *(layers.Add, layers.Subtract, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum, layers.Concatenate),
    *(layers.BatchNormalization, layers.GroupNormalization, layers.LayerNormalization, layers.Rescaling),
    *(layers.Dropout, layers.SpatialDropout2D, layers.GaussianNoise, layers.GaussianDropout),
    *(InstanceNormalization, PositionEncoding2D, PriorForm, PriorDrivenActivation),
)
"""Normalisations too: the statistics of a slice or a group are not counted as seen, as in publications."""
POOLINGS = (layers.MaxPooling2D, layers.AveragePooling2D)
GLOBAL = (layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D)
VIEWS = (layers.Reshape, layers.Flatten, layers.Permute)

KINDS: dict[type, Kind] = {
    **dict.fromkeys(VOXEL_BY_VOXEL, Kind()),
    **dict.fromkeys(POOLINGS, Kind(spans.pooling_window)),
    **dict.fromkeys(GLOBAL, Kind(spans.everything)),
    **dict.fromkeys(VIEWS, Kind(spans.everything, is_view=True)),
    layers.Conv2D: Kind(spans.window, products.convolution),
    layers.DepthwiseConv2D: Kind(spans.window, products.depthwise_convolution),
    layers.SeparableConv2D: Kind(spans.window, products.separable_convolution),
    layers.Conv2DTranspose: Kind(spans.transposed_window, products.transposed_convolution),
    UpConv: Kind(spans.up_convolution, products.up_convolution),
    layers.UpSampling2D: Kind(spans.upsampled),
    layers.Cropping2D: Kind(spans.cropped),
    layers.ZeroPadding2D: Kind(spans.padded),
    layers.Dense: Kind(spans.voxel_by_voxel, products.dense),
    layers.MultiHeadAttention: Kind(spans.everything, products.attention, products.attention_kept),
}


def kind_of(step: Step) -> Kind | None:
    """What is known of a step's layer, by its class or the nearest one that it is derived from; none for an unknown one."""
    return next((KINDS[each] for each in type(step.layer).__mro__ if each in KINDS), None)


def unknown_kinds(steps: list[Step]) -> list[str]:
    """Names of the classes of layers that nothing is known of."""
    return sorted({type(step.layer).__name__ for step in steps if kind_of(step) is None})
