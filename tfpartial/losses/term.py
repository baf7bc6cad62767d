"""What a summand of a loss is."""

from __future__ import annotations

from collections.abc import Sequence

from tfpartial.losses.base import Tensor
from tfpartial.losses.inputs import LossInputs


class Term:
    """One summand. Its options are the keyword arguments of its constructor that follow `activation`.

    Args:
        activation: what ends the network: `sigmoid` (K logits) or `softmax` (K + 1 logits, background first).
    """

    needs: tuple[str, ...] = ()
    """What it reads of `LossInputs` or of its `batch`, beyond what every training has; by its class, or by its options."""

    def __init__(self, activation: str) -> None:
        self.activation = activation

    def set_organs(self, organs: Sequence[str]) -> None:
        """Receives the names of the K organs, in their order, before the first call.

        Raises:
            TfpartialError: an option names another organ, or its numbers do not fit these.
        """

    def __call__(self, inputs: LossInputs) -> Tensor:
        """The value of the term, a float32 scalar (float64 for float64 logits)."""
        raise NotImplementedError
