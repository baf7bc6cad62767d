"""The pseudo-labels of one organ on one slice, step by step (thesis, figure 3.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tfpartial.data.fold.pseudo_labels import PseudoLabels
from tfpartial.data.store.store import Store
from tfpartial.names import CaseId, require_case
from tfpartial.pictures.close_up import close_up
from tfpartial.report.case_views import grey_uri, outline_path


@dataclass(frozen=True)
class StepView:
    """What a step left on the slice: SVG paths in mm, empty where there is nothing.

    Args:
        step: the step.
        right, wrong: around the pseudo-labels that the expert agrees with, and around the others.
    """

    step: int
    right: str
    wrong: str


@dataclass(frozen=True)
class OrganView:
    """A slice and what was relabeled on it.

    Args:
        place: which slice it is.
        width_mm, height_mm: size of the tissue that is shown.
        image: the grey picture as a data URI.
        truth: SVG path around the expert's label.
        rows: per folder of label layers, its steps.
    """

    place: str
    width_mm: float
    height_mm: float
    image: str
    truth: str
    rows: tuple[tuple[StepView, ...], ...]


def middling_organ(audit: pd.DataFrame) -> tuple[CaseId, str] | None:
    """The case and organ whose pseudo-labels have the median DSC among those whose truth is known; None where none is.

    Args:
        audit: the rows of the last step; of an even number of values the higher of the two in the middle counts.
    """
    known = audit[(audit["truth"] > 0) & (audit["voxels"] > 0)]
    if known.empty:
        return None
    dsc = 2 * known["correct"] / (known["voxels"] + known["truth"])
    ordered = known.assign(dsc=dsc).sort_values(["dsc", "case", "organ"], kind="stable")
    middle = ordered.iloc[len(ordered) // 2]
    return require_case(middle["case"], "audit"), middle["organ"]


def view_steps(
    store: Store, folders: Sequence[tuple[Path, int]], case: CaseId, organ: str, window_hu: tuple[float, float]
) -> OrganView:
    """The slice on which the expert drew most of an organ, cropped to the organ.

    Args:
        store: its labels are the truth.
        folders: folders of label layers, and the last step of each.
        case: a case in which the organ is not annotated but known.
        organ: the organ.
        window_hu: HU shown black and white.

    Raises:
        TfpartialError: a layer is gone or damaged.
    """
    code = store.organs.id_of(organ)
    z = int(store.voxels(case)[:, code - 1].argmax())
    truth = store.label(case)[z] == code
    masks = [[_mask(PseudoLabels.open(folder, step), case, z, code) for step in range(1, last + 1)] for folder, last in folders]
    stored = store.cases[case]
    pixel_mm = store.spacing_mm or stored.spacing_mm_zyx[1:]
    box = close_up(np.any([truth, *(mask for row in masks for mask in row)], axis=0), pixel_mm)
    truth = truth[box]
    rows = tuple(tuple(_step(step, mask[box], truth, pixel_mm) for step, mask in enumerate(row, start=1)) for row in masks)
    height_mm, width_mm = np.multiply(truth.shape, pixel_mm).round(1).tolist()
    image = grey_uri(store.numbers(case, z)[box], window_hu)
    return OrganView(f"slice {z + 1} of {stored.slices}", width_mm, height_mm, image, _path(truth, pixel_mm), rows)


def _mask(labels: PseudoLabels, case: CaseId, z: int, code: int) -> np.ndarray:
    return labels.label(case)[z] == code if case in labels else np.zeros(labels.size, bool)


def _step(step: int, mask: np.ndarray, truth: np.ndarray, pixel_mm: tuple[float, float]) -> StepView:
    return StepView(step, _path(mask & truth, pixel_mm), _path(mask & ~truth, pixel_mm))


def _path(mask: np.ndarray, pixel_mm: tuple[float, float]) -> str:
    return outline_path(mask, pixel_mm) if mask.any() else ""
