"""Whether the organs of a case lie to each other as in the training cases (numpy only)."""

from __future__ import annotations

import numpy as np

FEWEST = 3
"""Training cases with both organs that it takes to know how they lie to each other."""
SMALLEST_SD_MM = 10.0
"""Patients differ by this much at least, whatever a few cases say."""


def displacement(centres_mm: np.ndarray, known_mm: np.ndarray) -> np.ndarray:
    """How far each organ is from where the other organs let it be expected, in standard deviations.

    For two organs, the vector between their centres is compared with those of the training cases, axis by axis; an organ's
    number is the median over the other organs of the largest of the three. In a mirrored patient (situs inversus) or one that
    lies on another side, most vectors point elsewhere, however well each organ was found.

    Args:
        centres_mm: `[K, 3]`, centres in the case; NaN where unknown.
        known_mm: `[n, K, 3]`, centres in the training cases; NaN where unknown.

    Returns:
        `[K]`; NaN where there is nothing to compare with.
    """
    organs = len(centres_mm)
    found = np.full((organs, organs), np.nan)
    for one in range(organs):
        for other in range(organs):
            vectors = known_mm[:, one] - known_mm[:, other] if len(known_mm) else np.zeros((0, 3))
            vectors = vectors[np.isfinite(vectors).all(axis=1)]
            vector = centres_mm[one] - centres_mm[other]
            if one != other and len(vectors) >= FEWEST and np.isfinite(vector).all():
                sd = np.maximum(vectors.std(axis=0, ddof=1), SMALLEST_SD_MM)
                found[one, other] = np.max(np.abs(vector - vectors.mean(axis=0)) / sd)
    known = np.isfinite(found).any(axis=1)
    result = np.full(organs, np.nan)
    if known.any():
        result[known] = np.nanmedian(found[known], axis=1)
    return result
