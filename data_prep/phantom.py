"""Writes a procedural abdominal CT data set with complete truth."""

from __future__ import annotations

from typing import Any

from tfpartial import cli
from tfpartial.config import PhantomConfig
from tfpartial.data.phantom import ORGANS, write_phantom
from tfpartial.progress import track
from tfpartial.provenance import finish
from tfpartial.stage_folder import begin_data_set


def run(config: PhantomConfig) -> dict[str, Any]:
    """Draws the patients, in processes, into a folder in nnU-Net's layout."""
    patients = write_phantom(config.out, config.cases, config.size, config.slice_mm, config.seed, config.workers)
    begin_data_set(config.out, "phantom", config)
    written = sum(1 for _ in track(patients, "drawing patients", config.cases))
    summary = {"dataset": str(config.out), "cases": written, "organs": list(ORGANS)}
    finish(config.out, summary, below=["*/*.nii.gz"])
    return summary


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("phantom"))
