"""One step for one case: its candidates, what of them becomes a label, and the layer that training reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfpartial.artifacts import atomic_file
from tfpartial.config import Among
from tfpartial.data.store.layer_file import write_label_layer
from tfpartial.relabel.candidates import Predictor, candidate_slabs
from tfpartial.relabel.current_labels import CurrentLabels
from tfpartial.relabel.rules import Rules
from tfpartial.relabel.tally import Row, Tally
from tfpartial.relabel.volume_selection import VolumeSelection


@dataclass(frozen=True)
class Step:
    """What is the same for all cases of a step.

    Args:
        number: 1 or more.
        predictor: segmenter and confidence.
        rules: how it selects.
        slab: slices in memory at a time.
        among: the organs among which the candidates are predicted.
    """

    number: int
    predictor: Predictor
    rules: Rules
    slab: int
    among: Among = "missing"


def relabel_case(step: Step, current: CurrentLabels, path: Path) -> list[Row]:
    """Writes the layer of one case: the labels that it had, and what the step adds where there was none.

    A voxel with a label keeps it: expert's, accepted, or of an earlier step (thesis, Algorithm 1: y_t = y_{t-1} ∪ y+).

    Args:
        step: the step.
        current: the case's labels before it.
        path: file of the layer; it appears whole or not at all.

    Returns:
        The rows of the audit (see `tally`).

    Raises:
        TfpartialError: the predictor gives NaN.
    """
    store = current.store
    case = store.cases[current.case_id]
    tally = Tally(store.organs.names, current.missing, current.checkable)
    with VolumeSelection(len(store.organs)) as selection, atomic_file(path) as temporary:
        for slab in candidate_slabs(step.predictor, current, step.slab, step.among):
            selection.add(slab)
        layer = _layer(step.rules, selection, current, tally, voxel_ml(current))
        write_label_layer(temporary, layer, (case.slices, *store.size), len(store.organs))
        return tally.rows(step.number, current.case_id, selection.candidates)


def voxel_ml(current: CurrentLabels) -> float:
    """Volume of a voxel of the store's grid."""
    z_mm, *native_mm = current.store.cases[current.case_id].spacing_mm_zyx
    return z_mm * float(np.prod(current.store.spacing_mm or native_mm)) / 1000


def _layer(
    rules: Rules, selection: VolumeSelection, current: CurrentLabels, tally: Tally, ml: float
) -> Iterator[tuple[int, np.ndarray]]:
    for start, chosen, confidence in rules.apply(selection, ml):
        stop = start + len(chosen)
        before = current.labels(start, stop)
        after = np.where(before == 0, chosen, before)
        tally.add(start, chosen, confidence, before, after, current.truth(start, stop))
        yield start, after
