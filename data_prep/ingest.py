"""Verifies a data set and writes its manifest."""

from __future__ import annotations

from typing import Any

from tfpartial import cli
from tfpartial.config import IngestConfig
from tfpartial.data.dataset import read_dataset
from tfpartial.data.manifest import Manifest, write_manifest
from tfpartial.data.verify import accept, verify_dataset
from tfpartial.progress import track


def run(config: IngestConfig) -> dict[str, Any]:
    """Reads every file once; writes the manifest when nothing is wrong.

    Raises:
        InputProblems: all problems of all files; nothing is written then.
    """
    dataset = read_dataset(config.dataset)
    reports = verify_dataset(dataset, config.tolerance_mm, config.workers)
    manifest = accept(dataset, list(track(reports, "verifying", len(dataset.cases))), config.tolerance_mm)
    write_manifest(manifest, config.out)
    return {
        "manifest": str(config.out),
        "cases": len(manifest.cases),
        "complete": len(manifest.complete()),
        "unlabeled": [case.id for case in manifest.cases.values() if not case.annotated],
        "organs": [_organ_row(manifest, organ) for organ in manifest.organs.names],
    }


def _organ_row(manifest: Manifest, organ: str) -> dict[str, Any]:
    """In how many cases somebody looked for the organ, and in how many it was there."""
    counts = [manifest.cases[case_id].voxels[organ] for case_id in manifest.annotated_for(organ)]
    return {"organ": organ, "annotated": len(counts), "present": sum(count > 0 for count in counts)}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("ingest"))
