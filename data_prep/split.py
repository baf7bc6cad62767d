"""Divides the cases into folds, by patient."""

from __future__ import annotations

from typing import Any

from tfpartial import cli
from tfpartial.config import SplitConfig
from tfpartial.data.fold.split import make_splits, write_splits
from tfpartial.data.manifest import read_manifest


def run(config: SplitConfig) -> dict[str, Any]:
    """Writes `splits.json`, once."""
    splits = make_splits(read_manifest(config.manifest), config.folds, config.score_on, config.val_share, config.seed)
    write_splits(config.out, splits)
    rows = [{"fold": number} | {part: len(ids) for part, ids in fold.items()} for number, fold in enumerate(splits["folds"])]
    return {"splits": str(config.out), "folds": rows}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("split"))
