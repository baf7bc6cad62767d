"""Partial labels, simulated: every organ keeps its label in a share of the training cases.

The share is the thesis's proportion (100 % = all labeled). The SMILE paper's α is the share that is missing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from tfpartial.artifacts import parsing, read_versioned
from tfpartial.data.fold.split import Fold
from tfpartial.data.from_json import from_json
from tfpartial.data.manifest import Manifest
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.names import CaseId, by_case, quoted

FORMAT = 1


def thin(manifest: Manifest, folds: Sequence[Fold], alpha: float, seed: int = 0) -> dict[str, Any]:
    """Annotated sets of the training and validation cases after labels were removed, per fold; test cases are not in it.

    Of the n cases that are annotated for an organ, round-half-up(alpha · n) keep its label, and at least one. Which ones is told
    by a hash of seed, organ and case: independent per organ, nested over alpha (what 10 % keep, 30 % keep too), and the
    order of two cases does not depend on which others there are.

    Args:
        manifest: the data set.
        folds: what `read_folds` gives.
        alpha: share of the labels that stay, 0 < alpha <= 1.
        seed: seed of the draw.

    Returns:
        The content of `annotations.json`: `{"format", "alpha", "seed", "folds": [{case id: [organ names]}]}`.

    Raises:
        TfpartialError: alpha out of range, or a case of the folds that the manifest has not.
    """
    if not 0 < alpha <= 1:
        raise TfpartialError(f"alpha: expected a share above 0 and up to 1, got {alpha:g}")
    return {
        "format": FORMAT,
        "alpha": alpha,
        "seed": seed,
        "folds": [_thin_fold(manifest, sorted({*fold.train, *fold.val}), alpha, seed) for fold in folds],
    }


def read_annotations(path: Path, fold: int, organs: OrganTable) -> dict[CaseId, tuple[str, ...]]:
    """Annotated organs per training and validation case of one fold.

    Args:
        path: what `simulate` wrote.
        fold: the fold.
        organs: the organ table of the data set.

    Raises:
        TfpartialError: no such file or fold, or an organ that is not in the table.
    """
    content = read_versioned(path, "annotated sets", FORMAT)
    with parsing(path, "annotated sets"):
        folds = content["folds"]
        if not 0 <= fold < len(folds):
            raise TfpartialError(f"{path}: expected a fold of 0..{len(folds) - 1}, got {fold}")
        written = by_case(folds[fold], path)
        annotated = {case_id: from_json(tuple[str, ...], names, case_id) for case_id, names in written.items()}
    for case_id, names in annotated.items():
        for name in names:
            if name not in organs.ids:
                known = ", ".join(organs.names)
                raise TfpartialError(
                    f"{path}: case '{case_id}': {quoted(name)} is not in the organ table; expected some of {known}"
                )
    return annotated


def _thin_fold(manifest: Manifest, case_ids: Iterable[CaseId], alpha: float, seed: int) -> Mapping[CaseId, list[str]]:
    kept: dict[CaseId, list[str]] = {case_id: [] for case_id in case_ids}
    for organ in manifest.organs.names:
        annotated = [case_id for case_id in kept if organ in manifest.case(case_id).annotated]
        ranked = sorted(annotated, key=lambda case_id: _rank(seed, organ, case_id))
        for case_id in ranked[: _kept_count(alpha, len(annotated))]:
            kept[case_id].append(organ)
    return kept


def _kept_count(alpha: float, count: int) -> int:
    # As a fraction, since 0.29 * 50 is 14.499999999999998.
    return min(count, max(1, math.floor(Fraction(str(alpha)) * count + Fraction(1, 2))))


def _rank(seed: int, organ: str, case_id: CaseId) -> str:
    return hashlib.sha256("\0".join((str(seed), organ, case_id)).encode()).hexdigest()
