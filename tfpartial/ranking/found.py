"""What is known of candidates for relabeling whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class OrganCandidates:
    """The candidates of one organ in one case, from the first slice to the last and in C order within a slice.

    Args:
        confidence: float32 `[n]`.
        correct: bool `[n]`: whether the expert labelled the organ there.
        per_slice: int64 `[Z]`: how many each slice has.
    """

    confidence: np.ndarray
    correct: np.ndarray
    per_slice: np.ndarray

    @property
    def errors(self) -> int:
        """How many are wrong."""
        return len(self.correct) - int(np.count_nonzero(self.correct))


@dataclass(frozen=True)
class SliceCandidates:
    """The candidates of one organ on one slice; all arrays `[H, W]`.

    Args:
        candidate: bool.
        confidence: float32, of use where there is a candidate.
        selected: bool: the candidates that are among the surest of the volume.
    """

    candidate: np.ndarray
    confidence: np.ndarray
    selected: np.ndarray
