"""A network by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import keras

from tfpartial.errors import TfpartialError
from tfpartial.models.attention_unet import attention_unet
from tfpartial.models.deeplab_v3 import deeplab_v3, deeplab_v3_plus
from tfpartial.models.nnunet import nnunet
from tfpartial.models.u_transformer import u_transformer
from tfpartial.models.unet import unet
from tfpartial.models.unet_resnet18 import unet_resnet18
from tfpartial.options import checked_options

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
BUILT_WITH = ("num_logits", "input_shape")
FIRST_WEIGHTS = "weights"
"""The option of these networks that names a file of first weights. It says nothing of the layers: a network that is built to get
the weights of a trained one needs no such file."""


def build(name: str, num_organs: int, input_shape: Sequence[int], **options: Any) -> keras.Model:
    """A new network that gives logits.

    Args:
        name: a key of `NETWORKS`.
        num_organs: logits per voxel: K for sigmoids, K+1 for a softmax with background in channel 0.
        input_shape: `(H, W, C)` of a slice.
        options: the network's own settings, e.g. `width`.

    Returns:
        A functional model `[B, H, W, C]` -> float32 `[B, H, W, num_organs]`, with layers named `FEATURES` and `LOGITS`.

    Raises:
        TfpartialError: a name or an option that does not exist, or a shape that the network cannot take.
    """
    if name not in NETWORKS:
        raise TfpartialError(f"network '{name}' does not exist; expected one of {', '.join(NETWORKS)}")
    network = NETWORKS[name]
    allowed = [option for option in inspect.signature(network).parameters if option not in BUILT_WITH]
    unknown = sorted(set(options) - set(allowed))
    if unknown:
        raise TfpartialError(f"network '{name}' has no option {', '.join(unknown)}; expected some of {', '.join(allowed)}")
    if num_organs < 1:
        raise TfpartialError(f"network '{name}': expected at least 1 logit per voxel, got {num_organs}")
    checked = checked_options(network, options, f"network '{name}'", BUILT_WITH)
    return network(num_logits=num_organs, input_shape=tuple(input_shape), **checked)
