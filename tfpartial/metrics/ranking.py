"""How well a confidence ranks predicted voxels, the right ones above the wrong ones (thesis, Tables 3.7 and 3.10)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from tfpartial.errors import TfpartialError


@dataclass(frozen=True)
class Ranking:
    """What a confidence is worth as a ranking of candidates. All three shares are NaN when there is nothing to tell apart.

    Args:
        auc: area under the ROC curve: how probable it is that a right candidate has a higher confidence than a wrong one; 0.5 by
            chance.
        ap_success: average precision, right candidates being the positives, the most confident first; by chance the share of the
            right ones.
        ap_error: average precision, wrong candidates being the positives, the least confident first; by chance the share of the
            wrong ones.
        n: number of candidates.
        errors: how many of them are wrong.
    """

    auc: float
    ap_success: float
    ap_error: float
    n: int
    errors: int

    @property
    def reason(self) -> str:
        """Why the shares are undefined; empty where they are not."""
        if not self.n:
            return "no candidate"
        return {0: "every candidate is right", self.n: "every candidate is wrong"}.get(self.errors, "")


def ranking(confidence: np.ndarray, correct: np.ndarray) -> Ranking:
    """Ranks candidates by their confidence; exact, equal confidences count as one threshold.

    Args:
        confidence: float `[n]`; of float32 it needs some 75 bytes of memory per candidate.
        correct: bool `[n]`: whether the prediction is right there.

    Raises:
        TfpartialError: other shapes or kinds of arrays, or a confidence that is no finite number.
    """
    if confidence.ndim != 1 or confidence.shape != correct.shape or correct.dtype != bool:
        raise TfpartialError(
            f"ranking: expected confidence [n] and bool correct [n], got {confidence.shape} and {correct.dtype} {correct.shape}"
        )
    if not np.isfinite(confidence).all():
        raise TfpartialError("ranking: expected finite confidences, got NaN or infinity")
    n = len(correct)
    errors = n - int(np.count_nonzero(correct))
    if errors in (0, n):
        return Ranking(math.nan, math.nan, math.nan, n, errors)
    auc = roc_auc_score(correct, confidence)
    ap_success = average_precision_score(correct, confidence)
    ap_error = average_precision_score(~correct, -confidence)
    return Ranking(float(auc), float(ap_success), float(ap_error), n, errors)
