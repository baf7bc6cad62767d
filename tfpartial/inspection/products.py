"""Multiply-adds of a layer for one slice: the products of its convolutions and matrices, without biases."""

from __future__ import annotations

import math

from tfpartial.inspection.graph import Step


def none(step: Step) -> int:
    return 0


def convolution(step: Step) -> int:
    """Each voxel that it gives is a sum over its window and the channels of its group."""
    layer, (*grid, filters), (*_, channels) = step.layer, step.outputs[0].shape, step.inputs[0].shape
    return math.prod(grid) * filters * math.prod(layer.kernel_size) * channels // layer.groups


def transposed_convolution(step: Step) -> int:
    """Each voxel that it reads is added to a window of what it gives."""
    layer, (*_, filters), (*grid, channels) = step.layer, step.outputs[0].shape, step.inputs[0].shape
    return math.prod(grid) * channels * math.prod(layer.kernel_size) * filters


def up_convolution(step: Step) -> int:
    """`UpConv`: a transposed convolution of size 3 along each axis."""
    (*_, filters), (*grid, channels) = step.outputs[0].shape, step.inputs[0].shape
    return math.prod(grid) * channels * 3 ** len(grid) * filters


def depthwise_convolution(step: Step) -> int:
    return math.prod(step.outputs[0].shape) * math.prod(step.layer.kernel_size)


def separable_convolution(step: Step) -> int:
    """A depthwise one, and a 1x1 convolution on it."""
    *grid, filters = step.outputs[0].shape
    deep = step.inputs[0].shape[-1] * step.layer.depth_multiplier
    return math.prod(grid) * deep * (math.prod(step.layer.kernel_size) + filters)


def dense(step: Step) -> int:
    return math.prod(step.outputs[0].shape) * step.inputs[0].shape[-1]


def attention(step: Step) -> int:
    """Queries, keys and values of every head, their scores, the weighted means, and the layer after them."""
    layer = step.layer
    query, value = step.named["query"].shape, step.named["value"].shape
    key = step.named.get("key", step.named["value"]).shape
    queries, tokens = math.prod(query[:-1]), math.prod(value[:-1])
    wide, deep = layer.num_heads * layer.key_dim, layer.num_heads * layer.value_dim
    embedded = queries * query[-1] * wide + tokens * (key[-1] * wide + value[-1] * deep)
    return embedded + queries * tokens * (wide + deep) + queries * deep * step.outputs[0].shape[-1]


def attention_kept(step: Step) -> int:
    """Numbers inside an attention that its gradient needs: queries, keys, values, scores and weighted means of every head."""
    layer = step.layer
    queries, tokens = (math.prod(step.named[name].shape[:-1]) for name in ("query", "value"))
    wide, deep = layer.num_heads * layer.key_dim, layer.num_heads * layer.value_dim
    return (queries + tokens) * wide + (tokens + queries) * deep + layer.num_heads * queries * tokens
