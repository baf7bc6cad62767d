"""Cases with a prediction: scored from their files, one by one, by any worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tfpartial.data.fold.split import read_fold
from tfpartial.data.formats.volume_files import label_maps
from tfpartial.data.label_maps.reference import read_prediction, read_reference
from tfpartial.data.manifest import Manifest
from tfpartial.errors import TfpartialError
from tfpartial.metrics.scoring import OrganScore, score_case
from tfpartial.metrics.surfaces import SurfaceKind
from tfpartial.names import CaseId

SHOWN = 5
"""Cases that an error lists."""


@dataclass(frozen=True)
class PredictedCase:
    """A case and its predicted label map.

    Args:
        id: the case.
        manifest: of this case alone: it is sent to another process.
        path: the label map.
    """

    id: CaseId
    manifest: Manifest
    path: Path


def predicted_cases(manifest: Manifest, folder: Path, splits: Path | None, fold: int) -> list[PredictedCase]:
    """The cases to score, in the order of their ids.

    Args:
        manifest: the data set.
        folder: label maps `<case><ending>`.
        splits: what `split` wrote: exactly the test cases of `fold` are expected; None takes the cases that have a label map.
        fold: fold of `splits`.

    Raises:
        TfpartialError: no label map; one of a case that is not in the manifest, or not tested in the fold; a test case without.
    """
    found = label_maps(folder)
    unknown = sorted(set(found) - set(manifest.cases))
    if unknown:
        raise TfpartialError(f"{found[unknown[0]]}: case '{unknown[0]}' is not in the manifest of '{manifest.name}'")
    if splits is not None:
        _require_test_cases(set(found), set(read_fold(splits, fold).test), folder, f"fold {fold} of {splits}")
    return [PredictedCase(name, replace(manifest, cases={name: manifest.case(name)}), found[name]) for name in sorted(found)]


def score_predicted(case: PredictedCase, tolerances_mm: Mapping[str, float], surface: SurfaceKind) -> list[OrganScore]:
    """Reads both label maps of a case and scores them, see `score_case`.

    Raises:
        TfpartialError: a file that cannot be read, a prediction on another grid than the image, or with a value that is no organ.
    """
    entry = case.manifest.case(case.id)
    prediction = read_prediction(case.manifest, case.id, case.path)
    reference = read_reference(case.manifest, case.id)
    if reference is None:
        reference = np.zeros_like(prediction)  # annotated for nothing: every organ is unknown
    organs = case.manifest.organs
    return score_case(case.id, reference, prediction, organs, entry.annotated, entry.spacing_mm_zyx, tolerances_mm, surface)


def _require_test_cases(found: set[CaseId], tested: set[CaseId], folder: Path, fold: str) -> None:
    if found < tested:
        raise TfpartialError(f"{folder}: expected a label map of each test case of {fold}, found none of {_some(tested - found)}")
    if found != tested:
        raise TfpartialError(f"{folder}: expected label maps of the test cases of {fold} only, found {_some(found - tested)}")


def _some(cases: set[CaseId]) -> str:
    return ", ".join(sorted(cases)[:SHOWN]) + (f" and {len(cases) - SHOWN} more" if len(cases) > SHOWN else "")
