"""The stages that lie in a folder, and what their files say of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tfpartial.arguments import read_sections
from tfpartial.artifacts import read_json
from tfpartial.checksums import require_intact
from tfpartial.errors import TfpartialError
from tfpartial.provenance import is_finished
from tfpartial.stages import STAGES

LOG = logging.getLogger(__name__)
DEEPEST = 5
"""A sweep has its stages three folders deep; somebody may have put the sweep two folders deeper."""
NUMBERED = re.compile(r"\d\d-\w+")
AXIS = re.compile(r"(alpha|fold|seed)(\d+(?:\.\d+)?(?:e-?\d+)?)")


class Place(NamedTuple):
    """Where in a sweep a stage stands; empty and None where it is the same for all.

    Args:
        method: name of the method.
        alpha: share of the labels that were kept.
        fold: the fold.
        seed: seed of the training.
    """

    method: str = ""
    alpha: float | None = None
    fold: int | None = None
    seed: int | None = None

    @property
    def label(self) -> str:
        """How people call it: `certain, α 30 %, fold 0, seed 1`."""
        numbers = [f"{axis} {value}" for axis, value in (("fold", self.fold), ("seed", self.seed)) if value is not None]
        return ", ".join(part for part in (self.method, alpha_text(self.alpha), *numbers) if part)


def alpha_text(alpha: float | None) -> str:
    """`α 30 %`; nothing for None."""
    return "" if alpha is None else f"α {100 * alpha:g} %"


def axes_text(folds: int, seeds: int) -> str:
    """`2 folds × 3 seeds`; nothing where there is one of both."""
    return " × ".join(f"{count} {axis}s" for axis, count in (("fold", folds), ("seed", seeds)) if count > 1)


@dataclass(frozen=True)
class FoundStage:
    """A stage folder.

    Args:
        name: its path in the folder that was searched; its own name when it is that folder.
        folder: where it is.
        verb: the stage.
        options: its configuration.
        place: where in a sweep it stands.
    """

    name: str
    folder: Path
    verb: str
    options: Mapping[str, Any]
    place: Place

    @property
    def finished(self) -> bool:
        """Whether it came to its end."""
        return is_finished(self.folder)

    @property
    def summary(self) -> dict[str, Any]:
        """What it said at its end; nothing when it is unfinished."""
        return read_object(self.folder / "done.json")

    @property
    def provenance(self) -> dict[str, Any]:
        """Its command, versions, machine and inputs, as far as they are known."""
        return read_object(self.folder / "provenance.json")


def find_stages(root: Path) -> tuple[FoundStage, ...]:
    """The stages in a folder, or the folder itself when it is one.

    Raises:
        TfpartialError: there is none.
    """
    if not root.is_dir():
        raise TfpartialError(f"{root}: no such folder; expected that of a run, a sweep or a stage")
    found = tuple(stage for stage in _search(root, root, DEEPEST) if stage.verb != "report")
    if not found:
        raise TfpartialError(f"{root}: expected the folder of a run, a sweep or a stage, found no stage's config.yaml in it")
    return found


def stage_in(folder: Path, name: str = "") -> FoundStage | None:
    """The stage whose folder this is, called `name` or after its folder; None for any other folder."""
    section = _section(folder)
    return None if section is None else FoundStage(name or folder.name, folder, *section, _place(folder, folder))


def _search(folder: Path, root: Path, deeper: int) -> Iterator[FoundStage]:
    section = _section(folder)
    if section is not None:
        verb, options = section
        name = folder.relative_to(root).as_posix() if folder != root else root.resolve().name
        yield FoundStage(name, folder, verb, options, _place(folder, root))
    elif deeper:
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.name.startswith(".") and not path.is_symlink():
                yield from _search(path, root, deeper - 1)


def _section(folder: Path) -> tuple[str, dict[str, Any]] | None:
    """The one section of a stage's `config.yaml`; None for any other folder."""
    path = folder / "config.yaml"
    if not path.is_file():
        return None
    try:
        require_intact(path)
        sections = read_sections(path, tuple(STAGES))
    except TfpartialError as error:
        LOG.warning("left out of the report: %s", error)
        return None
    return next(iter(sections.items())) if len(sections) == 1 else None


def _place(folder: Path, root: Path) -> Place:
    """From the names of the folders, see `tfpartial.experiment.sweep`; a folder that no run named is called after itself."""
    parts = folder.relative_to(root).parts or (root.resolve().name,)
    if NUMBERED.fullmatch(parts[-1]):
        parts = parts[:-1]
    axes = {match[1]: match[2] for part in parts if (match := AXIS.fullmatch(part))}
    return place_of(axes, "/".join(part for part in parts if not AXIS.fullmatch(part)))


def place_of(axes: Mapping[str, str], method: str = "") -> Place:
    """The place that names of folders tell: axis -> what stands behind its name, as `AXIS` takes them apart."""
    alpha, fold, seed = (axes.get(axis) for axis in ("alpha", "fold", "seed"))
    return Place(
        method,
        None if alpha is None else float(alpha),
        None if fold is None else int(fold),
        None if seed is None else int(seed),
    )


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one when the file is not there, and, with a warning, when it is unusable."""
    if not path.is_file():
        return {}
    try:
        content = read_json(path, "description of a stage")
    except TfpartialError as error:
        LOG.warning("%s", error)
        return {}
    return content if isinstance(content, dict) else {}
