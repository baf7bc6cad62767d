"""Data sets of the Medical Segmentation Decathlon (Antonelli et al. 2022, doi:10.1038/s41467-022-30695-9), and of AMOS.

`dataset.json` lists the cases: `"training": [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}]`, with `modality`
(number -> channel) and `labels` (value -> organ). Files that it does not list are no part of the data set.

nnU-Net v1 has the same list, and a file per channel: `a_0000.nii.gz` where the list says `a.nii.gz`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfpartial.config import SourceConfig
from tfpartial.data.confined import inside
from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.layouts.dataset import Case, Dataset
from tfpartial.data.layouts.endings import without_ending
from tfpartial.data.layouts.json_object import DESCRIPTION, JsonObject, kind_of, read_channels, read_labels_object, read_object
from tfpartial.data.problem import FileError, Problem
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable

Values = Mapping[str, tuple[int, ...]]
BACKGROUND_NAME = "background"


def read_msd(root: Path, _: SourceConfig) -> Dataset:
    """Reads the layout; see `layouts.read_source`."""
    path = root / DESCRIPTION
    content = read_object(path)
    training = content.get("training")
    if not isinstance(training, list) or not training:
        raise TfpartialError(f"{path}: 'training': expected a list of images and labels, got {json.dumps(training)}")
    values = _values(path, content)
    organs = {organ: keys for organ, keys in values.items() if organ != BACKGROUND_NAME}
    channels = read_channels(path, content, "modality")
    listed = _Listed(root, organs, values.get(BACKGROUND_NAME, ()), len(channels))
    for number, entry in enumerate(training):
        listed.add(number, entry)
    listed.check_count(content.get("numTraining"), len(training))
    _require_files_per_channel(path, channels, listed.cases.values())
    name = content.get("name")
    return Dataset(
        root=root,
        description=path,
        name=name if isinstance(name, str) and name else root.name,
        organs=OrganTable(tuple(organs)),
        channel_names=channels,
        cases=tuple(listed.cases[case_id] for case_id in sorted(listed.cases)),
        problems=tuple(listed.problems),
    )


def _values(path: Path, content: JsonObject) -> Values:
    """Organ -> its values other than 0; an organ that stands for several values has them all."""
    labels = read_labels_object(path, content, "values and organ names")
    organs: dict[str, tuple[int, ...]] = {}
    for value, organ in labels.items():
        if not value.isdecimal() or not isinstance(organ, str):
            expected = 'expected whole numbers and organ names, such as "1": "liver"'
            raise TfpartialError(f"{path}: 'labels': {expected}, got {json.dumps({value: organ})}")
        if int(value):
            organs[organ] = (*organs.get(organ, ()), int(value))
    return organs


def _require_files_per_channel(path: Path, channels: Sequence[str], cases: Iterable[Case]) -> None:
    if any(len(case.images) != len(channels) for case in cases):
        advice = "write a file per channel, as nnUNetv2_convert_MSD_dataset does"
        raise TfpartialError(f"{path}: 'modality': {len(channels)} channels in one 4D file are not supported; {advice}")


class _Listed:
    """The cases of the list, and what is wrong with them."""

    def __init__(self, root: Path, organs: Values, background: tuple[int, ...], channels: int) -> None:
        self.root = root
        self.channels = channels
        self.organs = organs
        self.background = background
        self.cases: dict[str, Case] = {}
        self.problems: list[Problem] = []

    def add(self, number: int, entry: Any) -> None:
        where = f"'training', entry {number}"
        if not isinstance(entry, dict) or not isinstance(entry.get("image"), str):
            got = json.dumps(entry) if isinstance(entry, dict) else kind_of(entry)
            self._problem("", "description", f'{where}: expected {{"image": ..., "label": ...}}, got {got}')
            return
        case_id = without_ending(entry["image"].replace("\\", "/").rpartition("/")[2])
        try:
            images = tuple(map(ImageFile, self._per_channel(self._file(entry["image"]))))
            labels = (self._label(entry["label"]),) if isinstance(entry.get("label"), str) else ()
        except FileError as error:
            self._problem(case_id, error.kind, f"{where}: {error.reason}")
            return
        if case_id in self.cases:
            self._problem(case_id, "duplicate_id", f"{where}: a second image of the case '{case_id}'")
            return
        self.cases[case_id] = Case(case_id, self.root, images, labels, annotated=None, source=None, patient=case_id)

    def check_count(self, claimed: Any, listed: int) -> None:
        if claimed not in (None, listed):
            self._problem("", "case_count", f"numTraining is {json.dumps(claimed)}, but 'training' lists {listed} cases")

    def _file(self, name: str) -> Path:
        """The file of a name, whose folders Windows may have written. Raises `FileError` as `inside`."""
        path = inside(self.root, name)
        return path if path.exists() else inside(self.root, name.replace("\\", "/"))

    def _per_channel(self, path: Path) -> tuple[Path, ...]:
        """The files that nnU-Net v1 has in place of a listed one, or that one."""
        stem = without_ending(path.name)
        ending = path.name[len(stem) :]
        files = tuple(path.with_name(f"{stem}_{number:04d}{ending}") for number in range(self.channels))
        return files if not path.exists() and all(file.exists() for file in files) else (path,)

    def _label(self, name: str) -> LabelFile:
        return LabelFile(self._file(name), dict(self.organs), background=self.background)

    def _problem(self, case_id: str, kind: str, message: str) -> None:
        self.problems.append(Problem(case_id, str(self.root / DESCRIPTION), kind, message))
