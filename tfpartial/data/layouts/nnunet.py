"""Data sets in nnU-Net v2's layout, extended by annotated sets.

`imagesTr/<case>_<channel, 4 digits><ending>`, `labelsTr/<case><ending>` and `dataset.json`. The extension, which nnU-Net's own
readers pass over:

    "annotated": {"case": ["liver", "spleen"]}      organs that somebody looked for in the case; [] is unlabeled
    "source": {"case": "btcv"}                      the collection that the case comes from
    "patient": {"case": "p7"}                       the patient, where one has several cases
    "datasets": {"btcv": {"annotated": ["liver"]}}  annotated set of the collection's cases that have none of their own

A region of `labels` (a list of values) is one organ with all of them. Volumes in `imagesTs` have no labels and are not part of
the data set: `predict` takes them as plain images.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tfpartial.config import SourceConfig
from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.formats.nifti_pair import header_of, partner_of
from tfpartial.data.layouts.dataset import Case, Dataset
from tfpartial.data.layouts.description import Description, read_description
from tfpartial.data.layouts.endings import ENDINGS, ending_of
from tfpartial.data.layouts.json_object import DESCRIPTION
from tfpartial.data.problem import Problem
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.names import folded

IMAGES, LABELS = "imagesTr", "labelsTr"


def read_nnunet(root: Path, _: SourceConfig) -> Dataset:
    """Reads the layout; see `layouts.read_source`."""
    description = read_description(root / DESCRIPTION)
    files = Files(root, description.file_ending)
    problems = [*description.problems, *files.problems()]
    ids = sorted(files.image_ids | files.label_ids)
    if not ids:
        raise TfpartialError(f"{root / IMAGES}: expected images <case>_0000{description.file_ending}, got none")
    problems += _count_problems(description, len(ids))
    problems += _named_without_image(description, set(ids))
    return Dataset(
        root=root,
        description=description.path,
        name=description.name or root.name,
        organs=OrganTable(tuple(description.organs)),
        channel_names=description.channel_names,
        cases=tuple(_case(root, case_id, description, files) for case_id in ids),
        problems=tuple(problems),
    )


def _case(root: Path, case_id: str, description: Description, files: Files) -> Case:
    annotated = description.annotated_of(case_id)
    channels = range(len(description.channel_names))
    # Without labels there may be no label file. Any other missing file stays in the case, and verifying it finds the gap.
    needs_label = annotated != () or case_id in files.label_ids
    return Case(
        id=case_id,
        root=root,
        images=tuple(ImageFile(files.path(IMAGES, f"{case_id}_{number:04d}")) for number in channels),
        labels=(_label(files.path(LABELS, case_id), description),) if needs_label else (),
        annotated=annotated,
        source=description.source.get(case_id),
        patient=description.patient.get(case_id, case_id),
    )


def _label(path: Path, description: Description) -> LabelFile:
    ignore = () if description.ignore_value is None else (description.ignore_value,)
    return LabelFile(path, dict(description.organs), ignore=ignore)


@dataclass(frozen=True)
class Files:
    """The volume files of both folders.

    Args:
        root: the data set's folder.
        ending: the data set's own file ending.
    """

    root: Path
    ending: str
    endings: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        longest_first = sorted({self.ending, *ENDINGS}, key=len, reverse=True)
        object.__setattr__(self, "endings", tuple(longest_first))

    @cached_property
    def images(self) -> dict[Path, str | None]:
        """Every image file -> case id, or None when the name has no channel number."""
        return {path: _without_channel(self._stem(path)) for path in self._volumes(IMAGES)}

    @cached_property
    def labels(self) -> dict[Path, str]:
        """Every label file -> case id."""
        return {path: self._stem(path) for path in self._volumes(LABELS)}

    @cached_property
    def image_ids(self) -> set[str]:
        """Cases with an image that has the data set's ending."""
        return {case_id for path, case_id in self.images.items() if case_id and self._fits(path)}

    @cached_property
    def label_ids(self) -> set[str]:
        """Cases with a label map that has the data set's ending."""
        return {case_id for path, case_id in self.labels.items() if self._fits(path)}

    def path(self, folder: str, stem: str) -> Path:
        """The file of this name, with the data set's ending in upper or lower case; it need not exist."""
        return self._spelled.get((folder, stem), self.root / folder / f"{stem}{self.ending}")

    @cached_property
    def _spelled(self) -> dict[tuple[str, str], Path]:
        """Folder and name -> the file; of two that differ only in the case of their ending, the one that is spelled as it."""
        fitting = sorted(filter(self._fits, (*self.images, *self.labels)), key=lambda path: path.name.endswith(self.ending))
        return {(path.parent.name, self._stem(path)): path for path in fitting}

    def problems(self) -> list[Problem]:
        """Files that nothing would read."""
        problems = [
            Problem("", str(path), "file_name", f"expected <case>_<channel, 4 digits>{self.ending}")
            for path, case_id in self.images.items()
            if case_id is None
        ]
        for path, case_id in [*self.images.items(), *self.labels.items()]:
            if case_id is not None and path != self.path(path.parent.name, self._stem(path)):
                problems.append(self._other_ending(path, case_id))
        return problems

    def _other_ending(self, path: Path, case_id: str) -> Problem:
        expected = f"the data set's file_ending is '{self.ending}'"
        if case_id in self.image_ids:
            return Problem(case_id, str(path), "duplicate_id", f"a second file of the case with another ending; {expected}")
        return Problem(case_id, str(path), "file_name", f"would not be read: {expected}")

    def _volumes(self, folder: str) -> list[Path]:
        directory = self.root / folder
        found = directory.iterdir() if directory.is_dir() else ()
        visible = (path for path in found if not path.name.startswith("."))
        volumes = [path for path in visible if path.is_file() and ending_of(path.name, self.endings)]
        return sorted(path for path in volumes if not self._stands_for_other(path))

    def _stands_for_other(self, path: Path) -> bool:
        """Whether a file is one of a pair of which the other one is listed: the one with the data set's ending, or the header."""
        partner = partner_of(path)
        if partner is None or not partner.is_file() or self._fits(path):
            return False
        return self._fits(partner) or header_of(path) == partner

    def _fits(self, path: Path) -> bool:
        return ending_of(path.name, [self.ending]) is not None

    def _stem(self, path: Path) -> str:
        ending = ending_of(path.name, self.endings)
        assert ending is not None  # `_volumes` takes no others
        return path.name[: -len(ending)]


def _without_channel(stem: str) -> str | None:
    match = re.fullmatch(r"(.+)_\d{4}", stem)
    return match[1] if match else None


def _count_problems(description: Description, cases: int) -> list[Problem]:
    if description.num_training in (None, cases):
        return []
    message = f"numTraining is {json.dumps(description.num_training)}, but {IMAGES} and {LABELS} hold {cases} cases"
    return [Problem("", str(description.path), "case_count", message)]


def _named_without_image(description: Description, ids: set[str]) -> list[Problem]:
    named: dict[str, Mapping[str, Any]] = {
        "annotated": description.annotated,
        "source": description.source,
        "patient": description.patient,
    }
    spelled = {folded(case_id): case_id for case_id in ids}

    def why(case_id: str) -> str:
        other = spelled.get(folded(case_id))
        hint = f"; '{other}' there differs in upper and lower case or in how its accents are written" if other else ""
        return f"names the case, but {IMAGES} has no image of it{hint}"

    return [
        Problem(case_id, str(description.path), "missing_image", f"'{key}' {why(case_id)}")
        for key, cases in named.items()
        for case_id in sorted(cases)
        if case_id not in ids
    ]
