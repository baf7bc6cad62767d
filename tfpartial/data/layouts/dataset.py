"""A data set on disk: its organs, its cases and their files. No volume is opened here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.problem import Problem
from tfpartial.labels import OrganTable


@dataclass(frozen=True)
class Case:
    """One volume.

    Args:
        id: name of the case.
        root: the data set's folder, in which all of its files must lie.
        images: one per channel; the files need not exist yet.
        labels: files with contours; none when the case is unlabeled.
        annotated: organs that somebody looked for; None when the data set does not say (then those that the labels show).
        source: the collection that the case comes from.
        patient: cases of one patient are never divided between training and test; the case's own id by default.
    """

    id: str
    root: Path
    images: tuple[ImageFile, ...]
    labels: tuple[LabelFile, ...]
    annotated: tuple[str, ...] | None
    source: str | None
    patient: str


@dataclass(frozen=True)
class Dataset:
    """What a layout says about itself.

    Args:
        root: the folder.
        description: the file or folder that says what the data set is: where to look when something is wrong with it.
        name: name of the data set.
        organs: the organ table.
        channel_names: one per channel.
        cases: in the order of their ids.
        problems: what is wrong with the layout and the description; the files are checked by `verify.verify_dataset`.
        priority: organs of which one wins a voxel that several claim, the first named most; none takes the organ table's order.
        intensities: what a CT whose numbers do not look like HU is: a warning, a problem, or not looked at.
    """

    root: Path
    description: Path
    name: str
    organs: OrganTable
    channel_names: tuple[str, ...]
    cases: tuple[Case, ...]
    problems: tuple[Problem, ...] = ()
    priority: tuple[str, ...] = ()
    intensities: Literal["warn", "refuse", "off"] = "warn"
