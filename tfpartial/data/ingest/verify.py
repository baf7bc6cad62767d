"""Reads every file of a data set once and finds everything that is wrong with it, before any work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter

from tfpartial.data.ingest.case_report import CaseReport, verify_case
from tfpartial.data.ingest.number_maps import choose_maps
from tfpartial.data.layouts.dataset import Dataset
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.data.problem import Problem
from tfpartial.errors import InputProblems
from tfpartial.names import require_case
from tfpartial.parallel import Scheduler, map_cases


def verify_dataset(
    dataset: Dataset, tolerance_mm: float, workers: int = 0, scheduler: Scheduler | None = None
) -> Iterator[CaseReport]:
    """Yields a report per case as it is read, in no particular order.

    Args:
        dataset: what a layout or `join` found.
        tolerance_mm: an image and a label whose grids differ by at most this are one grid.
        workers: processes; 0 takes all cores.
        scheduler: a Dask scheduler whose workers do it instead.
    """
    check = partial(verify_case, dataset=replace(dataset, cases=(), problems=()), tolerance_mm=tolerance_mm)
    return map_cases(check, dataset.cases, workers, scheduler=scheduler)


def accept(dataset: Dataset, reports: Sequence[CaseReport], tolerance_mm: float) -> Manifest:
    """The manifest of a data set that has no problem.

    Args:
        dataset: the data set.
        reports: one per case, in any order.
        tolerance_mm: the tolerance that they were verified with.

    Raises:
        InputProblems: all problems of all files.
    """
    problems = [*dataset.problems, *(problem for report in reports for problem in report.problems)]
    problems += organs_annotated_nowhere(dataset, reports)
    if problems:
        files = len({problem.file for problem in problems})
        rows = [problem.row() for problem in sorted(problems, key=attrgetter("case", "file", "kind", "message"))]
        raise InputProblems(f"{_count(len(problems), 'problem')} in {_count(files, 'file')} of {dataset.root}", rows)
    return Manifest(
        name=dataset.name,
        organs=dataset.organs,
        channel_names=dataset.channel_names,
        priority=dataset.priority or dataset.organs.names,
        tolerance_mm=tolerance_mm,
        number_maps=choose_maps(reports, dataset.channel_names),
        cases={case.id: case for case in map(_manifest_case, sorted(reports, key=attrgetter("case.id")))},
    )


def organs_annotated_nowhere(dataset: Dataset, reports: Sequence[CaseReport]) -> list[Problem]:
    """Organs that nobody looked for in any case: there is nothing to learn them from."""
    if any(report.annotated is None for report in reports):
        return []  # a label map that cannot be read may hold them
    somewhere = {organ for report in reports for organ in report.annotated or ()}
    remove = "remove it from 'labels' (or leave it out of the 'organs' of the source)"
    advice = f"is annotated in no case; {remove}, or name it in 'annotated' of the cases where it was looked for"
    return [
        Problem("", str(dataset.description), "organ_annotated_nowhere", f"'{organ}' {advice}")
        for organ in dataset.organs.names
        if organ not in somewhere
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _manifest_case(report: CaseReport) -> ManifestCase:
    # Both are None only in a report with problems.
    assert report.native is not None
    assert report.annotated is not None
    return ManifestCase(
        id=require_case(report.case.id, report.case.root),
        root=report.case.root,
        images=report.case.images,
        labels=report.case.labels,
        annotated=report.annotated,
        source=report.case.source,
        patient=report.case.patient,
        size_zyx=report.native.shape_zyx,
        spacing_mm_zyx=report.native.spacing_mm_zyx,
        voxels=report.voxels,
        ignored=report.ignored,
    )
