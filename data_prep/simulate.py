"""Removes labels from the training cases of each fold, organ by organ."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tfpartial import cli
from tfpartial.artifacts import write_json
from tfpartial.config import SimulateConfig
from tfpartial.data.fold.simulate import thin
from tfpartial.data.fold.split import read_folds
from tfpartial.data.manifest import read_manifest


def run(config: SimulateConfig) -> dict[str, Any]:
    """Writes `annotations.json`; says in how many cases of each fold an organ kept its label."""
    manifest = read_manifest(config.manifest)
    annotations = thin(manifest, read_folds(config.splits), config.alpha, config.seed)
    write_json(config.out, annotations)
    counts = [Counter(organ for organs in fold.values() for organ in organs) for fold in annotations["folds"]]
    rows = [
        {"organ": organ} | {f"fold {number}": kept[organ] for number, kept in enumerate(counts)}
        for organ in manifest.organs.names
    ]
    return {"annotations": str(config.out), "alpha": config.alpha, "cases that keep the label": rows}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("simulate"))
