"""Ways to break a good data set in one place, and the row of a table that says what must then be said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import SimpleITK as sitk

from tfpartial.artifacts import read_json

NIFTI, NRRD, META = (".nii", ".nii.gz"), (".nrrd", ".nhdr"), (".mha", ".mhd")
DETACHED = (".nhdr", ".mhd")
VOLUMES = (*NIFTI, *NRRD, *META)
FORMS = (*VOLUMES, "seg.nrrd", "DICOM", "DICOM-SEG", "RTSTRUCT", ".png", ".jpg")
FORMS += ("dataset.json", "msd", "totalsegmentator", ".zip", ".tar.gz", "manifest")
NOISE = np.random.default_rng(1).bytes(600)
NOT_FINITE = np.where(np.arange(120).reshape(4, 5, 6) % 50, 1.5, np.nan).astype(np.float32)
INFINITE = np.where(np.arange(120).reshape(4, 5, 6) % 50, 1.5, np.inf)


class Row(NamedTuple):
    """Args:
    form: the format.
    defect: in words.
    make: breaks a good data set of the format.
    file: name of the file that must be named.
    kind: kind of the problem; empty when the data set cannot be read at all.
    words: part of the message.
    """

    form: str
    defect: str
    make: Callable[[Any], object]
    file: str
    kind: str
    words: str


def each(
    forms: tuple[str, ...], defect: str, make: Callable[[Any], object], kind: str, words: str, file: str = "a{}"
) -> list[Row]:
    return [Row(form, defect, make, file.format(form), kind, words) for form in forms]


def image(array: np.ndarray, **options: object) -> Callable[[Any], object]:
    return lambda data: data.files.write_volume(data.image, array, **options)


def label(array: np.ndarray, **options: object) -> Callable[[Any], object]:
    return lambda data: data.files.write_volume(data.label, array, **options)


def vectors(data: Any) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 5, 6, 3), np.uint8), isVector=True), str(data.image))


def out_of_the_folder(data: Any, path: Path, name: str = "elsewhere") -> Path:
    return path.rename(data.root.with_name(name + path.suffix))


def link_out(data: Any, path: Path) -> None:
    path.symlink_to(out_of_the_folder(data, path))


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_bytes(b"no folder")


def series(**elements: object) -> Callable[[Any], object]:
    return lambda data: data.files.write_series(data.image, data.files.hu(), **elements)


def tilted(data: Any) -> None:
    for number, plane in enumerate(data.files.hu()):
        place = [10, -20 + number, 30 + 3 * number]
        data.files.write_slice(data.image / f"{number:02}.dcm", plane, 0, ImagePositionPatient=place)


def segments(**options: object) -> Callable[[Any], object]:
    return lambda data: data.files.write_dicom_seg(data.label, data.image, {"liver": data.files.box()}, **options)


def structures(boxes: dict[str, tuple[int, ...]], **options: object) -> Callable[[Any], object]:
    return lambda data: data.files.write_rtstruct(data.label, boxes, **options)


def no_structures(data: Any) -> None:
    data.files.write_rtstruct(data.label, {})


def described(**changes: object) -> Callable[[Any], object]:
    return lambda data: data.describe(**changes)


def described_as(text: str) -> Callable[[Any], object]:
    return lambda data: (data.root / "dataset.json").write_text(text)


def training(*entries: object) -> Callable[[Any], object]:
    return lambda data: data.describe(training=list(entries), numTraining=len(entries))


def archived(**members: object) -> Callable[[Any], object]:
    return lambda data: data.pack(**{name.replace("UP", ".."): file for name, file in members.items()})


def manifest(change: Callable[[dict], object]) -> Callable[[Any], object]:
    def make(data: Any) -> None:
        content = read_json(data.path, "content")
        change(content)
        data.path.write_text(json.dumps(content))

    return make


def second_channel_of_one_case(data: Any) -> None:
    data.files.write_volume(data.root / "imagesTr" / "b_0000.nii.gz", data.files.hu(1))
    data.files.write_volume(data.root / "labelsTr" / "b.nii.gz", data.files.box())
    data.files.write_volume(data.root / "imagesTr" / "a_0001.nii.gz", data.files.hu(2))
    data.describe(channel_names={"0": "arterial", "1": "venous"}, numTraining=2)


def other_modality(data: Any) -> None:
    other = data.files.write_series(data.root / "b" / "mr", data.files.hu(1), Modality="MR")
    data.files.write_dicom_seg(data.root / "b" / "seg.dcm", other, {"liver": data.files.box()})


LIVER = (1, 1, 3, 2, 4)
SKEWED = (b"1 0 0 0 1 0 0 0 1", b"1 0 0 0.5 1 0 0 0 1")
SINGULAR = (b"1 0 0 0 1 0 0 0 1", b"1 0 0 1 0 0 0 0 1")


def spaces(data: Any) -> None:
    data.case = "Läber 肝臓 (1) #2"
    data.image = data.image.rename(data.image.with_name(data.case + data.form))
    data.label = data.label.rename(data.label.with_name(data.case + data.label.name.removeprefix("a")))
