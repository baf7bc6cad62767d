"""Any network, with the organs' prior put in at one of three places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from tfpartial.config.priors import EPSILON
from tfpartial.errors import TfpartialError
from tfpartial.models.build import build
from tfpartial.models.endpoints import BOTTLENECK
from tfpartial.models.layers.prior_driven_activation import (
    PriorDrivenActivation,
    categorical_prior,
    check_prior_settings,
    log_odds,
)

Tensor = Any
Rewire = Callable[..., keras.KerasTensor]

JOINED = "slice_and_prior"
PROJECTION = "prior_projection"
PADDINGS = (keras.layers.ZeroPadding2D, keras.layers.ZeroPadding3D)
LAYERS_BY_RANK = {
    4: (keras.layers.AveragePooling2D, keras.layers.Conv2D),
    5: (keras.layers.AveragePooling3D, keras.layers.Conv3D),
}


# ---- layers -------------------------------------------------------------------------------------------------------------------


def scaled_log_odds(prior: Tensor, epsilon: float = EPSILON) -> Tensor:
    """Log-odds over the largest that clipping leaves: -1 never, 0 unknown, 1 always. float32, of the prior's shape."""
    return log_odds(prior, epsilon) / float(np.log((1.0 - epsilon) / epsilon))


FORMS: dict[str, Callable[[Tensor, float], Tensor]] = {"log_odds": scaled_log_odds, "categorical": categorical_prior}


@keras.saving.register_keras_serializable(package="tfpartial")
class PriorForm(keras.layers.Layer):
    """The organs' marginal priors `[..., K]` in the form that a network takes. Always a float32 layer.

    Args:
        form: `log_odds` (`scaled_log_odds`, `[..., K]`) or `categorical` (`categorical_prior`, `[..., K+1]`).
        epsilon: priors are clipped to [epsilon, 1-epsilon].
    """

    def __init__(self, form: str, epsilon: float = EPSILON, **options: Any) -> None:
        super().__init__(**{**options, "dtype": "float32"})
        self.form, self.epsilon = form, epsilon

    def call(self, prior: Tensor) -> Tensor:
        return FORMS[self.form](prior, self.epsilon)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        *grid, organs = input_shape
        return (*grid, organs + 1 if self.form == "categorical" and organs else organs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "form": self.form, "epsilon": self.epsilon}


# ---- model --------------------------------------------------------------------------------------------------------------------


def build_with_prior(
    name: str,
    num_logits: int,
    input_shape: Sequence[int],
    num_organs: int,
    where: str = "activation",
    activation: str = "sigmoid",
    epsilon: float = EPSILON,
    **options: Any,
) -> keras.Model:
    """A new network that takes the organs' prior beside the slice, and gives logits as `build`'s do.

    `where` says what the prior becomes:
        activation  part of the logits, after the network (the thesis's late fusion, eq. 4.2 and 4.3);
        input       `num_organs` more channels of the slice: log-odds, scaled to [-1, 1];
        bottleneck  the same log-odds, averaged to the lowest level's size, through a 1x1 convolution that starts at 0 and has no
                    bias, added to the features named `BOTTLENECK`.
    A prior of 1/2 everywhere leaves the plain network's logits as they are, bit by bit, at `activation` and `bottleneck`.

    Args:
        name: a key of `NETWORKS`, or `package.module:function`.
        num_logits: logits per voxel: K, or K+1 for a softmax with background in channel 0.
        input_shape: of a slice or patch, channels last.
        num_organs: K, the channels of the prior.
        where: `activation`, `input` or `bottleneck`.
        activation: what turns the logits into probabilities, `sigmoid` or `softmax`; only the place `activation` depends on it.
        epsilon: priors are clipped to [epsilon, 1-epsilon]: that of the prior which the network is trained with.
        options: the network's own settings, e.g. `width`.

    Returns:
        A functional model with the inputs `slice`, `[B, *input_shape]`, and `prior`, float32 `[B, *grid, num_organs]`: the
        probability of each organ by its place alone. It gives float32 logits `[B, *grid, num_logits]`.

    Raises:
        TfpartialError: what `build` refuses; a place or activation that does not exist; numbers of outputs and organs that do not
            fit the activation; epsilon outside (0, 0.5); a network without a bottleneck, or whose sides it does not divide.
    """
    check_prior_settings(activation, epsilon)
    if where not in PLACES:
        raise TfpartialError(f"a prior has no place '{where}'; expected one of {', '.join(PLACES)}")
    if num_organs < 1:
        raise TfpartialError(f"network '{name}' with a prior: expected at least 1 organ, got {num_organs}")
    *grid, channels = input_shape or (0,)
    wide = (*grid, channels + num_organs) if where == "input" else tuple(input_shape)
    network = build(name, num_logits, wide, **options)
    image = keras.Input(tuple(input_shape), name="slice")
    prior = keras.Input((*grid, num_organs), dtype="float32", name="prior")
    logits = PLACES[where](network, image, prior, activation, epsilon)
    model = keras.Model([image, prior], logits, name=f"{network.name}_prior_{where}")
    take_plain_weights(model, network)  # the layers were made anew, and some networks start from weights of a file
    return model


def _at_activation(
    network: keras.Model, image: keras.KerasTensor, prior: keras.KerasTensor, activation: str, epsilon: float
) -> keras.KerasTensor:
    outputs, organs = network.output_shape[-1], prior.shape[-1]
    expected = organs + 1 if activation == "softmax" else organs
    if outputs != expected:
        raise TfpartialError(f"a prior of {organs} organs before a {activation}: expected {expected} outputs, got {outputs}")
    logits = _rewired(network, image, prior, lambda layer, *args, **kwargs: layer(*args, **kwargs))
    if activation == "softmax":
        prior = PriorForm("categorical", epsilon, name="categorical_prior")(prior)
        # Of clipped odds against all others: none is less, so that nothing is clipped twice.
        epsilon = epsilon**2 / (organs + 1)
    return PriorDrivenActivation(activation, epsilon, "logits", name="prior_driven_logits")([logits, prior])


def _at_input(
    network: keras.Model, image: keras.KerasTensor, prior: keras.KerasTensor, activation: str, epsilon: float
) -> keras.KerasTensor:
    channels = PriorForm("log_odds", epsilon, name="prior_log_odds")(prior)
    joined = keras.layers.Concatenate(name=JOINED)([image, channels])

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> keras.KerasTensor:
        args, kwargs = keras.tree.map_structure(lambda x: joined if x is image else x, (args, kwargs))
        return layer(*args, **kwargs)

    return _rewired(network, image, prior, call)


def _at_bottleneck(
    network: keras.Model, image: keras.KerasTensor, prior: keras.KerasTensor, activation: str, epsilon: float
) -> keras.KerasTensor:
    factors, filters = _bottleneck(network)
    pooling, convolution = LAYERS_BY_RANK[len(image.shape)]
    x = PriorForm("log_odds", epsilon, name="prior_log_odds")(prior)
    x = pooling(factors, dtype="float32", name="prior_pool")(x)
    # Without a bias, log-odds of 0 add 0 whatever the convolution has learned.
    x = convolution(filters, 1, kernel_initializer="zeros", use_bias=False, name=PROJECTION)(x)

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> keras.KerasTensor:
        features = layer(*args, **kwargs)
        return keras.layers.Add(name=f"{BOTTLENECK}_and_prior")([features, x]) if layer.name == BOTTLENECK else features

    return _rewired(network, image, prior, call)


PLACES = {"activation": _at_activation, "input": _at_input, "bottleneck": _at_bottleneck}


def _bottleneck(network: keras.Model) -> tuple[tuple[int, ...], int]:
    """How many voxels of the input one of the bottleneck has along each axis, and the bottleneck's filters."""
    if BOTTLENECK not in {layer.name for layer in network.layers}:
        raise TfpartialError(f"network '{network.name}' has no layer named '{BOTTLENECK}' that a prior could be added to")
    sides, (*below, filters) = network.input_shape[1:-1], network.get_layer(BOTTLENECK).output.shape[1:]
    fit = len(sides) == len(below) and len(sides) + 2 in LAYERS_BY_RANK
    if not fit or any(not side or not low or side % low for side, low in zip(sides, below, strict=True)):
        expected = f"expected sides that are multiples of those of '{BOTTLENECK}'"
        raise TfpartialError(f"network '{network.name}': {expected}, {tuple(below)}, got {tuple(sides)}")
    return tuple(side // low for side, low in zip(sides, below, strict=True)), filters


def _rewired(network: keras.Model, image: keras.KerasTensor, prior: keras.KerasTensor, call: Rewire) -> keras.KerasTensor:
    """The logits of `network` on `image`, its layers made anew and called through `call(layer, *args, **kwargs)`."""
    # Keras clones onto as many inputs as a model has: the prior becomes one that nothing reads yet.
    both = keras.Model([*network.inputs, keras.Input(prior.shape[1:])], network.outputs)
    return keras.models.clone_model(both, input_tensors=[image, prior], call_function=call).outputs[0]


# ---- weights ------------------------------------------------------------------------------------------------------------------


def take_plain_weights(model: keras.Model, plain: keras.Model) -> None:
    """Gives `model`, of `build_with_prior`, the weights of `plain`, of `build` with the same name and options: in place.

    What only the prior reads is not touched at the bottleneck, where it starts at 0. At the input, the first convolution's
    weights for the prior's channels become 0, so that the logits are the plain network's.

    Raises:
        TfpartialError: other layers, or weights of other shapes. `model` is then as it was.
    """
    ours, theirs = ({layer.name: layer for layer in each.layers if layer.weights} for each in (model, plain))
    ours.pop(PROJECTION, None)
    if unlike := sorted(set(ours) ^ set(theirs)):
        raise TfpartialError(f"'{model.name}' cannot take the weights of '{plain.name}': only one has {', '.join(unlike)}")
    joined = _joined(model)
    weights = {name: _fitted(layer, theirs[name], id(layer.input) in joined) for name, layer in ours.items()}
    for name, layer in ours.items():
        layer.set_weights(weights[name])


def _joined(model: keras.Model) -> set[int]:
    """The tensors, by identity, that are slice and prior side by side: as they are, or padded before the first convolution."""
    found = {id(layer.output) for layer in model.layers if layer.name == JOINED}
    paddings = [layer for layer in model.layers if isinstance(layer, PADDINGS)]
    return found | {id(layer.output) for layer in paddings if id(layer.input) in found}


def _fitted(layer: keras.layers.Layer, plain: keras.layers.Layer, reads_prior: bool) -> list[np.ndarray]:
    values, shapes = plain.get_weights(), [tuple(weight.shape) for weight in layer.weights]
    if reads_prior:
        values = [_widened(value, shape) for value, shape in zip(values, shapes, strict=False)]
    got = [value.shape for value in values]
    if got != shapes:
        raise TfpartialError(f"layer '{layer.name}': expected weights of shapes {shapes}, got {got}")
    return values


def _widened(kernel: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """`kernel`, `[..., channels in, filters]`, with zeros for the further channels in that `shape` has."""
    more = shape[-2] - kernel.shape[-2] if kernel.ndim > 1 and len(shape) == kernel.ndim else 0
    if more <= 0:
        return kernel
    return np.pad(kernel, [(0, more) if axis == kernel.ndim - 2 else (0, 0) for axis in range(kernel.ndim)])
