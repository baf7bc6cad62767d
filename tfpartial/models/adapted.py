"""A Keras model from elsewhere as one of ours: checked, with float32 logits and the layers that other parts look up."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import keras
from keras import layers

from tfpartial.errors import TfpartialError
from tfpartial.models.endpoints import FEATURES, LOGITS

Tensor: TypeAlias = keras.KerasTensor
RESHAPING = (layers.UpSampling2D, layers.Resizing, layers.Cropping2D, layers.ZeroPadding2D, layers.Reshape, layers.Dropout)
"""What may come behind an activation and leaves probabilities what they are."""
NOT_LOGITS = ("Sigmoid", "Softmax", "ReLU", "Relu", "Relu6", "LeakyReLU", "Tanh")
"""Classes of layers and operations whose outcome is no logit."""


def adapted(model: Any, where: str, name: str, num_logits: int, input_shape: tuple[int, ...]) -> keras.Model:
    """The same graph with the same weights, which ends in a float32 layer named `LOGITS`.

    Where the last layer is a convolution and no layer is named `FEATURES`, what it reads gets that name, if it is on the slice's
    grid. A network without `FEATURES` trains and predicts; a confidence head refuses it.

    Args:
        model: what somebody's function gave.
        where: how messages begin.
        name: of the network, for Keras.
        num_logits: logits per voxel that it must give.
        input_shape: `(H, W, C)` that it must take.

    Raises:
        TfpartialError: no functional Keras model; other inputs or outputs; probabilities rather than logits; layers of our names
            at other places; or a model that would not come back from its file in Keras's safe mode.
    """
    image, out = _ends(model, where, num_logits, input_shape)
    if ending := _activation(out):
        raise TfpartialError(f"{where}: expected logits, got the outcome of {ending}; leave the last activation out")
    last = _without_identities(out)
    maker = _maker(last)
    by_name = {layer.name: layer for layer in model.layers}
    _require_places(by_name, where, maker, input_shape)
    if isinstance(maker, layers.Conv2D) and len(maker._inbound_nodes) == 1:  # weights that are shared stay shared
        logits = _as_float32(maker, _features(_read(last)[0], FEATURES in by_name, input_shape))
    elif getattr(maker, "name", "") == LOGITS and out.dtype == "float32":
        logits = out
    else:
        logits = layers.Activation("linear", dtype="float32", name=LOGITS)(last)
    network = keras.Model(image, logits, name=name)
    _require_loadable(network, where)
    return network


def _ends(model: Any, where: str, num_logits: int, input_shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Its input and output, of the shapes that are asked for."""
    try:
        inputs, outputs = model.inputs, model.outputs
        functional = type(keras.Model(inputs, outputs))
    except (AttributeError, ValueError, TypeError) as error:
        kind = f"{type(model).__module__}.{type(model).__name__}"
        raise TfpartialError(f"{where}: expected a functional keras.Model, got {kind}") from error
    if type(model).call not in (functional.call, keras.Sequential.call):
        raise TfpartialError(f"{where}: expected a functional keras.Model, got one whose class has a `call` of its own")
    grid = input_shape[:-1]
    for what, tensors, shape in (("input", inputs, input_shape), ("output", outputs, (*grid, num_logits))):
        got = [tuple(tensor.shape[1:]) for tensor in tensors]
        if got != [tuple(shape)]:
            raise TfpartialError(f"{where}: expected one {what} of shape {tuple(shape)}, got {', '.join(map(str, got))}")
    return inputs[0], outputs[0]


def _maker(tensor: Tensor) -> Any:
    """The layer or operation that a tensor is the outcome of."""
    return tensor._keras_history.operation  # Keras has no public way


def _read(tensor: Tensor) -> list[Tensor]:
    """What its maker made it of."""
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index].input_tensors


def _is_identity(maker: Any) -> bool:
    return isinstance(maker, layers.Identity) or (isinstance(maker, layers.Activation) and _is_linear(maker.activation))


def _is_linear(activation: Any) -> bool:
    return activation is None or activation is keras.activations.linear


def _without_identities(tensor: Tensor) -> Tensor:
    while _is_identity(maker := _maker(tensor)) and maker.name not in (FEATURES, LOGITS):
        tensor = _read(tensor)[0]
    return tensor


def _activation(tensor: Tensor) -> str:
    """What makes the last numbers something else than logits; empty when nothing does, as far as layers tell."""
    maker = _maker(tensor)
    if isinstance(maker, keras.Model):
        return _activation(maker.outputs[tensor._keras_history.tensor_index])
    if type(maker).__name__ in NOT_LOGITS or not _is_linear(getattr(maker, "activation", None)):
        activation = getattr(maker, "activation", None)
        return f"'{maker.name}', {getattr(activation, '__name__', type(maker).__name__)}"
    return _activation(_read(tensor)[0]) if _is_identity(maker) or isinstance(maker, RESHAPING) else ""


def _require_places(by_name: dict[str, Any], where: str, maker: Any, input_shape: tuple[int, ...]) -> None:
    if LOGITS in by_name and by_name[LOGITS] is not maker:
        raise TfpartialError(f"{where}: expected the last layer to be named '{LOGITS}', or none, got '{maker.name}' behind it")
    features = by_name.get(FEATURES)
    if features is not None and (isinstance(features, keras.Model) or features.output.shape[1:-1] != tuple(input_shape[:-1])):
        got = features.output.shape[1:]
        raise TfpartialError(f"{where}: expected a layer '{FEATURES}' on the slice's grid, {input_shape[:-1]}, got {tuple(got)}")


def _features(tensor: Tensor, named: bool, input_shape: tuple[int, ...]) -> Tensor:
    """What the last convolution reads, by the name of a layer that leaves it as it is."""
    on_grid = tensor.shape[1:-1] == tuple(input_shape[:-1])
    if named or not on_grid or isinstance(_maker(tensor), layers.InputLayer):
        return tensor
    return layers.Activation("linear", name=FEATURES)(tensor)


def _as_float32(convolution: layers.Layer, features: Tensor) -> Tensor:
    """The outcome of the same convolution in float32, whatever the dtype policy is."""
    config = {**convolution.get_config(), "name": LOGITS, "dtype": "float32"}
    copy = type(convolution).from_config(config)
    logits = copy(features)
    copy.set_weights(convolution.get_weights())
    return logits


def _require_loadable(network: keras.Model, where: str) -> None:
    """What could not be loaded again is found out before the training rather than after it."""
    try:
        config = json.loads(json.dumps(keras.saving.serialize_keras_object(network)))
        keras.saving.deserialize_keras_object(config, safe_mode=True)
    except Exception as error:  # whatever its layers do
        innermost = str(error).rpartition("Exception encountered: ")[2].strip()
        reason = innermost.splitlines()[0] if innermost else type(error).__name__
        expected = "expected layers that Keras saves and loads in its safe mode (no Lambda; own classes registered)"
        raise TfpartialError(f"{where}: {expected}, got: {reason}") from error
