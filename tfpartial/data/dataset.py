"""A data set on disk: its organs, its cases and their files. No volume is opened here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tfpartial.data.problem import Problem
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable


@dataclass(frozen=True)
class Case:
    """One volume.

    Args:
        id: name of the case.
        images: one file per channel; they need not exist yet.
        label: the label map; None when the case has none.
        annotated: organs that somebody looked for; None when the data set does not say (then those that the label map shows).
        source: the collection that the case comes from.
        patient: cases of one patient are never divided between training and test; the case's own id by default.
    """

    id: str
    images: tuple[Path, ...]
    label: Path | None
    annotated: tuple[str, ...] | None
    source: str | None
    patient: str


@dataclass(frozen=True)
class Dataset:
    """What a layout says about itself.

    Args:
        root: the folder.
        description: the file in it that says what the data set is.
        name: name of the data set.
        organs: the organ table: the values 1..K of the label files.
        channel_names: one per channel.
        file_ending: ending of the image and label files.
        ignore_value: the label files' value for voxels to ignore, if they have one.
        cases: in the order of their ids.
        problems: what is wrong with the layout and the description; the files are checked by `verify.verify_dataset`.
    """

    root: Path
    description: Path
    name: str
    organs: OrganTable
    channel_names: tuple[str, ...]
    file_ending: str
    ignore_value: int | None
    cases: tuple[Case, ...]
    problems: tuple[Problem, ...] = ()


def read_dataset(root: Path) -> Dataset:
    """Reads a data set's layout, chosen by what the folder holds (now: nnU-Net v2).

    Everything that is wrong but leaves the rest readable is in `Dataset.problems`.

    Raises:
        TfpartialError: no such folder, no layout that is known, or a description that cannot be used at all.
    """
    # Here, since a layout imports the classes above.
    from tfpartial.data.nnunet import DESCRIPTION, read_nnunet

    root = Path(root).absolute()
    if not root.is_dir():
        raise TfpartialError(f"{root}: no such folder; expected a data set")
    if (root / DESCRIPTION).is_file():
        return read_nnunet(root)
    raise TfpartialError(f"{root}: expected a data set in nnU-Net v2 layout, got a folder without {DESCRIPTION}")
