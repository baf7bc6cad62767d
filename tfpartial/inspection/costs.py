"""What a network costs: parameters, products and memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras

from tfpartial.inspection.graph import Step
from tfpartial.inspection.kinds import kind_of


class Cost(NamedTuple):
    """The cost of one call of a layer for a slice.

    Args:
        layer: its name.
        kind: its class.
        shape: of what it gives, without the batch.
        parameters: of the layer; 0 at a further call of the same layer.
        multiply_adds: products of convolutions and matrices; none for a kind that is not known.
        bytes: of its outputs, and of what is inside an attention, in the layer's own precision.
    """

    layer: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int | None
    bytes: int


def costs_of(steps: Sequence[Step]) -> list[Cost]:
    """The cost of each step.

    The bytes are those that a training keeps from the forward pass for the gradient, when nothing is computed again.
    """
    counted: set[int] = set()
    costs = []
    for step in steps:
        kind, layer = kind_of(step), step.layer
        parameters = layer.count_params() if isinstance(layer, keras.Layer) and id(layer) not in counted else 0
        counted.add(id(layer))
        numbers = 0 if kind and kind.is_view else sum(math.prod(value.shape) for value in step.outputs)
        numbers += kind.kept(step) if kind else 0
        costs.append(
            Cost(
                layer.name,
                type(layer).__name__,
                step.outputs[0].shape,
                parameters,
                kind.multiply_adds(step) if kind else None,
                numbers * _bytes(step.outputs[0].tensor.dtype),
            )
        )
    return costs


def total_of(costs: Sequence[Cost], batch: int) -> dict[str, Any]:
    """The whole network: `parameters`, `multiply_adds` of a slice, `flops` (two a product), `activation_bytes` of a batch.

    The products are none where a layer with weights is of a kind that is not known.
    """
    unknown = any(cost.multiply_adds is None and cost.parameters for cost in costs)
    products = None if unknown else sum(cost.multiply_adds or 0 for cost in costs)
    return {
        "parameters": sum(cost.parameters for cost in costs),
        "multiply_adds": products,
        "flops": None if products is None else 2 * products,
        "activation_bytes": batch * sum(cost.bytes for cost in costs),
    }


def _bytes(dtype: str) -> int:
    return {"float16": 2, "bfloat16": 2, "float64": 8, "int64": 8, "uint8": 1, "int8": 1, "bool": 1}.get(dtype, 4)
