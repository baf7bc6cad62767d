"""A label layer as a label map on the native grid, for review in 3D Slicer or ITK-SNAP."""

from __future__ import annotations

from pathlib import Path

from tfpartial.data.fold.pseudo_labels import PseudoLabels
from tfpartial.data.store.inplane import InPlane
from tfpartial.data.store.store import Store, StoredCase
from tfpartial.data.volumes.label_writer import LabelWriter
from tfpartial.data.volumes.slabs import SLAB
from tfpartial.labels import without_sure_background
from tfpartial.names import CaseId


def in_plane(store: Store, case: StoredCase) -> InPlane:
    """The map between the native slices of a case and the store's."""
    return InPlane(case.shape_zyx[1:], store.size, case.spacing_mm_zyx[1:], store.spacing_mm)


def write_native(labels: PseudoLabels, store: Store, case_id: CaseId, path: Path) -> None:
    """Writes all labels of a case, experts' and pseudo-labels, with the organs' codes, as a volume file on the native grid."""
    case = store.cases[case_id]
    layer, grid = labels.label(case_id), in_plane(store, case)
    with LabelWriter(path, case.native) as writer:
        for start in range(0, case.slices, SLAB):
            writer.write(start, grid.native_label(without_sure_background(layer[start : start + SLAB], len(store.organs))))
