"""What a layer reads along one axis: from a span of its output to the span of its input."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias


class Span(NamedTuple):
    """First and last voxel along an axis; infinite for what reads everything. It may reach beyond the features."""

    first: float
    last: float

    def joined(self, other: Span) -> Span:
        """The shortest span that holds both."""
        return Span(min(self.first, other.first), max(self.last, other.last))

    @property
    def size(self) -> float:
        """Number of voxels."""
        return self.last - self.first + 1


class Sides(NamedTuple):
    """Along which axis of the grid, 0 for rows and 1 for columns, and the voxels of input and output along it."""

    axis: int
    read: int
    given: int


ALL = Span(-math.inf, math.inf)
Rule: TypeAlias = Callable[[Any, Sides, Span], Span]
"""A layer, the axis, and what is asked of its output -> what it reads for that."""


def voxel_by_voxel(layer: Any, sides: Sides, span: Span) -> Span:
    return span


def everything(layer: Any, sides: Sides, span: Span) -> Span:
    return ALL


def window(layer: Any, sides: Sides, span: Span) -> Span:
    """Of a convolution."""
    size = (layer.kernel_size[sides.axis] - 1) * layer.dilation_rate[sides.axis] + 1
    return _window(sides, span, size, layer.strides[sides.axis], layer.padding)


def pooling_window(layer: Any, sides: Sides, span: Span) -> Span:
    return _window(sides, span, layer.pool_size[sides.axis], layer.strides[sides.axis], layer.padding)


def _window(sides: Sides, span: Span, size: int, stride: int, padding: str) -> Span:
    before = _padded(sides.given, sides.read, size, stride) if padding == "same" else 0
    return Span(span.first * stride - before, span.last * stride - before + size - 1)


def transposed_window(layer: Any, sides: Sides, span: Span) -> Span:
    """Of a transposed convolution, which gives what a convolution of that size and stride would read."""
    size = (layer.kernel_size[sides.axis] - 1) * layer.dilation_rate[sides.axis] + 1
    return _transposed(sides, span, size, layer.strides[sides.axis], layer.padding)


def up_convolution(layer: Any, sides: Sides, span: Span) -> Span:
    """Of `UpConv`: a transposed convolution of size 3 and stride 2."""
    return _transposed(sides, span, 3, 2, "same")


def _transposed(sides: Sides, span: Span, size: int, stride: int, padding: str) -> Span:
    before = _padded(sides.read, sides.given, size, stride) if padding == "same" else 0
    first, last = (span.first + before - size + 1) / stride, (span.last + before) / stride
    return ALL if math.isinf(first) else Span(math.ceil(first), math.floor(last))


def _padded(fewer: int, more: int, size: int, stride: int) -> int:
    """Zeros in front of the `more` voxels that a window makes `fewer` of."""
    return max((fewer - 1) * stride + size - more, 0) // 2


def upsampled(layer: Any, sides: Sides, span: Span) -> Span:
    factor = layer.size[sides.axis]
    if math.isinf(span.first):
        return ALL
    if layer.interpolation == "nearest":
        return Span(span.first // factor, span.last // factor)
    first, last = ((place + 0.5) / factor - 0.5 for place in span)
    return Span(math.floor(first), math.ceil(last))


def cropped(layer: Any, sides: Sides, span: Span) -> Span:
    front = layer.cropping[sides.axis][0]
    return Span(span.first + front, span.last + front)


def padded(layer: Any, sides: Sides, span: Span) -> Span:
    front = layer.padding[sides.axis][0]
    return Span(span.first - front, span.last - front)
