"""Which organs are annotated where, how large they are, and how much of the images each may learn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from tfpartial.data.survey.case_statistics import ABSENT, CaseStatistics
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.names import CaseId

NO_SOURCE = "unknown"
"""What tables call the source of a case that names none."""


@dataclass(frozen=True)
class Spread:
    """How a number is distributed over cases; None where it is undefined: of no case, or the sd of one.

    `sd` is the sample's (n - 1); `p5` and `p95` are percentiles, linear between neighbours.
    """

    cases: int
    mean: float | None
    sd: float | None
    min: float | None
    p5: float | None
    median: float | None
    p95: float | None
    max: float | None

    @classmethod
    def of(cls, numbers: Iterable[float]) -> Spread:
        """The spread of `numbers`, one per case."""
        values = np.array(list(numbers), dtype=np.float64)
        if not len(values):
            return cls(0, None, None, None, None, None, None, None)
        low, p5, median, p95, high = np.percentile(values, (0, 5, 50, 95, 100)).tolist()
        sd = float(values.std(ddof=1)) if len(values) > 1 else None
        return cls(len(values), float(values.mean()), sd, low, p5, median, p95, high)


@dataclass(frozen=True)
class OrganCoverage:
    """One organ of the data set. Spreads are over the cases where it is annotated and present.

    Args:
        organ: its name.
        annotated: number of cases in which somebody looked for it.
        present: number of those in which it is.
        cut: number of those in which it reaches the first or the last slice, so that its volume is a lower bound.
        sources: source -> number of its cases that are annotated for the organ.
        positive_share: share of the voxels of all cases that the organ learns as its own.
        negative_share: share that it learns as not its own.
        voxels: voxels per case.
        volume_ml: volume per case: bounds for size constraints.
        extent_mm_z, extent_mm_y, extent_mm_x: sides of the bounding box.
        hu_mean: mean of channel 0 per case.
    """

    organ: str
    annotated: int
    present: int
    cut: int
    sources: Mapping[str, int]
    positive_share: float
    negative_share: float
    voxels: Spread
    volume_ml: Spread
    extent_mm_z: Spread
    extent_mm_y: Spread
    extent_mm_x: Spread
    hu_mean: Spread

    @property
    def learnable_share(self) -> float:
        """Share of the voxels of all cases that the organ may learn from."""
        return self.positive_share + self.negative_share


@dataclass(frozen=True)
class Coverage:
    """A data set.

    Args:
        organs: one per organ of the table.
        together: int64 `[K, K]`: number of cases annotated for both organs; on the diagonal for the organ.
        state: int8 `[K, cases]`: -1 not annotated, 0 annotated and absent, 1 annotated and present.
        cases: ids, by source and then from the most annotated organs to the fewest.
        sources: the source of each case.
        voxels: voxels of all cases.
    """

    organs: tuple[OrganCoverage, ...]
    together: np.ndarray
    state: np.ndarray
    cases: tuple[CaseId, ...]
    sources: tuple[str, ...]
    voxels: int

    @property
    def complete(self) -> tuple[str, ...]:
        """Cases that are annotated for every organ."""
        return self._cases_where(np.all(self.state >= 0, axis=0))

    @property
    def unlabeled(self) -> tuple[str, ...]:
        """Cases that are annotated for none."""
        return self._cases_where(np.all(self.state < 0, axis=0))

    def _cases_where(self, chosen: Iterable[bool]) -> tuple[str, ...]:
        return tuple(case for case, is_chosen in zip(self.cases, chosen, strict=True) if is_chosen)

    def to_json(self, name: str) -> dict[str, Any]:
        """What `coverage.json` holds: `organs` is a list of `OrganCoverage`, `annotated_together` follows its order."""
        return {
            "format": 1,
            "name": name,
            "cases": len(self.cases),
            "voxels": self.voxels,
            "complete": self.complete,
            "unlabeled": self.unlabeled,
            "sources": dict(Counter(self.sources)),
            "organs": [{**asdict(organ), "learnable_share": organ.learnable_share} for organ in self.organs],
            "annotated_together": self.together.tolist(),
        }

    def table(self) -> pd.DataFrame:
        """One row per organ, the fields of `OrganCoverage` flat (`volume_ml_mean`); sources as `a 3, b 1`."""
        return pd.json_normalize([_row(organ) for organ in self.organs], sep="_")


def keep_labels(
    cases: Iterable[CaseStatistics], organs: OrganTable, kept: Mapping[CaseId, Sequence[str]]
) -> Iterator[CaseStatistics]:
    """The cases as they would be had nobody contoured other organs than those that `simulate` kept.

    Args:
        cases: the cases as they are; those that are not in `kept` are left out.
        organs: the organ table.
        kept: case -> the annotated organs that it keeps.
    """
    for case in cases:
        if case.id in kept:
            names = kept[case.id]
            shown = zip(organs.names, case.organs, strict=True)
            yield replace(case, annotated=tuple(names), organs=tuple(organ if name in names else ABSENT for name, organ in shown))


def measure_coverage(cases: Iterable[CaseStatistics], organs: OrganTable) -> Coverage:
    """Coverage of the cases, in any order. Raises `TfpartialError` when there are none."""
    cases = sorted(cases, key=lambda case: _place(case, organs))
    if not cases:
        raise TfpartialError("coverage: expected at least one case, got none")
    annotated = np.array([organs.vector(case.annotated) for case in cases])  # [cases, K]
    voxels = np.array([case.organ_voxels for case in cases])
    learned = learnable_voxels(annotated, voxels, np.array([case.voxels - case.ignored for case in cases]))
    total = sum(case.voxels for case in cases)
    shares = (np.stack(learned, axis=1) / total).tolist()  # [K, 2]
    return Coverage(
        organs=tuple(_organ_coverage(name, place, cases, *shares[place]) for place, name in enumerate(organs.names)),
        together=annotated.T.astype(np.int64) @ annotated.astype(np.int64),
        state=np.where(annotated, (voxels > 0).astype(np.int8), np.int8(-1)).T,
        cases=tuple(case.id for case in cases),
        sources=tuple(source_name(case) for case in cases),
        voxels=total,
    )


def source_name(case: CaseStatistics) -> str:
    """The case's source, as tables call it."""
    return case.source or NO_SOURCE


def learnable_voxels(annotated: np.ndarray, voxels: np.ndarray, certain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Voxels that each organ may learn from, over all cases, under the weight rule `certain` (thesis, eq. 3.1 and 3.2).

    An organ learns every voxel of a case that is annotated for it, and elsewhere those that are labelled as another organ:
    w_k = (annotated_k or label > 0) and label != 255.

    Args:
        annotated: bool `[cases, K]`.
        voxels: int64 `[cases, K]`, labelled voxels; 0 where an organ is not annotated.
        certain: int64 `[cases]`, voxels that are not to be ignored.

    Returns:
        positive and negative voxels per organ, int64 `[K]` each.
    """
    labelled = voxels.sum(axis=1, keepdims=True)
    learned = np.where(annotated, certain[:, np.newaxis], labelled).sum(axis=0)
    positive = voxels.sum(axis=0)
    return positive, learned - positive


def case_table(cases: Sequence[CaseStatistics], organs: OrganTable) -> pd.DataFrame:
    """One row per case and annotated organ, by case: volume, extents, HU; empty cells where the organ is absent."""
    rows = [
        {
            "case": case.id,
            "source": source_name(case),
            "organ": name,
            "voxels": organ.voxels,
            "volume_ml": organ.voxels * case.voxel_ml,
            **dict(zip(("extent_mm_z", "extent_mm_y", "extent_mm_x"), case.extent_mm_zyx(organ) or (None,) * 3, strict=True)),
            "cut": case.cut(organ),
            "hu_mean": organ.hu_mean,
            **dict(zip(("hu_p5", "hu_median", "hu_p95"), organ.hu_percentiles, strict=True)),
        }
        for case in sorted(cases, key=lambda case: case.id)
        for name, organ in zip(organs.names, case.organs, strict=True)
        if name in case.annotated
    ]
    return pd.DataFrame(rows)


def _place(case: CaseStatistics, organs: OrganTable) -> tuple[str, int, list[bool], str]:
    """Sorts by source, then the most annotated organs first, equal sets side by side."""
    annotated = organs.vector(case.annotated)
    return source_name(case), -int(annotated.sum()), (~annotated).tolist(), case.id


def _organ_coverage(
    name: str, place: int, cases: Sequence[CaseStatistics], positive_share: float, negative_share: float
) -> OrganCoverage:
    looked_for = [case for case in cases if name in case.annotated]
    present = [(case, case.organs[place]) for case in looked_for if case.organs[place].voxels]
    extents = np.array([case.extent_mm_zyx(organ) for case, organ in present]).reshape(len(present), 3)
    return OrganCoverage(
        organ=name,
        annotated=len(looked_for),
        present=len(present),
        cut=sum(case.cut(organ) for case, organ in present),
        sources=dict(Counter(source_name(case) for case in looked_for)),
        positive_share=positive_share,
        negative_share=negative_share,
        voxels=Spread.of(organ.voxels for _, organ in present),
        volume_ml=Spread.of(organ.voxels * case.voxel_ml for case, organ in present),
        extent_mm_z=Spread.of(extents[:, 0]),
        extent_mm_y=Spread.of(extents[:, 1]),
        extent_mm_x=Spread.of(extents[:, 2]),
        hu_mean=Spread.of(organ.hu_mean for _, organ in present),
    )


def _row(organ: OrganCoverage) -> dict[str, Any]:
    sources = ", ".join(f"{source} {count}" for source, count in organ.sources.items())
    return {**asdict(organ), "sources": sources, "learnable_share": organ.learnable_share}
