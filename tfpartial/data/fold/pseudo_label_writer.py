"""Writes the folder of label layers (see `tfpartial.data.fold.pseudo_labels`), step by step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfpartial.artifacts import atomic_folder, sha256, write_json
from tfpartial.checksums import require_intact
from tfpartial.data.fold.pseudo_labels import FORMAT, INDEX, PseudoLabels, layer_path, read_index, step_folder
from tfpartial.data.store.store import Store
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId
from tfpartial.provenance import unfinish

LAYERS = ("step-*/*", "step-*/*/*")
"""The files of the steps, as patterns."""


def take_over(earlier: PseudoLabels | None, out: Path) -> int:
    """Gives `out` the steps of an earlier folder, as hard links where the disk has them; returns the number of the next step.

    Raises `TfpartialError` for a file that is not as the earlier folder's checksums say.
    """
    if earlier is None:
        return 1
    for number in range(1, earlier.step + 1):
        if not step_folder(out, number).exists():
            with atomic_folder(step_folder(out, number)) as temporary:
                shutil.copytree(step_folder(earlier.folder, number), temporary, copy_function=_link_or_copy, dirs_exist_ok=True)
    return earlier.step + 1


def layer_record(
    out: Path, step: int, case_id: CaseId, annotated: tuple[str, ...], pseudo: tuple[str, ...], accepted: tuple[str, ...]
) -> dict[str, Any]:
    """What the index is to say of a layer that is written (see `LayerRecord`)."""
    checksum = sha256(layer_path(out, step, case_id))
    return {"sha256": checksum, "annotated": list(annotated), "pseudo": list(pseudo), "accepted": list(accepted)}


def write_index(
    out: Path, store: Store, earlier: PseudoLabels | None, kind: str, records: Mapping[CaseId, dict[str, Any]]
) -> None:
    """Writes `labels.json` over the earlier steps and a new one with these records: the step is done.

    Args:
        out: the folder.
        store: what the layers belong to.
        earlier: the steps before.
        kind: `relabel` or `accept`.
        records: case id -> what `layer_record` gives.
    """
    steps = [] if earlier is None else read_index(earlier.folder)["steps"][: earlier.step]
    steps.append({"step": len(steps) + 1, "kind": kind, "cases": dict(sorted(records.items()))})
    content = {"format": FORMAT, "organs": list(store.organs.names), "size": list(store.size), "steps": steps}
    write_json(out / INDEX, content)


def undo(folder: Path, step: int) -> int:
    """Removes a step, and the later ones that rest on it. The stage is not finished any more: a run would do it again.

    Returns:
        Number of steps that are left.

    Raises:
        TfpartialError: no label layers there, or no such step.
    """
    content = read_index(folder)
    steps = content["steps"]
    if not 1 <= step <= len(steps):
        raise TfpartialError(f"undo: expected one of the steps 1 to {len(steps)} of {folder}, got {step}")
    unfinish(folder)
    write_json(folder / INDEX, content | {"steps": steps[: step - 1]})
    for number in range(step, len(steps) + 1):
        shutil.rmtree(step_folder(folder, number), ignore_errors=True)
    return step - 1


def _link_or_copy(source: str, target: str) -> str:
    require_intact(Path(source))
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copy2(source, target)
    return target
