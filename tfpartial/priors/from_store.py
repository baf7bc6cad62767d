"""Organs of stored cases as masks, and where they are."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tfpartial.data.store.store import Store, slice_spacing_mm
from tfpartial.names import CaseId
from tfpartial.priors.grid import CoarseGrid
from tfpartial.priors.organ_mask import Box, OrganMask, centre_of


def case_grid(store: Store, case_id: CaseId, cell_mm: float) -> CoarseGrid:
    """The coarse grid of a case."""
    return CoarseGrid((store.cases[case_id].slices, *store.size), slice_spacing_mm(store, case_id), cell_mm)


def stored_mask(store: Store, case_id: CaseId, organ: str) -> OrganMask:
    """What the experts drew of an organ in a case, whether or not the case counts as annotated for it now."""
    code, label = store.organs.ids[organ], store.label(case_id)
    occupied = np.flatnonzero(store.voxels(case_id)[:, code - 1])
    shape = (store.cases[case_id].slices, *store.size)
    return OrganMask(case_id, shape, slice_spacing_mm(store, case_id), lambda z: label[z] == code, tuple(occupied.tolist()))


def box_centre_mm(mask: OrganMask, box: Box) -> tuple[float, float, float]:
    """The centre of a bounding box: z from the first slice, y and x from the middle of the slice."""
    _, height, width = mask.shape_zyx
    origin = (0.0, (height - 1) / 2, (width - 1) / 2)
    z, y, x = ((np.array(centre_of(box)) - origin) * mask.spacing_mm_zyx).tolist()
    return z, y, x


def label_centres_mm(store: Store, case_id: CaseId, organs: Iterable[str]) -> np.ndarray:
    """Centres of the labels of the given organs, float32 `[K, 3]`; NaN for other organs, and where one is absent."""
    centres = np.full((len(store.organs), 3), np.nan, np.float32)
    for organ in organs:
        mask = stored_mask(store, case_id, organ)
        box = mask.box()
        if box is not None:
            centres[store.organs.ids[organ] - 1] = box_centre_mm(mask, box)
    return centres


def absent_organs(store: Store, organs: Iterable[str], centres_mm: np.ndarray) -> list[str]:
    """Which of the given organs, all annotated in a case, have no centre `[K, 3]` there: a prior would say where they are not."""
    return [organ for organ in organs if not np.isfinite(centres_mm[store.organs.ids[organ] - 1]).all()]


def volumes_ml(store: Store, case_id: CaseId, organs: Iterable[str]) -> np.ndarray:
    """Volumes of the labels of the given organs, float32 `[K]`; NaN for other organs, and where one is absent."""
    voxels = store.voxels(case_id).sum(axis=0)
    wanted = store.organs.vector(organs) & (voxels > 0)
    return np.where(wanted, voxels * np.prod(slice_spacing_mm(store, case_id)) / 1000, np.nan).astype(np.float32)
