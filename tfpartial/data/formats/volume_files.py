"""Volume files in a folder, and the names of cases that they stand for."""

from __future__ import annotations

from pathlib import Path

from tfpartial.data.files import located
from tfpartial.data.formats.image import PICTURES
from tfpartial.data.formats.nifti_pair import header_of
from tfpartial.data.formats.volume_file import ENDINGS
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId, require_case


def stem(file: Path) -> str:
    """A volume file's or picture's name without its ending; the whole name of a folder, `.` and `..` included."""
    if file.is_dir():
        return located(file).name
    ending = next((ending for ending in (*ENDINGS, *PICTURES) if file.name.lower().endswith(ending)), "")
    return file.name[: len(file.name) - len(ending)]


def is_volume(file: Path) -> bool:
    """Whether the name is a volume file's; hidden files (`._x.nii.gz`) are none, nor are DICOM files called `x.img`."""
    name = file.name.lower()
    return name.endswith(ENDINGS) and not name.startswith(".") and not (name.endswith(".img") and is_dicom(file))


def is_image(file: Path) -> bool:
    """Whether the name is a volume file's or a picture's."""
    return is_volume(file) or (file.suffix.lower() in PICTURES and not file.name.startswith("."))


def holds_dicom(folder: Path) -> bool:
    """Whether a folder has a DICOM file directly inside."""
    return any(map(is_dicom, folder.iterdir()))


def is_dicom(file: Path) -> bool:
    """Whether a file says so in its 129th to 132nd byte."""
    return file.is_file() and _magic(file) == b"DICM"


def _magic(file: Path) -> bytes:
    with file.open("rb") as stream:
        stream.seek(128)
        return stream.read(4)


def volume_files(folder: Path) -> list[Path]:
    """The volume files directly inside a folder, sorted; of a pair the header.

    Raises:
        TfpartialError: there is no folder, or no volume in it.
    """
    if not folder.is_dir():
        raise TfpartialError(f"{folder}: no such folder; expected volumes in it")
    files = list(dict.fromkeys(header_of(file) for file in sorted(folder.iterdir()) if file.is_file() and is_volume(file)))
    if not files:
        raise TfpartialError(f"{folder}: expected volumes ({', '.join(ENDINGS)}), found none")
    return files


def case_of(file: Path) -> CaseId:
    """The case that a label map is of: its name without the ending, also without Slicer's `.seg.nrrd`.

    Raises `TfpartialError` for a name that no case has.
    """
    return require_case(stem(file).removesuffix(".seg") if file.name.endswith(".seg.nrrd") else stem(file), file)


def label_maps(folder: Path) -> dict[CaseId, Path]:
    """The label maps of a folder: case id -> file `<case><ending>`. Raises `TfpartialError` for none, or two of one case."""
    found: dict[CaseId, Path] = {}
    for file in volume_files(folder):
        case = case_of(file)
        if case in found:
            raise TfpartialError(f"case '{case}' has two label maps: {found[case]} and {file}")
        found[case] = file
    return found
