"""What a planner needs to know of a data set to choose spacing, patch size and intensity normalisation.

The facts of nnU-Net's dataset fingerprint (Isensee et al., Nature Methods 18, 2021, 203-211). Differences: intensities are those
of all foreground voxels, not of a sample of them, so every run gives the same; foreground is what is labelled as any organ, which
in a partially labeled data set is not all that there is of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfpartial.artifacts import parsing, read_versioned
from tfpartial.data.manifest import Manifest
from tfpartial.data.number_map import NumberMap, map_of
from tfpartial.data.survey.case_statistics import CaseStatistics
from tfpartial.data.survey.value_counts import ValueCounts
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId, require_cases

FORMAT = 1
WHAT = "fingerprint of a data set"


def fingerprint(manifest: Manifest, cases: Iterable[CaseStatistics]) -> dict[str, Any]:
    """The fingerprint of a data set, as JSON.

    Args:
        manifest: the data set.
        cases: statistics of its cases, in any order.

    Returns:
        `format`, `name`, `organs`, `channel_names`;
        `cases`: id -> `size_zyx`, `spacing_mm_zyx`, and `size_after_crop_zyx`: of the box of the voxels that are not 0;
        `size_zyx`, `size_after_crop_zyx`, `spacing_mm_zyx`: `min`, `median`, `max` over the cases, axis by axis;
        `anisotropy`: the largest over the smallest median spacing; `coarsest_axis`: where the largest is, `z`, `y` or `x`;
        `median_relative_size_after_crop`: voxels after the crop over voxels before;
        `foreground_intensity`: per channel `voxels`, `mean`, `sd`, `min`, `p0.5`, `median`, `p99.5`, `max`; None for a channel
        without a labelled voxel.

    Raises:
        TfpartialError: no case.
    """
    cases = sorted(cases, key=lambda case: case.id)
    if not cases:
        raise TfpartialError("fingerprint: expected at least one case, got none")
    sizes = {
        "size_zyx": _range([case.shape_zyx for case in cases]),
        "size_after_crop_zyx": _range([case.nonzero_shape_zyx for case in cases]),
        "spacing_mm_zyx": _range([case.spacing_mm_zyx for case in cases]),
    }
    spacing = sizes["spacing_mm_zyx"]["median"]
    relative = [math.prod(case.nonzero_shape_zyx) / case.voxels for case in cases]
    channels = zip(*(case.foreground for case in cases), strict=True)
    return {
        "format": FORMAT,
        "name": manifest.name,
        "organs": manifest.organs.names,
        "channel_names": manifest.channel_names,
        **sizes,
        "anisotropy": max(spacing) / min(spacing),
        "coarsest_axis": "zyx"[int(np.argmax(spacing))],
        "median_relative_size_after_crop": float(np.median(relative)),
        "foreground_intensity": {
            name: _intensity(ValueCounts.sum(parts), map_of(manifest.number_maps, channel))
            for channel, (name, parts) in enumerate(zip(manifest.channel_names, channels, strict=True))
        },
        "cases": {
            case.id: {
                "size_zyx": case.shape_zyx,
                "spacing_mm_zyx": case.spacing_mm_zyx,
                "size_after_crop_zyx": case.nonzero_shape_zyx,
            }
            for case in cases
        },
    }


def _range(rows: list[tuple[int, int, int]] | list[tuple[float, float, float]]) -> dict[str, list[float]]:
    columns = np.array(rows)
    return {
        "min": columns.min(axis=0).tolist(),
        "median": np.median(columns, axis=0).tolist(),
        "max": columns.max(axis=0).tolist(),
    }


def _intensity(counts: ValueCounts, number_map: NumberMap) -> dict[str, float] | None:
    if not counts.total:
        return None
    low, median, high = counts.percentiles((0.5, 50, 99.5))
    stored = {
        "mean": counts.mean,
        "min": int(counts.values[0]),
        "p0.5": low,
        "median": median,
        "p99.5": high,
        "max": int(counts.values[-1]),
    }
    numbers = {name: number_map.number(value) for name, value in stored.items()}
    return {"voxels": counts.total, "sd": counts.sd * number_map.slope, **numbers}


@dataclass(frozen=True)
class Fingerprint:
    """What is read of a fingerprint.

    Args:
        name: of the data set.
        organs: number of organs.
        channels: names of the channels.
        ids: of the cases.
        sizes_zyx: int `[cases, 3]`.
        spacings_mm_zyx: float `[cases, 3]`.
        intensity: per channel the statistics of its labelled voxels; None for a channel without any.
    """

    name: str
    organs: int
    channels: tuple[str, ...]
    ids: tuple[CaseId, ...]
    sizes_zyx: np.ndarray
    spacings_mm_zyx: np.ndarray
    intensity: Mapping[str, Mapping[str, float] | None]


def read_fingerprint(path: Path) -> Fingerprint:
    """Reads what `fingerprint` wrote.

    Raises:
        TfpartialError: another file, no case, or a size or spacing that is not above 0.
    """
    content = read_versioned(path, WHAT, FORMAT)
    with parsing(path, WHAT):
        cases = content["cases"]
        sizes, spacings = (
            np.array([case[of] for case in cases.values()], dtype).reshape(len(cases), 3)
            for of, dtype in (("size_zyx", "int64"), ("spacing_mm_zyx", "float64"))
        )
        found = Fingerprint(
            name=str(content["name"]),
            organs=len(content["organs"]),
            channels=tuple(content["channel_names"]),
            ids=require_cases(cases, path),
            sizes_zyx=sizes,
            spacings_mm_zyx=spacings,
            intensity={name: content["foreground_intensity"][name] for name in content["channel_names"]},
        )
    if not cases or not ((sizes > 0).all() and (np.isfinite(spacings) & (spacings > 0)).all()):
        raise TfpartialError(f"{path}: expected cases with sizes and spacings above 0, got {'others' if cases else 'none'}")
    return found
