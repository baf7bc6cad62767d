"""From logits to probabilities and to a label map.

Two output layers are in use: one `sigmoid` per organ, with logits `[..., K]`; and a `softmax` over background and organs, with
logits `[..., K + 1]`, background first.
"""

from __future__ import annotations

from typing import Any

from keras import ops

from tfpartial.config import Activation


def all_finite(logits: Any) -> Any:
    """Scalar bool: no logit is NaN or infinite. One that is would become a label, or background, like any other."""
    return ops.all(ops.isfinite(logits))


def probabilities(logits: Any, activation: Activation) -> Any:
    """The probability of each organ, float32 `[..., K]`, from logits `[..., K]` (`[..., K + 1]` for `softmax`)."""
    logits = ops.cast(logits, "float32")
    if activation == "softmax":
        return ops.softmax(logits, axis=-1)[..., 1:]
    return ops.sigmoid(logits)


def decode(logits: Any, activation: Activation) -> Any:
    """The label map, uint8 `[...]` with codes 0..K, from logits as in `probabilities`.

    Sigmoids: the organ with the highest probability, background if none reaches 0.5 (exactly 0.5 does; thesis, section 3.3).
    Softmax: the class with the highest probability. Equal organs: the one with the lowest id.

    Works on the logits: they still differ where probabilities have saturated at 1, and a probability of 0.5 is a logit of 0.
    """
    best = ops.argmax(logits, axis=-1)
    if activation == "softmax":
        return ops.cast(best, "uint8")
    reached = ops.max(logits, axis=-1) >= 0
    return ops.cast(ops.where(reached, best + 1, 0), "uint8")
