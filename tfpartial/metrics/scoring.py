"""A predicted label map against the expert's, organ by organ (rules: method, section 9)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from tfpartial.errors import TfpartialError
from tfpartial.labels import IGNORE, OrganTable
from tfpartial.metrics.box import Box, label_boxes, union
from tfpartial.metrics.masks import long_axes, require_spacing
from tfpartial.metrics.overlap import dice_of_counts
from tfpartial.metrics.surface_distances import surface_distances
from tfpartial.metrics.surfaces import SurfaceKind, require_surface
from tfpartial.metrics.volume import volume_error_of_counts, voxel_ml
from tfpartial.names import CaseId

State = Literal["scored", "missed", "false_positive", "absent", "not_annotated"]

REASONS: dict[State, str] = {
    "scored": "",
    "missed": "the reference has the organ, the prediction has none of it: overlap 0, no distance is defined",
    "false_positive": "the organ is annotated as absent, the prediction has it: overlap 0, no distance is defined",
    "absent": "undefined: the organ is annotated as absent, and the prediction has none of it",
    "not_annotated": "unknown: nobody looked for the organ in this case",
}
"""What a state means; `absent` and `not_annotated` have no metric."""

IN_REFERENCE: tuple[State, ...] = ("scored", "missed")
"""The states of an organ that the reference has. Means are over these: whether an organ is there is no property of a prediction,
so every method has the same denominator. An absent organ that was found is a false positive, which is counted."""


@dataclass(frozen=True)
class OrganScore:
    """One organ of one case; the columns of `scores.csv`. NaN where a value is undefined or unknown, `reason` says why.

    Args:
        case: its id.
        organ: its name.
        state: see `REASONS`.
        dsc: Dice similarity coefficient.
        hd_mm: Hausdorff distance.
        hd95_mm: its 95th percentile.
        asd_mm: average surface distance.
        nsd: normalised surface Dice at the organ's tolerance.
        volume_reference_ml: volume of the organ in the reference.
        volume_prediction_ml: volume of the organ in the prediction, whatever the state.
        volume_error_ml: the prediction's minus the reference's.
        volume_error_relative: that as a share of the reference's.
        reason: why values are missing; empty for `scored`.
    """

    case: CaseId
    organ: str
    state: State
    dsc: float = math.nan
    hd_mm: float = math.nan
    hd95_mm: float = math.nan
    asd_mm: float = math.nan
    nsd: float = math.nan
    volume_reference_ml: float = math.nan
    volume_prediction_ml: float = math.nan
    volume_error_ml: float = math.nan
    volume_error_relative: float = math.nan
    reason: str = ""


METRICS = ("dsc", "hd_mm", "hd95_mm", "asd_mm", "nsd", "volume_error_ml", "volume_error_relative")
"""The fields of `OrganScore` that say how good a prediction is."""


def score_case(
    case: CaseId,
    reference: np.ndarray,
    prediction: np.ndarray,
    organs: OrganTable,
    annotated: Iterable[str],
    spacing_mm: Sequence[float],
    tolerances_mm: Mapping[str, float],
    surface: SurfaceKind = "voxels",
) -> list[OrganScore]:
    """Scores each organ of a case, all metrics in one pass over its bounding box.

    Args:
        case: its id.
        reference: uint8 label map `[Z, Y, X]`, codes 0, 1..K, 255; voxels of 255 are in no organ, in either label map.
        prediction: uint8 label map of the same shape.
        organs: the organ table.
        annotated: organs that somebody looked for in the reference.
        spacing_mm: z, y, x.
        tolerances_mm: of the normalised surface Dice, per organ.
        surface: what distances are measured between, see `tfpartial.metrics.surface`.

    Returns:
        One score per organ, in the table's order.

    Raises:
        TfpartialError: the shapes differ, the spacing is not three positive numbers, or the surface of no known kind.
    """
    if reference.shape != prediction.shape:
        shapes = f"reference {reference.shape} and prediction {prediction.shape}"
        raise TfpartialError(f"case '{case}': expected label maps of equal shape, got {shapes}")
    require_spacing(f"case '{case}'", spacing_mm)
    require_surface(f"case '{case}'", surface)
    known = set(annotated)
    boxes = map(union, label_boxes(reference, len(organs)), label_boxes(prediction, len(organs)))
    axes = long_axes(reference.shape)
    ruler = _Ruler([spacing_mm[axis] for axis in axes], voxel_ml(spacing_mm), surface)
    scores = []
    for (organ, organ_id), box in zip(organs.ids.items(), boxes, strict=True):
        masks = _masks(reference, prediction, organ_id, box, axes)
        state = _state(organ in known, *(bool(mask.any()) for mask in masks))
        scores.append(OrganScore(case, organ, state, **ruler.values(state, *masks, tolerances_mm[organ]), reason=REASONS[state]))
    return scores


def _masks(
    reference: np.ndarray, prediction: np.ndarray, organ_id: int, box: Box | None, axes: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """An organ in both label maps, bool, cropped to its box, without the axes along which the volume does not extend."""
    if box is None:
        return np.zeros((0,) * len(axes), bool), np.zeros((0,) * len(axes), bool)
    shape = [box[axis].stop - box[axis].start for axis in axes]
    expert, predicted = reference[box].reshape(shape), prediction[box].reshape(shape)
    return expert == organ_id, (predicted == organ_id) & (expert != IGNORE)


def _state(known: bool, in_reference: bool, in_prediction: bool) -> State:
    if not known:
        return "not_annotated"
    if in_reference:
        return "scored" if in_prediction else "missed"
    return "false_positive" if in_prediction else "absent"


class _Ruler(NamedTuple):
    """What one case is measured with; one spacing per axis of the masks."""

    spacing_mm: Sequence[float]
    one_ml: float
    surface: SurfaceKind

    def values(self, state: State, reference: np.ndarray, prediction: np.ndarray, tolerance_mm: float) -> dict[str, float]:
        """The fields of `OrganScore` that a state has."""
        counts = int(np.count_nonzero(reference)), int(np.count_nonzero(prediction))
        volumes = {"volume_prediction_ml": counts[1] * self.one_ml}
        if state == "not_annotated":
            return volumes
        volumes["volume_reference_ml"] = counts[0] * self.one_ml
        if state == "absent":
            return volumes
        distances = surface_distances(reference, prediction, self.spacing_mm, self.surface)
        error = volume_error_of_counts(*counts, self.one_ml)
        return volumes | {
            "dsc": dice_of_counts(int(np.count_nonzero(reference & prediction)), *counts),
            "hd_mm": distances.hausdorff(),
            "hd95_mm": distances.hausdorff(95),
            "asd_mm": distances.average(),
            "nsd": distances.share_within(tolerance_mm),
            "volume_error_ml": error.ml,
            "volume_error_relative": error.relative,
        }
