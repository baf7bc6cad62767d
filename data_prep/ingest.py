"""Verifies data sets, joins them under one organ table, and writes the manifest."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from tfpartial import cli
from tfpartial.config import IngestConfig, SourceConfig
from tfpartial.data.ingest.join import join
from tfpartial.data.ingest.number_maps import map_warnings
from tfpartial.data.ingest.verify import accept, verify_dataset
from tfpartial.data.layouts import read_source
from tfpartial.data.layouts.archive import is_archive, unpack, unpacked_to
from tfpartial.data.manifest import Manifest, write_manifest
from tfpartial.data.problem import Problem
from tfpartial.parallel import scheduler_of
from tfpartial.progress import track


def run(config: IngestConfig) -> dict[str, Any]:
    """Reads every file once; writes the manifest when nothing is wrong.

    Raises:
        InputProblems: all problems of all files; nothing is written then.
    """
    sources = [_unpacked(source, config) for source in config.sources or [SourceConfig(_dataset(config))]]
    read = [(source, read_source(source)) for source in sources]
    dataset = join(read, config.name, config.organs, config.priority, config.intensities)
    verified = verify_dataset(dataset, config.tolerance_mm, config.workers, scheduler_of(config))
    reports = list(track(verified, "verifying", len(dataset.cases)))
    manifest = accept(dataset, reports, config.tolerance_mm)
    write_manifest(manifest, config.out)
    suspicions = [warning for report in reports for warning in report.warnings]
    return {
        "manifest": str(config.out),
        "cases": len(manifest.cases),
        "complete": len(manifest.complete()),
        "unlabeled": [case.id for case in manifest.cases.values() if not case.annotated],
        "warnings": _warnings([*suspicions, *map_warnings(manifest.number_maps, reports, manifest.channel_names)]),
        "organs": [_organ_row(manifest, organ) for organ in manifest.organs.names],
    }


def _dataset(config: IngestConfig) -> Path:
    assert config.dataset is not None  # the configuration has seen to it
    return config.dataset


def _unpacked(source: SourceConfig, config: IngestConfig) -> SourceConfig:
    if not is_archive(source.path):
        return source
    return dataclasses.replace(source, path=unpack(source.path, unpacked_to(config.out), config.unpack_growth))


def _warnings(warnings: Sequence[Problem]) -> list[dict[str, Any]]:
    """One row per kind and wording: a whole collection often has the same oddity."""
    cases: dict[tuple[str, str], list[str]] = defaultdict(list)
    for warning in sorted(warnings, key=attrgetter("case")):
        cases[warning.kind, warning.message].append(warning.case)
    return [{"kind": kind, "cases": len(ids), "first": ids[0], "message": message} for (kind, message), ids in cases.items()]


def _organ_row(manifest: Manifest, organ: str) -> dict[str, Any]:
    """In how many cases somebody looked for the organ, and in how many it was there."""
    counts = [manifest.cases[case_id].voxels[organ] for case_id in manifest.annotated_for(organ)]
    return {"organ": organ, "annotated": len(counts), "present": sum(count > 0 for count in counts)}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("ingest"))
