"""Writes a joined data set as one folder in nnU-Net v2 layout, with its annotated sets."""

from __future__ import annotations

from typing import Any

from tfpartial import cli
from tfpartial.config import WriteConfig
from tfpartial.data.ingest.write_nnunet import finish_nnunet, write_cases
from tfpartial.data.manifest import read_manifest
from tfpartial.parallel import scheduler_of
from tfpartial.progress import track
from tfpartial.provenance import finish
from tfpartial.stage_folder import begin_data_set


def run(config: WriteConfig) -> dict[str, Any]:
    """Writes the cases, then `dataset.json`, into a folder that is new, empty, or left by the same command when it was killed."""
    manifest = read_manifest(config.manifest)
    begin_data_set(config.out, "write", config)
    cases = write_cases(manifest, config.out, config.workers, scheduler_of(config))
    written = sum(1 for _ in track(cases, "writing", len(manifest.cases)))
    finish_nnunet(manifest, config.out)
    summary = {"dataset": str(config.out), "cases": written, "organs": list(manifest.organs.names)}
    finish(config.out, summary, below=["*/*.nii.gz"])
    return summary


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("write"))
