"""What a confidence network learns of a segmenter, under one name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tfpartial.confidence.correctness import CorrectnessLoss, is_correct
from tfpartial.confidence.true_class import TrueClassLoss, true_class_probability
from tfpartial.losses.base import PartialLoss, Tensor


class Lesson(NamedTuple):
    """What the network is asked, and how it is wrong.

    Args:
        target: the segmenter's probability and the truth, `[..., K]` each -> what the confidence should be, in 0..1.
        loss: the loss of its logits.
    """

    target: Callable[[Tensor, Tensor], Tensor]
    loss: type[PartialLoss]


LESSONS: dict[str, Lesson] = {
    # Regression, as published (thesis eq. 3.3).
    "tcp": Lesson(true_class_probability, TrueClassLoss),
    # Classification.
    "correct": Lesson(is_correct, CorrectnessLoss),
}
