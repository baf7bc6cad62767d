"""Scores as `score` leaves them, made of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tfpartial.artifacts import write_json
from tfpartial.labels import OrganTable
from tfpartial.metrics.scoring import OrganScore
from tfpartial.metrics.summary import summarise
from tfpartial.report.scores import write_scores

ORGANS = ("liver", "spleen")


def write_finished_scores(
    folder: Path,
    dsc: Mapping[str, Sequence[float | None]],
    organs: Sequence[str] = ORGANS,
    volume_ml: float = 10.0,
    **changes: object,
) -> Path:
    """Writes finished scores.

    Args:
        folder: where to.
        dsc: case -> DSC of each organ; None where the organ is not annotated. The Hausdorff distances are ten times as many mm,
            and undefined for 0: missed.
        organs: the organ table.
        volume_ml: of every organ in the expert's label.
        changes: what the summary shall say instead.
    """
    scores = [
        _score(case, organ, value, volume_ml) for case, values in dsc.items() for organ, value in zip(organs, values, strict=True)
    ]
    settings = {"surface": "voxels", "tolerances_mm": dict.fromkeys(organs, 3.0)}
    origin = {"predictions": "../predictions", "manifest": "../manifest.json"}
    write_scores(folder, scores, {**origin, **settings, **summarise(scores, OrganTable(tuple(organs))), **changes})
    write_json(folder / "done.json", {})
    return folder


def _score(case: str, organ: str, dsc: float | None, volume_ml: float) -> OrganScore:
    if dsc is None:
        return OrganScore(case, organ, "not_annotated", volume_prediction_ml=0.0)
    known = {"dsc": dsc, "volume_reference_ml": volume_ml, "volume_prediction_ml": 1.0}
    return OrganScore(case, organ, "scored", hd_mm=10 * dsc, **known) if dsc else OrganScore(case, organ, "missed", **known)


@pytest.fixture
def write(tmp_path) -> Callable[..., Path]:
    """`write_finished_scores` in a folder of the test's own."""
    return lambda folder, *arguments, **options: write_finished_scores(tmp_path / folder, *arguments, **options)
