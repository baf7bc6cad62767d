"""How large each organ usually is: what a found organ is measured against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.data.survey.coverage import Spread
from tfpartial.names import CaseId

SLACK = 2.0
"""A volume may be so many times larger or smaller than the labelled ones: they are few, and scans cut organs."""


def voxel_ml(case: ManifestCase) -> float:
    """Volume of a voxel."""
    return prod(case.spacing_mm_zyx) / 1000


def organ_sizes(manifest: Manifest, annotated: Mapping[CaseId, Sequence[str]] | None) -> dict[str, Spread]:
    """Volume in ml of every organ over the cases where it is annotated and present; of 0 cases where that is nowhere.

    Args:
        manifest: the data set; it knows the labelled voxels.
        annotated: case -> the annotated organs that count, for these cases only; None takes the manifest's.
    """
    chosen = {case.id: case.annotated for case in manifest.cases.values()} if annotated is None else annotated
    return {
        organ: Spread.of(
            case.voxels[organ] * voxel_ml(case)
            for case in map(manifest.case, chosen)
            if organ in chosen[case.id] and case.voxels.get(organ)
        )
        for organ in manifest.organs.names
    }


def is_usual(volume_ml: float, sizes: Spread) -> bool:
    """Whether an organ may have this volume: half the 5 % percentile of the labelled ones, to twice their 95 % percentile.

    No volume is usual of an organ that is labelled nowhere.
    """
    if sizes.p5 is None or sizes.p95 is None:
        return False
    return sizes.p5 / SLACK <= volume_ml <= sizes.p95 * SLACK
