"""Write the store that training reads: image shards and label layer 0."""

from __future__ import annotations

import dataclasses
from typing import Any

from tfpartial import cli
from tfpartial.config import PrepareConfig
from tfpartial.data.manifest import read_manifest
from tfpartial.data.number_map import with_values
from tfpartial.data.store.prepare import LISTED, finish_store, known_checksums, prepare_cases
from tfpartial.parallel import scheduler_of
from tfpartial.progress import track
from tfpartial.provenance import begin, finish


def run(config: PrepareConfig) -> dict[str, Any]:
    """Prepares the cases that are not there yet, then closes the store."""
    manifest = read_manifest(config.manifest)
    maps = with_values(manifest.number_maps, config.values, len(manifest.channel_names))
    manifest = dataclasses.replace(manifest, number_maps=maps)
    cases = prepare_cases(manifest, config.out, config.size, config.spacing_mm, config.workers, scheduler_of(config))
    for _ in track(cases, "prepare", total=len(manifest.cases)):
        pass
    begin(config.out, "prepare", config)  # a refused data set leaves nothing
    summary = finish_store(manifest, config.out, config.size, config.spacing_mm)
    finish(config.out, summary, below=LISTED, known=known_checksums(config.out))
    return summary


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("prepare"))
