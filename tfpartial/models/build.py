"""A network by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from tfpartial.errors import TfpartialError
from tfpartial.models.attention_unet import attention_unet
from tfpartial.models.brought import BUILT_WITH, brought_function, build_brought, is_brought
from tfpartial.models.deeplab_v3 import deeplab_v3, deeplab_v3_plus
from tfpartial.models.nnunet import nnunet
from tfpartial.models.u_transformer import u_transformer
from tfpartial.models.unet import unet
from tfpartial.models.unet_resnet18 import unet_resnet18
from tfpartial.options import checked_options, options_of

NETWORKS: dict[str, Callable[..., keras.Model]] = {
    "unet": unet,
    "attention_unet": attention_unet,
    "u_transformer": u_transformer,
    "nnunet": nnunet,
    "deeplab_v3": deeplab_v3,
    "deeplab_v3_plus": deeplab_v3_plus,
    "unet_resnet18": unet_resnet18,
}
"""Each builder takes `BUILT_WITH` and its own options, all with defaults."""
FIRST_WEIGHTS = "weights"
"""The option of these networks that names a file of first weights. It says nothing of the layers: a network that is built to get
the weights of a trained one needs no such file."""


def network_function(name: str, where: str) -> Callable[..., keras.Model]:
    """What builds a network: an entry of `NETWORKS`, or somebody's `package.module:function`.

    Raises `TfpartialError` for a name that does not exist, or a function that cannot be found; the message begins with `where`.
    """
    if is_brought(name):
        return brought_function(name)
    if name not in NETWORKS:
        known = f"{', '.join(NETWORKS)}, or package.module:function"
        raise TfpartialError(f"{where}'{name}' does not exist; expected one of {known}")
    return NETWORKS[name]


def build(name: str, num_organs: int, input_shape: Sequence[int], **options: Any) -> keras.Model:
    """A new network that gives logits.

    Args:
        name: a key of `NETWORKS`, or `package.module:function` of code that is installed; importing it runs it.
        num_organs: logits per voxel: K for sigmoids, K+1 for a softmax with background in channel 0.
        input_shape: `(H, W, C)` of a slice.
        options: the network's own settings, e.g. `width`.

    Returns:
        A functional model `[B, H, W, C]` -> float32 `[B, H, W, num_organs]`, with layers named `FEATURES` and `LOGITS`; one that
        was brought may lack `FEATURES`.

    Raises:
        TfpartialError: a name or an option that does not exist, a shape that the network cannot take, or a function that gives
            another model than was asked for.
    """
    network = network_function(name, "network ")
    allowed = [option.name for option in options_of(network, BUILT_WITH)]
    unknown = sorted(set(options) - set(allowed))
    if unknown:
        raise TfpartialError(f"network '{name}' has no option {', '.join(unknown)}; expected some of {', '.join(allowed)}")
    if num_organs < 1:
        raise TfpartialError(f"network '{name}': expected at least 1 logit per voxel, got {num_organs}")
    checked = checked_options(network, options, f"network '{name}'", BUILT_WITH)
    if is_brought(name):
        return build_brought(name, num_organs, tuple(input_shape), checked)
    return network(num_logits=num_organs, input_shape=tuple(input_shape), **checked)
