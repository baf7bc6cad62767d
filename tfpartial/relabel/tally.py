"""What a step did to a case, organ by organ: the rows of `audit.csv`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfpartial.names import CaseId

COLUMNS = (
    *("step", "case", "organ", "candidates", "selected", "added", "voxels", "mean_confidence", "min_confidence"),
    *("z_first", "y_first", "x_first", "z_last", "y_last", "x_last", "truth", "correct", "correct_added"),
)
"""A row: `selected` by this step, `added` of those that had no label before, `voxels` all pseudo-labels of the organ now; of the
added ones the mean and the minimum of the confidence, and the inclusive box in the store's grid; `truth` true voxels that were
there to be found, `correct` of `voxels`, `correct_added` of `added`: empty where the truth is not known."""
Row = dict[str, Any]


@dataclass
class _Count:
    selected: int = 0
    added: int = 0
    voxels: int = 0
    confidence_sum: float = 0.0
    min_confidence: float = np.inf
    truth: int = 0
    correct: int = 0
    correct_added: int = 0


class Tally:
    """Counts over the slabs of one case.

    Args:
        organs: names.
        missing: bool `[K]`, the organs to relabel.
        checkable: bool `[K]`, those whose truth is known.
    """

    def __init__(self, organs: Sequence[str], missing: np.ndarray, checkable: np.ndarray) -> None:
        self._organs = organs
        self._missing = np.flatnonzero(missing) + 1
        self._checkable = checkable
        self._counts = {int(organ): _Count() for organ in self._missing}
        self._boxes: dict[int, np.ndarray] = {}  # [first or last, axis]

    def add(
        self, start: int, chosen: np.ndarray, confidence: np.ndarray, before: np.ndarray, after: np.ndarray, truth: np.ndarray
    ) -> None:
        """Takes a slab of `[n, H, W]`: what was selected, its confidence, the labels before and after, and all true ones."""
        for organ, count in self._counts.items():
            added = (after == organ) & (before == 0)
            count.selected += int(np.count_nonzero(chosen == organ))
            count.voxels += int(np.count_nonzero(after == organ))
            number = int(np.count_nonzero(added))
            if number:
                sure = confidence[added]
                count.added += number
                count.confidence_sum += float(sure.sum(dtype=np.float64))
                count.min_confidence = min(count.min_confidence, float(sure.min()))
                self._stretch(organ, start, added)
            if self._checkable[organ - 1]:
                right = truth == organ
                count.truth += int(np.count_nonzero(right))
                count.correct += int(np.count_nonzero(right & (after == organ)))
                count.correct_added += int(np.count_nonzero(right & added))

    def rows(self, step: int, case_id: CaseId, candidates: np.ndarray) -> list[Row]:
        """A row per missing organ.

        Args:
            step: number of the step.
            case_id: the case.
            candidates: int `[K]`.
        """
        return [self._row(organ, step, case_id, int(candidates[organ - 1])) for organ in self._counts]

    def _row(self, organ: int, step: int, case_id: CaseId, candidates: int) -> Row:
        count, box = self._counts[organ], self._boxes.get(organ)
        values = (step, case_id, self._organs[organ - 1], candidates, count.selected, count.added, count.voxels)
        sure = (count.confidence_sum / count.added, count.min_confidence) if count.added else (None, None)
        known = self._checkable[organ - 1]
        check = (count.truth, count.correct, count.correct_added) if known else (None,) * 3
        places = (None,) * 6 if box is None else box.ravel().tolist()
        return dict(zip(COLUMNS, (*values, *sure, *places, *check), strict=True))

    def _stretch(self, organ: int, start: int, added: np.ndarray) -> None:
        places = [np.flatnonzero(added.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
        ends = np.array([[place[end] for place in places] for end in (0, -1)])
        ends[:, 0] += start
        box = self._boxes.get(organ, ends)
        self._boxes[organ] = np.stack([np.minimum(box[0], ends[0]), np.maximum(box[1], ends[1])])


def summary(rows: Sequence[Row], organs: Sequence[str]) -> Mapping[str, Any]:
    """Sums and ratios over the cases: `{"organs": {organ: ...}, "overall": ...}`; None where there is nothing to divide by.

    Args:
        rows: a row per case and organ that is not annotated there.
        organs: names of all organs, in the order of the data set; one without a row is left out.
    """
    of_organs = {organ: [row for row in rows if row["organ"] == organ] for organ in organs}
    return {"organs": {organ: _summary(own) for organ, own in of_organs.items() if own}, "overall": _summary(rows)}


def _summary(rows: Sequence[Row]) -> dict[str, Any]:
    known = [row for row in rows if row["truth"] is not None]

    def ratio(part: str, whole: str) -> float | None:
        total = sum(row[whole] for row in known)
        return sum(row[part] for row in known) / total if total else None

    return {
        "cases": len({row["case"] for row in rows}),
        **{name: sum(row[name] for row in rows) for name in ("candidates", "selected", "added", "voxels")},
        "precision": ratio("correct", "voxels"),
        "recall": ratio("correct", "truth"),
        "precision_added": ratio("correct_added", "added"),
    }
