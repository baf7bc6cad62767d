"""A small run with one of every artifact, which campaigns of damage start from, and what a verb leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from tfpartial import cli
from tfpartial.artifacts import sha256

OF_STAGE = {"config.yaml", "provenance.json", "done.json", "checksums.json", "log.txt", "metrics.csv"}
"""What a stage says of itself, and of the time it took."""


class Step(NamedTuple):
    """A stage of the small run: the file that it leaves last, and its words."""

    leaves: str
    words: str


RUN = (
    Step("data/done.json", "phantom --out data --cases 6 --size 32 32 --slice_mm 20 25 --workers 1"),
    Step("manifest.json", "ingest --dataset data --out manifest.json --workers 1"),
    Step("splits.json", "split --manifest manifest.json --out splits.json --folds 2 --val_share 0.3"),
    Step("annotations.json", "simulate --manifest manifest.json --splits splits.json --out annotations.json --alpha 0.5"),
    Step("store/done.json", "prepare --manifest manifest.json --out store --size 32 32 --workers 1"),
    Step(
        "model/done.json",
        "train --store store --splits splits.json --annotations annotations.json --out model --network.options.width 2 "
        "--epochs 1 --steps_per_epoch 2 --batch 4",
    ),
    Step("prior/done.json", "prior --store store --splits splits.json --annotations annotations.json --out prior"),
    Step(
        "labels/done.json",
        "relabel --store store --splits splits.json --annotations annotations.json --model model --out labels",
    ),
    Step("maps/done.json", "predict --model model --manifest manifest.json --splits splits.json --out maps"),
    Step("scores/done.json", "score --manifest manifest.json --splits splits.json --predictions maps --out scores --workers 1"),
)
FOLD = "--store store --splits splits.json --annotations annotations.json"
"""What most verbs read of a fold."""


def make_run(steps: Iterable[Step] = RUN) -> None:
    """Does the stages of the run that are not done, in the current folder."""
    for step in steps:
        if not Path(step.leaves).is_file() and cli.main([*step.words.split(), "--quiet"]):
            raise SystemExit(f"the small run stopped at: {step.words}")


def checksums(folder: Path, apart_from: Collection[str] = (), without: Collection[str] = ()) -> dict[str, str]:
    """Checksum of every file below a folder, by its path in it.

    Args:
        folder: the folder.
        apart_from: names of files that do not count.
        without: endings of files that do not count, such as `.png`.
    """
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    counted = (path for path in files if path.name not in apart_from and path.suffix not in without)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in counted}
