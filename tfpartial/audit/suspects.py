"""Suspects: what somebody should look at again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tfpartial.audit.doubt import LABEL_ERRORS, Kind, against
from tfpartial.audit.regions import Region
from tfpartial.data.geometry import Geometry
from tfpartial.labels import OrganTable
from tfpartial.names import CaseId


@dataclass(frozen=True)
class Suspect:
    """A region of a case in which the labels of an organ look wrong, or an organ that nobody labelled.

    Args:
        case: the case.
        organ: the organ.
        kind: see `mark_voxels`.
        other: for `not_seen`, the organ that the model predicts at more than half of the region; for `not_labelled`, the one that
            the expert labelled there; None when there is no such organ.
        score: volume times how sure the model is against the label: the sum of 1 - TCP (of ŷ, for `not_annotated`) in ml.
        volume_ml: volume of the region.
        usual_ml: median volume of the organ over the cases that label it; None when no case does.
        mean_probability: mean of ŷ.
        first_slice, last_slice: axial slices that it reaches, counted from 1 at the feet, as pictures and `overlay` count them.
        index_zyx: its voxel nearest to its centre of mass, from 0, in LPS.
        position_mm_xyz: where that is in the patient: LPS, as SimpleITK counts.
        box_zyx: along z, y and x the first and the last index.
        number: its value in the label map of the case's suspects, from the worst, 1, on; 0 when it is not known yet.
    """

    case: CaseId
    organ: str
    kind: Kind
    other: str | None
    score: float
    volume_ml: float
    usual_ml: float | None
    mean_probability: float
    first_slice: int
    last_slice: int
    index_zyx: tuple[int, int, int]
    position_mm_xyz: tuple[float, float, float]
    box_zyx: tuple[tuple[int, int], ...]
    number: int = 0

    @property
    def of_labels(self) -> bool:
        """Whether it is a label that looks wrong, and not one that is missing."""
        return self.kind in LABEL_ERRORS

    def row(self) -> dict[str, Any]:
        """As a row of a table."""
        flat = asdict(self)
        z, y, x = flat.pop("index_zyx")
        x_mm, y_mm, z_mm = flat.pop("position_mm_xyz")
        del flat["box_zyx"]
        return {**flat, "index_z": z, "index_y": y, "index_x": x, "x_mm": x_mm, "y_mm": y_mm, "z_mm": z_mm}


def describe(
    region: Region,
    case: CaseId,
    organ: str,
    kind: Kind,
    others: np.ndarray,
    organs: OrganTable,
    native: Geometry,
    usual_ml: float | None,
) -> Suspect:
    """The suspect that a region is.

    Args:
        region: the voxels.
        case, organ, kind: whose they are.
        others: label map uint8 `[Z, Y, X]` in which the other organ is looked up.
        organs: the organ table.
        native: the image's grid.
        usual_ml: median volume of the organ.
    """
    centre = region.centre(native.spacing_mm_zyx)
    x, y, z = native.lps.positions_mm(np.array(centre[::-1])).tolist()
    volume_ml = region.voxels * float(np.prod(native.spacing_mm_zyx)) / 1000
    return Suspect(
        case=case,
        organ=organ,
        kind=kind,
        other=_majority(others[region.box][region.mask], organs),
        score=volume_ml * against(kind, region.mean_probability),
        volume_ml=volume_ml,
        usual_ml=usual_ml,
        mean_probability=region.mean_probability,
        first_slice=region.box[0].start + 1,
        last_slice=region.box[0].stop,
        index_zyx=centre,
        position_mm_xyz=(x, y, z),
        box_zyx=tuple((part.start, part.stop - 1) for part in region.box),
    )


def ranked(suspects: Iterable[Suspect]) -> list[Suspect]:
    """Labels that look wrong first, then organs without labels; of each sort the highest score first, equal ones by name.

    An organ that is not annotated has all of its volume as its score, and would stand before every error.
    """
    return sorted(suspects, key=lambda one: (not one.of_labels, -one.score, one.case, one.organ, one.kind, one.index_zyx))


def _majority(codes: np.ndarray, organs: OrganTable) -> str | None:
    counts = np.bincount(codes, minlength=len(organs) + 1)[1 : len(organs) + 1]
    best = int(counts.argmax())
    return organs.names[best] if 2 * counts[best] > len(codes) else None
