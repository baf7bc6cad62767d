"""Chooses the cases and slices of the picture, and reads what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tfpartial.data.manifest import Manifest
from tfpartial.data.volume import read_volume
from tfpartial.errors import TfpartialError
from tfpartial.inference.volume_files import label_maps
from tfpartial.report.figure import Panel, Row
from tfpartial.report.planes import pick_slice
from tfpartial.report.references import read_prediction, read_reference
from tfpartial.report.scores import MethodScores


def pick_cases(ranked: Sequence[str], count: int) -> list[tuple[str, str]]:
    """Cases to draw and what they are: the best, the worst, and others evenly between them (of three the median).

    Args:
        ranked: case ids, best first.
        count: number of cases; fewer when there are not so many.

    Returns:
        `(case, remark)`, best first.

    Raises:
        TfpartialError: no case, or none asked for.
    """
    if not ranked or count < 1:
        raise TfpartialError(f"picture: expected at least one scored case and one to draw, got {len(ranked)} and {count}")
    last = len(ranked) - 1
    places = np.linspace(0, last, min(count, len(ranked))).round().astype(int).tolist()
    return [(ranked[place], _remark(place, last)) for place in places]


def name_ranks(ranked: Sequence[str], cases: Sequence[str]) -> list[tuple[str, str]]:
    """Cases that are asked for by name, and what they are: `(case, remark)`.

    Raises:
        TfpartialError: a case that was not scored.
    """
    for case in cases:
        if case not in ranked:
            raise TfpartialError(f"picture: case '{case}' was not scored by the last method")
    return [(case, _remark(ranked.index(case), len(ranked) - 1)) for case in cases]


def _remark(place: int, last: int) -> str:
    if place in (0, last):
        return "worst" if place else "best"
    return "median" if place == round(last / 2) else f"rank {place + 1} of {last + 1}"


def case_row(manifest: Manifest, methods: Sequence[MethodScores], case: str, remark: str) -> Row:
    """The expert's label map and each method's on one axial slice of a case; captions give the case's mean DSC.

    Raises:
        TfpartialError: the case has no label map, a file cannot be read, or the files do not lie on one grid.
    """
    reference = read_reference(manifest, case)
    if reference is None:
        raise TfpartialError(f"case '{case}': expected a label map in the manifest, got none")
    entry = manifest.case(case)
    volume = read_volume(entry.images)
    z = pick_slice(reference)
    missing = [organ for organ in manifest.organs.names if organ not in entry.annotated]
    panels = [Panel(reference[z], f"not annotated: {', '.join(missing)}" if missing else "")]
    for method in methods:
        prediction = read_prediction(manifest, case, _label_map(method, case))
        dsc = method.case_means().get(case)
        panels.append(Panel(prediction[z], "DSC n/a" if dsc is None else f"DSC {dsc:.3f}"))
    title = f"{case} ({remark})\nslice {z + 1} of {len(reference)}"
    return Row(title, volume.array[z, :, :, 0], volume.spacing_mm_zyx[1:], tuple(panels))


def _label_map(method: MethodScores, case: str) -> Path:
    found = label_maps(method.predictions)
    if case not in found:
        raise TfpartialError(f"{method.predictions}: has no label map of case '{case}', which '{method.name}' was scored on")
    return found[case]
