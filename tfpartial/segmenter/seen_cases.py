"""Which cases a segmenter has seen in its training: `cases.json` in its stage folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tfpartial.artifacts import parsing, read_versioned, write_json
from tfpartial.names import CaseId, require_cases

SEEN_CASES = "cases.json"
FORMAT = 1
WHAT = "cases that a segmenter has seen"


@dataclass(frozen=True)
class SeenCases:
    """The cases.

    Args:
        learned: those that its weights, or those of a segmenter that it was tuned from, have learned.
        validated: those that chose the checkpoint `best`.
    """

    learned: frozenset[CaseId]
    validated: frozenset[CaseId]

    def of(self, checkpoint: str) -> frozenset[CaseId]:
        """The cases that a checkpoint has seen: `best` its validation cases, too."""
        return self.learned | self.validated if checkpoint == "best" else self.learned


def write_seen_cases(folder: Path, learned: Iterable[CaseId], validated: Iterable[CaseId], first: Path | None = None) -> None:
    """Writes the cases of a training.

    Args:
        folder: stage folder of `train`.
        learned: its training cases.
        validated: its validation cases.
        first: folder of the segmenter that it goes on from; nothing is written when that does not say what it has seen.
    """
    learned, validated = set(learned), set(validated)
    if first is not None:
        if not (first / SEEN_CASES).is_file():
            return
        before = read_seen_cases(first)
        learned, validated = learned | before.learned, validated | before.validated
    write_json(folder / SEEN_CASES, {"format": FORMAT, "learned": sorted(learned), "validated": sorted(validated)})


def read_seen_cases(folder: Path) -> SeenCases:
    """Reads the cases of a stage folder of `train`.

    Raises:
        TfpartialError: the folder does not say it, as those of older releases and what was tuned from them.
    """
    content = read_versioned(folder / SEEN_CASES, WHAT, FORMAT)
    with parsing(folder / SEEN_CASES, WHAT):
        learned, validated = (require_cases(content[part], folder / SEEN_CASES) for part in ("learned", "validated"))
        return SeenCases(frozenset(learned), frozenset(validated))
