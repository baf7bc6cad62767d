"""Which folders of scores belong to which method, share of labels, fold and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tfpartial.artifacts import parsing, read_json
from tfpartial.errors import TfpartialError
from tfpartial.finished_stages import AXIS, NUMBERED, Place, find_stages, place_of

SWEEP = "sweep.json"


class Run(NamedTuple):
    """A method that learned with a share of the labels, scored on the test cases of a fold.

    Args:
        method: what tables and pictures call it.
        alpha: share of the labels that were kept; None when the folder does not say.
        fold: the fold.
        folder: what `score` wrote.
        seed: seed of the training; None when the folder does not say.
    """

    method: str
    alpha: float | None
    fold: int
    folder: Path
    seed: int | None = None

    @property
    def cell(self) -> tuple[str, float | None, int, int | None]:
        """Its place in a table of methods, shares, folds and seeds."""
        return self.method, self.alpha, self.fold, self.seed

    @property
    def label(self) -> str:
        """How messages call it: `'certain', α 30 %, fold 0`."""
        return Place(f"'{self.method}'", self.alpha, self.fold, self.seed).label


def runs_of_folders(folders: Sequence[Path]) -> list[Run]:
    """Tells runs by the names of their folders: `alpha0.3` is a share, `fold0` a fold, `seed1` a seed, `08-score` a stage.

    Of the other names, the one nearest to the end that tells the runs apart is the method's: `certain` in
    `alpha0.3/fold0/certain/08-score`, in `certain/fold0` and in `scores/certain`.

    Raises:
        TfpartialError: no folder, one given twice, or names that tell no difference.
    """
    _require_once(folders)
    places = [_place(folder) for folder in folders]
    for level in range(1, min(len(names) for names, _ in places) + 1):
        named = [
            Run(names[-level], place.alpha, place.fold or 0, folder, place.seed)
            for (names, place), folder in zip(places, folders, strict=True)
        ]
        if len({run.cell for run in named}) == len(named):
            return named
    given = ", ".join(map(str, folders))
    raise TfpartialError(f"scores: expected folders whose names tell methods and folds apart, got {given}; or give `groups`")


def runs_of_groups(groups: Mapping[str, Sequence[Path]]) -> list[Run]:
    """The runs of methods that are named with their folders.

    Args:
        groups: method -> folders. Shares, folds and seeds are told by their names, as in `runs_of_folders`; where no name tells
            a fold, folders of one share and seed are the folds 0, 1, ... in their order.

    Raises:
        TfpartialError: no folder, one given twice, or two of one method, share, fold and seed.
    """
    _require_once([folder for folders in groups.values() for folder in folders])
    runs: dict[tuple[str, float | None, int, int | None], Run] = {}
    for method, folders in groups.items():
        for folder in folders:
            _, place = _place(folder)
            earlier = sum((run.method, run.alpha, run.seed) == (method, place.alpha, place.seed) for run in runs.values())
            run = Run(method, place.alpha, earlier if place.fold is None else place.fold, folder, place.seed)
            if run.cell in runs:
                raise TfpartialError(f"groups: expected one folder for {run.label}, got {runs[run.cell].folder} and {folder}")
            runs[run.cell] = run
    return list(runs.values())


def runs_of_sweep(folder: Path) -> list[Run]:
    """The last scores of every cell of a sweep, methods in its order.

    Raises:
        TfpartialError: no sweep, or a cell without finished scores.
    """
    content = read_json(folder / SWEEP, "table of a sweep")
    with parsing(folder / SWEEP, "table of a sweep"):
        cells = {
            Place(row["method"], _written(row.get("alpha")), row["fold"], row.get("seed")): row["state"]
            for row in content["cells"]
        }
    scored = {stage.place: stage.folder for stage in find_stages(folder) if stage.verb == "score" and stage.finished}
    for place, state in cells.items():
        if place not in scored:
            raise TfpartialError(f"{folder}: expected finished scores of every cell; '{place.label}' has none, it is {state}")
    return [Run(place.method, place.alpha, place.fold or 0, scored[place], place.seed) for place in cells]


def _written(alpha: float | None) -> float | None:
    """A share as the name of its folder has it."""
    return None if alpha is None else float(f"{alpha:g}")


def _require_once(folders: Sequence[Path]) -> None:
    if not folders:
        raise TfpartialError("scores: expected at least one folder that `score` wrote, got none")
    seen: set[Path] = set()
    for folder in folders:
        if folder.resolve() in seen:
            raise TfpartialError(f"scores: expected different folders, got {folder} twice")
        seen.add(folder.resolve())


def _place(folder: Path) -> tuple[list[str], Place]:
    """The names that are neither axis nor stage; the share, the fold and the seed."""
    parts = folder.resolve().parts
    axes = {match[1]: match[2] for part in parts if (match := AXIS.fullmatch(part))}
    names = [part for part in parts if not AXIS.fullmatch(part) and not NUMBERED.fullmatch(part)]
    return names, place_of(axes)
