"""Which cases and labels a training uses: a store, a fold of the splits, and what was thinned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tfpartial.data.fold.parts import divide
from tfpartial.data.fold.positions import Positions, read_positions
from tfpartial.data.fold.pseudo_labels import PseudoLabels
from tfpartial.data.fold.simulate import read_annotations
from tfpartial.data.fold.split import read_fold
from tfpartial.data.store.store import Store
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId


@dataclass(frozen=True)
class TrainingCases:
    """The cases of one fold.

    Args:
        store: the store.
        train: ids of the training cases.
        val: ids of the validation cases.
        annotated: annotated set of each of them, after thinning.
        pseudo: label layers of the training cases with pseudo-labels; none has only the experts' labels.
        positions: where the organs are in cases that were aligned.
    """

    store: Store
    train: tuple[CaseId, ...]
    val: tuple[CaseId, ...]
    annotated: dict[CaseId, tuple[str, ...]]
    pseudo: PseudoLabels | None = None
    positions: Positions = field(default_factory=dict)

    def annotated_vectors(self, case_ids: Iterable[CaseId]) -> np.ndarray:
        """bool `[cases, K]`."""
        return np.stack([self.store.organs.vector(self.annotated[case]) for case in case_ids])


def read_training_cases(
    store_path: Path,
    splits: Path,
    fold: int,
    annotations: Path | None,
    labels: Path | None = None,
    positions: Path | None = None,
    ignore_pseudo: bool = False,
    leave_out: tuple[int, int] | None = None,
) -> TrainingCases:
    """Opens the store and finds the cases of a fold.

    Args:
        store_path: what `prepare` wrote.
        splits: what `split` wrote.
        fold: a fold of it.
        annotations: what `simulate` wrote; none takes the annotated sets of the store.
        labels: what `relabel` or `accept` wrote for the training cases.
        positions: what `align` wrote.
        ignore_pseudo: draw slices by the pseudo-labels of `labels`, and learn none of them.
        leave_out: a part of the training cases, from 0, and the number of parts (see `divide`), that are not taken; none takes
            all.

    Raises:
        TfpartialError: a case of the fold is not in the store or not in the annotations, or an organ is annotated in none of
            the training cases; label layers that are damaged, or of other cases or annotated sets; fewer patients than parts.
    """
    store = Store.open(store_path)
    store.verify(images=False)
    chosen = read_fold(splits, fold)
    case_ids = (*chosen.train, *chosen.val)
    _require(case_ids, store.cases, splits, store_path)
    if annotations is None:
        annotated = {case: store.cases[case].annotated for case in case_ids}
    else:
        thinned = read_annotations(annotations, fold, store.organs)
        _require(case_ids, thinned, splits, annotations)
        annotated = {case: thinned[case] for case in case_ids}
    train = chosen.train if leave_out is None else _without_part(store, chosen.train, annotated, *leave_out)
    learned = {organ for case in train for organ in annotated[case]}
    unseen = [organ for organ in store.organs.names if organ not in learned]
    if unseen:
        without = "" if leave_out is None else f" without part {leave_out[0]} of {leave_out[1]}"
        raise TfpartialError(
            f"{annotations or store_path}: {', '.join(unseen)} annotated in no training case of fold {fold}{without}; "
            "raise alpha, lower val_share, or leave the organ out of the data set"
        )
    pseudo = _pseudo(labels, store, chosen.train, annotated, ignore_pseudo)
    aligned = {} if positions is None else read_positions(positions)
    return TrainingCases(store, train, chosen.val, annotated, pseudo, aligned)


def _without_part(
    store: Store, train: Iterable[CaseId], annotated: Mapping[CaseId, tuple[str, ...]], part: int, parts: int
) -> tuple[CaseId, ...]:
    part_of = divide({case: store.cases[case].patient for case in train}, annotated, parts)
    return tuple(case for case, mine in part_of.items() if mine != part)


def _pseudo(
    labels: Path | None, store: Store, train: Iterable[CaseId], annotated: Mapping[CaseId, tuple[str, ...]], ignored: bool
) -> PseudoLabels | None:
    if labels is None:
        return None
    pseudo = PseudoLabels.open(labels, ignored=ignored)
    pseudo.require_for(store, annotated)
    others = sorted(set(pseudo.records) - set(train))
    if others:
        raise TfpartialError(f"{labels}: has a layer of '{others[0]}', which is no training case of this fold")
    return pseudo


def _require(case_ids: Iterable[CaseId], known: Iterable[CaseId], where: Path, missing_from: Path) -> None:
    missing = sorted(set(case_ids) - set(known))
    if missing:
        raise TfpartialError(f"{where}: {len(missing)} cases are not in {missing_from}, first '{missing[0]}'")
