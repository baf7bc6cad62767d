"""How large each organ is in a slice and in a case, for the bounds of the loss term `size`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tfpartial.data.survey.case_statistics import CaseStatistics
from tfpartial.data.survey.coverage import Spread
from tfpartial.labels import OrganTable
from tfpartial.losses.regularisers.size_bounds import FORMAT, QUANTILES


def sizes_json(cases: Sequence[CaseStatistics], organs: OrganTable, name: str) -> dict[str, Any]:
    """What `coverage --sizes` writes: per organ `area_mm2` of the slices and `volume_mm3` of the cases that show it.

    Only cases that are annotated for the organ count. Each distribution has its number `n`, and `min`, `p5`, `median`, `p95` and
    `max`, which are null where `n` is 0. A volume that the scan cuts off counts as it is.

    Args:
        cases: the cases, with the annotated sets that they keep.
        organs: the organ table.
        name: of the data set.
    """
    found = {organ: _sizes(organ, place, cases) for place, organ in enumerate(organs.names)}
    return {"format": FORMAT, "name": name, "organs": found}


def _sizes(organ: str, place: int, cases: Sequence[CaseStatistics]) -> dict[str, Any]:
    shown = [(case, case.organs[place]) for case in cases if organ in case.annotated and case.organs[place].voxels]
    return {
        "area_mm2": _distribution(voxels * case.voxel_mm2 for case, sizes in shown for voxels in sizes.slice_voxels),
        "volume_mm3": _distribution(sizes.voxels * case.voxel_ml * 1000 for case, sizes in shown),
    }


def _distribution(numbers: Iterable[float]) -> dict[str, Any]:
    spread = Spread.of(numbers)
    return {"n": spread.cases, **{quantile: getattr(spread, quantile) for quantile in QUANTILES}}
