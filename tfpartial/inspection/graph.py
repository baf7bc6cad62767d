"""A functional network as a list of steps, nested networks unfolded."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras

from tfpartial.errors import TfpartialError


@dataclass(frozen=True, eq=False)
class Value:
    """What flows from one step to others.

    Args:
        tensor: the symbolic tensor, of the nested network where it is made.
    """

    tensor: keras.KerasTensor

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch: `(H, W, C)`, `(tokens, C)`, ..."""
        return tuple(self.tensor.shape[1:])

    @property
    def grid(self) -> tuple[int, int] | None:
        """Rows and columns; none for what has no such axes."""
        return (self.shape[0], self.shape[1]) if len(self.shape) == 3 else None


class Step(NamedTuple):
    """One call of a layer, or of an operation that is no layer.

    Args:
        layer: the layer.
        inputs: what it reads.
        outputs: what it gives.
        named: its inputs by the name of its argument, of those that are a single tensor.
        nested: whether it is part of a network within the network.
    """

    layer: Any
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    named: dict[str, Value]
    nested: bool


def steps_of(network: keras.Model) -> list[Step]:
    """The steps of a functional network, each after those that it reads from.

    Raises:
        TfpartialError: a network that is not functional, or one that takes slices of any size.
    """
    functional = _functional(network)
    if functional is None:
        raise TfpartialError(f"network '{network.name}': expected a functional Keras model, got {type(network).__name__}")
    for tensor in functional.inputs:
        if None in tensor.shape[1:]:
            raise TfpartialError(f"network '{network.name}': expected inputs of a fixed size, got {tuple(tensor.shape)}")
    return list(_unfolded(functional, {id(tensor): Value(tensor) for tensor in functional.inputs}, nested=False))


def step_named(network: keras.Model, steps: list[Step], name: str) -> Step:
    """The last call of a layer.

    Raises:
        TfpartialError: the network has no layer of that name, or one without rows and columns, or inside a nested network.
    """
    found = [step for step in steps if step.layer.name == name and step.outputs[0].grid is not None and not step.nested]
    if not found:
        raise TfpartialError(f"network '{network.name}': expected a layer of its own with features [B, H, W, C], got '{name}'")
    return found[-1]


def _functional(operation: Any) -> Any:
    """A functional model, that of a `Sequential` one as well; none for another operation."""
    inner = getattr(operation, "_functional", None) or operation
    return inner if hasattr(inner, "_nodes_by_depth") else None


def _unfolded(network: Any, known: dict[int, Value], nested: bool) -> Iterator[Step]:
    for depth in sorted(network._nodes_by_depth, reverse=True):  # Keras has no public way to the calls of a network
        for node in network._nodes_by_depth[depth]:
            if node.is_input:
                continue
            inputs = tuple(known[id(tensor)] for tensor in node.input_tensors)
            inner = _functional(node.operation)
            if inner is None:
                outputs = tuple(Value(tensor) for tensor in node.outputs)
                yield Step(node.operation, inputs, outputs, _named(node, known), nested)
            else:
                within = {id(tensor): value for tensor, value in zip(inner.inputs, inputs, strict=True)}
                yield from _unfolded(inner, within, nested=True)
                outputs = tuple(within[id(tensor)] for tensor in inner.outputs)
            known |= {id(tensor): value for tensor, value in zip(node.outputs, outputs, strict=True)}


def _named(node: Any, known: dict[int, Value]) -> dict[str, Value]:
    bound = inspect.signature(node.operation.call).bind(*node.arguments.args, **node.arguments.kwargs).arguments
    return {name: known[id(value)] for name, value in bound.items() if isinstance(value, keras.KerasTensor)}
