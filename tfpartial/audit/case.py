"""The audit of one case, organ by organ: one probability volume passes through memory in slabs at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tfpartial.audit.doubt import Kind, Marked, mark_voxels
from tfpartial.audit.missing import MissingOrgan, measure_missing
from tfpartial.audit.probabilities import AuditedCase, probability_slabs
from tfpartial.audit.regions import Region, find_regions
from tfpartial.audit.sizes import is_usual, voxel_ml
from tfpartial.audit.suspects import Suspect, describe, ranked
from tfpartial.data.geometry import Geometry
from tfpartial.data.label_maps.case_labels import read_case_labels
from tfpartial.data.label_maps.reference import read_prediction
from tfpartial.data.survey.coverage import Spread
from tfpartial.data.volumes.label_writer import LabelWriter
from tfpartial.data.volumes.slabs import SlabReader
from tfpartial.labels import MAX_ORGANS, keep_annotated
from tfpartial.names import CaseId
from tfpartial.pictures.colour_files import write_slicer_colours, write_snap_labels


@dataclass(frozen=True)
class Rules:
    """What makes a suspect; see `AuditConfig`."""

    tcp: float
    margin_mm: float
    smallest_ml: float
    sure: float


@dataclass(frozen=True)
class CaseAudit:
    """What was found in a case.

    Args:
        id: the case.
        suspects: the worst first (`ranked`).
        missing: one per organ that is not annotated.
    """

    id: CaseId
    suspects: tuple[Suspect, ...]
    missing: tuple[MissingOrgan, ...]


@dataclass(frozen=True)
class _Views:
    """Label maps of the case, uint8 `[Z, Y, X]`, and their grid."""

    label: np.ndarray
    prediction: np.ndarray
    native: Geometry


def audit_case(case: AuditedCase, rules: Rules, sizes: Mapping[str, Spread], label_maps: Path | None = None) -> CaseAudit:
    """Looks for suspects in a case.

    In memory are per voxel two label maps of a byte, one or two of marks, and what `find_regions` needs.

    Args:
        case: the case.
        rules: what makes a suspect.
        sizes: organ -> its usual volume.
        label_maps: folder for the suspects as a label map `<case>.nii.gz` with its names and colours; None writes none, nor does
            a case without suspects. Of two suspects that share voxels, as of swapped organs, the worse has them.

    Raises:
        TfpartialError: a file that cannot be read or written, or a probability that is none.
    """
    entry, organs = case.manifest.case(case.id), case.manifest.organs
    reader = SlabReader(entry.images)
    label = keep_annotated(read_case_labels(entry, reader, case.manifest).codes, organs.vector(case.annotated))
    views = _Views(label, read_prediction(case.manifest, case.id, case.prediction), reader.native)
    found: list[tuple[Suspect, Region]] = []
    missing = []
    for organ, organ_id in organs.ids.items():
        slabs = probability_slabs(case, organ, reader.native)
        marks = mark_voxels(slabs, label, organ_id, organ in case.annotated, rules.tcp)
        for kind, marked in marks.items():
            found += _suspects(case, organ, kind, marked, views, rules, sizes[organ])
        if "not_annotated" in marks:
            missing.append(measure_missing(organ, marks["not_annotated"], voxel_ml(entry), sizes[organ].median))
    order = ranked(suspect for suspect, _ in found)
    numbers = {suspect: number for number, suspect in enumerate(order, start=1)}
    if label_maps is not None and found:
        _write_map(label_maps, case.id, reader.native, {numbers[suspect]: (suspect, region) for suspect, region in found})
    return CaseAudit(case.id, tuple(replace(suspect, number=numbers[suspect]) for suspect in order), tuple(missing))


def _suspects(
    case: AuditedCase, organ: str, kind: Kind, marked: Marked, views: _Views, rules: Rules, sizes: Spread
) -> list[tuple[Suspect, Region]]:
    """The suspects of one kind, and where they are."""
    spacing, whole = views.native.spacing_mm_zyx, kind == "not_annotated"
    smallest = math.ceil(rules.smallest_ml * 1000 / math.prod(spacing))
    others = views.prediction if kind == "not_seen" else views.label
    result = []
    for region in find_regions(marked, spacing, rules.margin_mm, smallest, joined=whole):
        suspect = describe(region, case.id, organ, kind, others, case.manifest.organs, views.native, sizes.median)
        if not whole or (suspect.mean_probability >= rules.sure and is_usual(suspect.volume_ml, sizes)):
            result.append((suspect, region))
    return result


def _write_map(folder: Path, case: CaseId, native: Geometry, found: Mapping[int, tuple[Suspect, Region]]) -> None:
    """The suspects as a label map, and what its values are."""
    codes = np.zeros(native.shape_zyx, np.uint8)
    numbers = sorted(found)[:MAX_ORGANS]
    for number in reversed(numbers):  # the worst come last, over the others
        _, region = found[number]
        codes[region.box][region.mask] = number
    with LabelWriter(folder / f"{case}.nii.gz", native) as writer:
        writer.write(0, codes)
    names = [f"{suspect.organ} {suspect.kind.replace('_', ' ')}" for suspect, _ in (found[number] for number in numbers)]
    write_slicer_colours(names, folder / f"{case}.ctbl")
    write_snap_labels(names, folder / f"{case}.txt")
