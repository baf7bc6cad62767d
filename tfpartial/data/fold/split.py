"""Folds: which cases train, choose the checkpoint, and test. Cases of one patient stay together."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tfpartial.artifacts import parsing, read_json, read_versioned, write_json
from tfpartial.data.manifest import Manifest
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId, require_cases

FORMAT = 1
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fold:
    """Ids of the cases that are learned, that choose the checkpoint, and that are scored."""

    train: tuple[CaseId, ...]
    val: tuple[CaseId, ...]
    test: tuple[CaseId, ...]


def make_splits(
    manifest: Manifest, folds: int, score_on: Literal["all", "complete"] = "all", val_share: float = 0.1, seed: int = 0
) -> dict[str, Any]:
    """k folds by patient.

    Each source is divided alike. Each patient with cases to score is tested in one fold. In that fold none of the patient's cases
    train. A case that is not to be scored trains in every other fold. Cases in which nothing is annotated cannot be scored, and
    choose no checkpoint.

    Args:
        manifest: the data set.
        folds: number of folds.
        score_on: `all`: every labeled case is scored once; `complete`: those annotated for every organ.
        val_share: share of each source's training patients with labels that choose the checkpoint; at least one when positive.
        seed: seed of the draw.

    Returns:
        The content of `splits.json`: `{"format", "seed", "folds": [{"train": [ids], "val": [ids], "test": [ids]}]}`.

    Raises:
        TfpartialError: fewer patients than folds, or too few to train and validate; a number out of range.
    """
    if folds < 2:
        raise TfpartialError(f"folds: expected 2 or more, got {folds}")
    if not 0 <= val_share < 1:
        raise TfpartialError(f"val_share: expected a share of 0 or more and less than 1, got {val_share:g}")
    labeled = {case.id for case in manifest.cases.values() if case.annotated}
    scored = set(manifest.complete()) if score_on == "complete" else labeled
    patients = [patient for group in _shuffled_by_source(manifest, scored, [seed]) for patient in group]
    if len(patients) < folds:
        kind = "cases annotated for every organ" if score_on == "complete" else "labeled cases"
        raise TfpartialError(f"{folds} folds need as many patients with {kind}, got {len(patients)}")
    parts = []
    for number in range(folds):
        tested = set(patients[number::folds])  # in strides, so that every source is in every fold
        train, val = _train_and_val(manifest, tested, labeled, val_share, [seed, number])
        test = [case_id for case_id in manifest.cases if case_id in scored and manifest.cases[case_id].patient in tested]
        _warn_of_gaps(manifest, number, train)
        parts.append({"train": train, "val": val, "test": test})
    return {"format": FORMAT, "seed": seed, "folds": parts}


def write_splits(path: Path, splits: Mapping[str, Any]) -> None:
    """Writes `splits.json` once: results of different folds must not be mixed up.

    Raises:
        TfpartialError: the file is there and says something else.
    """
    if not path.exists():
        write_json(path, splits)
    elif read_json(path, what="splits") != splits:
        raise TfpartialError(f"{path}: holds other splits, and runs may rest on them; choose another file or remove it")


def read_folds(path: Path) -> tuple[Fold, ...]:
    """All folds of a `splits.json`. Raises `TfpartialError` when it is none."""
    content = read_versioned(path, "splits", FORMAT)
    with parsing(path, "splits"):
        return tuple(Fold(*(require_cases(fold[part], path) for part in ("train", "val", "test"))) for fold in content["folds"])


def read_fold(path: Path, fold: int) -> Fold:
    """One fold of a `splits.json`. Raises `TfpartialError` when it is not there."""
    folds = read_folds(path)
    if not 0 <= fold < len(folds):
        raise TfpartialError(f"{path}: expected a fold of 0..{len(folds) - 1}, got {fold}")
    return folds[fold]


def _shuffled_by_source(manifest: Manifest, case_ids: Collection[CaseId], seed: Sequence[int]) -> list[list[str]]:
    """The patients of some cases: a list per source, shuffled."""
    groups: dict[str, set[str]] = defaultdict(set)
    for patient, source in {manifest.cases[case_id].patient: manifest.cases[case_id].source for case_id in case_ids}.items():
        groups[source or ""].add(patient)
    draw = np.random.default_rng(seed)
    return [draw.permutation(sorted(groups[source])).tolist() for source in sorted(groups)]


def _train_and_val(
    manifest: Manifest, tested: Collection[str], labeled: Collection[CaseId], val_share: float, seed: Sequence[int]
) -> tuple[list[CaseId], list[CaseId]]:
    """Ids of the training and the validation cases of a fold, given the patients that it tests and the cases with labels."""
    rest = [case for case in manifest.cases.values() if case.patient not in tested]
    groups = _shuffled_by_source(manifest, [case.id for case in rest if case.id in labeled], seed)
    counts = [max(1, round(val_share * len(group))) if val_share > 0 else 0 for group in groups]
    if sum(counts) >= sum(map(len, groups)):
        needed = f"{sum(counts)} to validate and 1 to train"
        raise TfpartialError(f"folds: expected labeled patients outside the test part, {needed}, got {sum(map(len, groups))}")
    # A source with a single patient keeps it for training.
    chosen = {patient for group, count in zip(groups, counts, strict=True) if len(group) > 1 for patient in group[:count]}
    train = [case.id for case in rest if case.patient not in chosen]
    return train, [case.id for case in rest if case.patient in chosen and case.id in labeled]


def _warn_of_gaps(manifest: Manifest, number: int, train: Collection[CaseId]) -> None:
    for organ in manifest.organs.names:
        if not set(manifest.annotated_for(organ)) & set(train):
            log.warning("fold %d: no training case is annotated for '%s', so it cannot be learned", number, organ)
