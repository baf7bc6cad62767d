"""Writes a joined data set as one folder in nnU-Net v2 layout, with its annotated sets."""

from __future__ import annotations

from typing import Any

from tfpartial import cli
from tfpartial.checksums import write_checksums
from tfpartial.config import WriteConfig
from tfpartial.data.ingest.write_nnunet import finish_nnunet, write_cases
from tfpartial.data.manifest import read_manifest
from tfpartial.parallel import scheduler_of
from tfpartial.progress import track


def run(config: WriteConfig) -> dict[str, Any]:
    """Writes the cases, then `dataset.json`, into a folder that is new or empty."""
    manifest = read_manifest(config.manifest)
    cases = write_cases(manifest, config.out, config.workers, scheduler_of(config))
    written = sum(1 for _ in track(cases, "writing", len(manifest.cases)))
    finish_nnunet(manifest, config.out)
    write_checksums(config.out, below=["*/*.nii.gz"])
    return {"dataset": str(config.out), "cases": written, "organs": list(manifest.organs.names)}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("write"))
