"""Label layers that `relabel` and `accept` left: experts' labels and pseudo-labels together, case by case.

labels.json                 written last: the steps, and the checksum of every layer
step-<t>/cases/<id>.h5      what training reads of a case after step t (see `label_layer`)

A step has a layer of the cases that it changed; a case without one keeps that of the step before, and in the end the experts'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tfpartial.artifacts import parsing, read_versioned, sha256
from tfpartial.data.store.layer_file import open_label_layer
from tfpartial.data.store.store import Store
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId, by_case

FORMAT = 1
INDEX = "labels.json"
AUDIT, SUMMARY = "audit.csv", "summary.json"
"""What a relabel step did, in its folder: a row per case and organ, and the sums."""
WHAT = "index of label layers"
OPEN_FILES = 128


@dataclass(frozen=True)
class LayerRecord:
    """What the index knows of one layer.

    Args:
        step: the step that wrote it.
        sha256: checksum of its file.
        annotated: organs whose experts' labels are in it.
        pseudo: organs that it may have pseudo-labels of.
        accepted: organs whose labels a person has corrected: they count as annotated.
    """

    step: int
    sha256: str
    annotated: tuple[str, ...]
    pseudo: tuple[str, ...]
    accepted: tuple[str, ...]


def step_folder(folder: Path, step: int) -> Path:
    """The folder of a step."""
    return folder / f"step-{step}"


def layer_path(folder: Path, step: int, case_id: CaseId) -> Path:
    """The file of a case's layer."""
    return step_folder(folder, step) / "cases" / f"{case_id}.h5"


def read_index(folder: Path) -> dict[str, Any]:
    """The content of `labels.json`. Raises `TfpartialError` when it is not there, not whole, or of another release."""
    content = read_versioned(folder / INDEX, WHAT, FORMAT)
    with parsing(folder / INDEX, WHAT):
        numbers = [step["step"] for step in content["steps"]]
        _ = content["organs"], content["size"]
    if numbers != list(range(1, len(numbers) + 1)):
        raise TfpartialError(f"{folder / INDEX}: expected the steps 1, 2, ... in their order, got {numbers}")
    return content


class PseudoLabels:
    """The layers as they are after a step, open for reading. Safe to share between threads.

    Attributes:
        folder: their folder.
        step: the step, 1 or more.
        organs: names, in the order of the codes.
        size: H, W of the slices.
        records: case id -> what is known of its layer; the other cases have only the experts' labels.
        ignored: whether a training draws slices by the pseudo-labels and learns none of them: the control of a fine-tuning.
    """

    def __init__(self, folder: Path, content: Mapping[str, Any], step: int, ignored: bool = False) -> None:
        self.folder = folder
        self.step = step
        self.ignored = ignored
        self.organs = tuple(content["organs"])
        self.size: tuple[int, int] = tuple(content["size"])
        self.records: dict[CaseId, LayerRecord] = {}
        for written in content["steps"][:step]:
            records = by_case(written["cases"], folder / INDEX)
            self.records |= {case: _record(written["step"], record) for case, record in records.items()}
        self._layers = lru_cache(OPEN_FILES)(lambda case_id: open_label_layer(self.path(case_id)))
        self._voxels = lru_cache(None)(lambda case_id: self._layers(case_id)[1])

    @classmethod
    def open(cls, folder: Path, step: int | None = None, ignored: bool = False) -> PseudoLabels:
        """Opens the layers after a step, the last one by default, and compares every file with its checksum.

        Raises:
            TfpartialError: no such folder or step, or a layer that is gone, cut short or changed; the message names the file.
        """
        content = read_index(folder)
        last = len(content["steps"])
        if step is not None and not 1 <= step <= last:
            raise TfpartialError(f"{folder}: expected a step from 1 to {last}, got {step}")
        with parsing(folder / INDEX, WHAT):
            labels = cls(folder, content, step or last, ignored)
        for case_id, record in labels.records.items():
            path = labels.path(case_id)
            if not path.is_file():
                raise TfpartialError(f"{path}: the layer is gone; do step {record.step} again")
            if sha256(path) != record.sha256:
                raise TfpartialError(f"{path}: its checksum is not that of {INDEX}: it was cut short or changed by hand")
        return labels

    @property
    def accepted(self) -> Mapping[CaseId, tuple[str, ...]]:
        """Case -> organs that count as annotated since a person corrected them; only cases with any."""
        return {case_id: record.accepted for case_id, record in self.records.items() if record.accepted}

    def __contains__(self, case_id: CaseId) -> bool:
        return case_id in self.records

    def path(self, case_id: CaseId) -> Path:
        """The file of a case's layer."""
        return layer_path(self.folder, self.records[case_id].step, case_id)

    def label(self, case_id: CaseId) -> h5py.Dataset:
        """Experts' and pseudo-labels, uint8 `[Z, H, W]`, read when indexed."""
        return self._layers(case_id)[0]

    def voxels(self, case_id: CaseId) -> np.ndarray:
        """Labelled voxels per slice and organ, int32 `[Z, K]`."""
        return self._voxels(case_id)

    def require_for(self, store: Store, annotated: Mapping[CaseId, tuple[str, ...]]) -> None:
        """Checks that the layers were written for these cases under these annotated sets.

        Raises:
            TfpartialError: another organ table or size, a case that the store has not, or another annotated set.
        """
        if self.organs != store.organs.names or self.size != store.size:
            raise TfpartialError(
                f"{self.folder}: label layers of organs {list(self.organs)} and size {self.size}; "
                f"expected those of {store.root}: {list(store.organs.names)} and {store.size}"
            )
        for case_id, record in self.records.items():
            if case_id not in store.cases:
                raise TfpartialError(f"{self.folder}: has a layer of case '{case_id}', which is not in {store.root}")
            if case_id in annotated and set(annotated[case_id]) != set(record.annotated):
                raise TfpartialError(
                    f"{self.folder}: case {case_id} was relabeled with {list(record.annotated)} annotated, "
                    f"now {list(annotated[case_id])} are; take the annotations and the fold that it was relabeled with"
                )


def _record(step: int, record: Mapping[str, Any]) -> LayerRecord:
    sets = (tuple(record[name]) for name in ("annotated", "pseudo", "accepted"))
    return LayerRecord(step, record["sha256"], *sets)
