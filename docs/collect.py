"""What `docs/results` keeps of a sweep: `python docs/collect.py runs/openkbp docs/results/openkbp`.

Tables, averages, runs and provenance of its comparison are copied; scores, learning curves, rankings, places and minutes of all
cells become one table each, with the columns `alpha`, `fold`, `method` and, if it is an axis, `seed` in front. The rest can be
made again from the experiment.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tfpartial.artifacts import read_json
from tfpartial.errors import TfpartialError
from tfpartial.finished_stages import FoundStage, find_stages
from tfpartial.report.times import stage_minutes

TABLES = {"score": "scores.csv", "train": "metrics.csv", "rank": "ranking.csv", "align": "positions.csv"}
"""Verb -> the table of each of its stages."""
PAGES = {"relabel": "steps.md", "rank": "ranking.md", "align": "positions.md"}
"""Verb -> the page of its last stage in each cell."""
COPIED = ("averages.csv", "provenance.json", "runs.csv")
DIGITS = "%.6g"


def collect(sweep: Path, folder: Path) -> list[Path]:
    """Copies and joins.

    Args:
        sweep: folder of a finished sweep with a comparison.
        folder: where to; files that are there are replaced.

    Returns:
        The files that were written.

    Raises:
        TfpartialError: no comparison is there.
    """
    stages = [stage for stage in find_stages(sweep) if stage.finished]
    comparisons = [stage for stage in stages if stage.verb == "compare"]
    if not comparisons:
        raise TfpartialError(f"{sweep}: expected a sweep with a finished comparison, found none")
    folder.mkdir(parents=True, exist_ok=True)
    compared = comparisons[-1].folder
    written = [_copied(compared / name, folder / name, sweep) for name in COPIED]
    shutil.copytree(compared / "tables", folder / "tables", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.tex"))
    for verb, name in TABLES.items():
        parts = [_placed(pd.read_csv(stage.folder / name), stage) for stage in stages if stage.verb == verb]
        if parts:
            pd.concat(parts).to_csv(folder / name, index=False, float_format=DIGITS, lineterminator="\n")
            written.append(folder / name)
    for stage in stages:
        page = stage.folder / PAGES.get(stage.verb, "")
        if page.is_file():
            written.append(Path(shutil.copy(page, folder / f"{page.stem}_{_place_name(stage)}.md")))
    times = [_placed(pd.DataFrame([{"stage": stage.folder.name, "minutes": stage_minutes(stage)}]), stage) for stage in stages]
    minutes = pd.concat(times).astype({"minutes": float})  # None of a stage that was done by hand
    minutes.to_csv(folder / "minutes.csv", index=False, float_format="%.1f", lineterminator="\n")
    return [*dict.fromkeys(written), folder / "minutes.csv"]


def _copied(source: Path, target: Path, sweep: Path) -> Path:
    """Copies a text without the path of the machine, JSON without the checksum of what it was."""
    text = source.read_text(encoding="utf-8")
    if source.suffix == ".json":
        text = json.dumps(read_json(source, "provenance"), indent=1) + "\n"
    target.write_text(text.replace(str(sweep.resolve()), f"runs/{sweep.resolve().name}"), encoding="utf-8")
    return target


def _placed(table: pd.DataFrame, stage: FoundStage) -> pd.DataFrame:
    place = {"alpha": stage.place.alpha, "fold": stage.place.fold, "method": stage.place.method, "stage": stage.folder.name}
    place |= {} if stage.place.seed is None else {"seed": stage.place.seed}
    return table.assign(**place)[[*place, *(column for column in table if column not in place)]]


def _place_name(stage: FoundStage) -> str:
    axes = {"alpha": stage.place.alpha, "fold": stage.place.fold, "seed": stage.place.seed}
    names = [f"{axis}{value:g}" for axis, value in axes.items() if value is not None]
    return "_".join(filter(None, (*names, stage.place.method)))


def main(arguments: Sequence[str]) -> int:
    """Collects; returns the exit status."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        print("\n".join(map(str, collect(*map(Path, arguments)))))
    except TfpartialError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
