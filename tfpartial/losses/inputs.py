"""What a loss term may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tfpartial.losses.base import Tensor

ALWAYS = ("targets", "weights", "logits", "annotated")
"""What every training has."""


@dataclass(frozen=True)
class LossInputs:
    """A batch and what the network says of it. B slices, K organs; a grid is `H, W`.

    Args:
        targets: float32 `[B, *grid, K]`, y of the weight rule.
        weights: float32 `[B, *grid, K]`, w of the weight rule: 1 where a label is certain.
        logits: scale -> `[B, *grid / scale, K]` (K + 1 for a softmax); 1 is the grid of the others here, and always there. Under
            deep supervision a term is called once for each scale of the network, with everything on that scale's grid.
        annotated: bool `[B, K]`.
        image: float32 `[B, *grid, C]`, normalised and augmented.
        prior: float32 `[B, *grid, K]`, the rendered prior of a network that has one.
        spacing_mm: float32 `[B, 3]`, spacing z, y, x of each slice.
        batch: every entry of the batch that the loss sees (`tfpartial.data.feed.batch.ENTRIES`), by name.
    """

    targets: Tensor
    weights: Tensor
    logits: Mapping[int, Tensor]
    annotated: Tensor
    image: Tensor | None = None
    prior: Tensor | None = None
    spacing_mm: Tensor | None = None
    batch: Mapping[str, Tensor] = field(default_factory=dict)
