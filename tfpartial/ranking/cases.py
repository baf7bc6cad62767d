"""The training cases in which the truth of a missing organ is known."""

from __future__ import annotations

import numpy as np

from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.errors import TfpartialError
from tfpartial.relabel.current_labels import CurrentLabels, current_labels


def ranked_cases(cases: TrainingCases, number: int | None = None, seed: int = 0) -> list[CurrentLabels]:
    """The labels of the training cases that lost an organ which the store's experts drew.

    Args:
        cases: the training cases.
        number: how many of them, drawn at random, in their order; none takes all.
        seed: seed of the draw.

    Raises:
        TfpartialError: there is none: nothing was taken away, or a person has corrected all of it.
    """
    current = [current_labels(cases, case) for case in cases.train]
    found = [one for one in current if one.checkable.any()]
    if not found:
        raise TfpartialError(
            f"rank: expected annotated sets that lack organs which the experts of {cases.store.root} annotated; those of the "
            f"{len(cases.train)} training cases lack none, so nobody knows what is right"
        )
    if number is None or number >= len(found):
        return found
    drawn = np.random.default_rng(seed).choice(len(found), number, replace=False)
    return [found[index] for index in np.sort(drawn)]


def hidden_organs(current: CurrentLabels) -> tuple[str, ...]:
    """The missing organs of a case whose truth is known."""
    return current.store.organs.select(current.checkable)
