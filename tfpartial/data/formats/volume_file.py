"""Volume files (NIfTI, NRRD, MetaImage) through SimpleITK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tfpartial.artifacts import atomic_file
from tfpartial.data.files import Step
from tfpartial.data.formats import nifti_reader
from tfpartial.data.formats.nifti_header import NiftiHeader
from tfpartial.data.formats.stored_slices import SLOWEST, lps_slabs
from tfpartial.data.formats.volume_header import FORMATS, read_volume_header
from tfpartial.data.geometry import Geometry
from tfpartial.data.integrity import check_file, check_voxels
from tfpartial.data.problem import FileError
from tfpartial.errors import TfpartialError

ENDINGS = tuple(FORMATS)
DIMENSIONS = 3
RIGHT_ANGLE = 1e-3
"""How far the cosine of the angle between two axes may be from 0: headers are rounded."""
SPEAKER = re.compile(r"^(sitk::ERROR: |ITK ERROR: )?(\w+\(0x[0-9a-f]+\): )?")
"""How ITK says which object raised an error."""


def is_volume_file(path: Path) -> bool:
    """Whether the name ends like a volume file's."""
    return path.name.lower().endswith(ENDINGS)


def open_header(path: Path) -> sitk.ImageFileReader:
    """A reader that has read the header of a volume of any kind.

    Raises:
        FileError: as `read_volume_header`; `unreadable`: ITK refuses it.
    """
    name, _ = read_volume_header(path)
    reader = sitk.ImageFileReader()
    reader.SetImageIO(name)
    reader.SetFileName(str(path))
    with _itk_errors(path):
        reader.ReadImageInformation()
    return reader


def sound_grid(reader: sitk.ImageFileReader, path: Path) -> Geometry:
    """The grid of a 3D volume whose header was read. Raises `FileError`: `bad_grid`: it is no grid of boxes in the patient."""
    native = Geometry.of(reader)
    cosines = np.reshape(native.direction, (DIMENSIONS, DIMENSIONS))
    if not np.isfinite([*native.origin_mm_xyz, *native.spacing_mm_xyz]).all() or min(native.spacing_mm_xyz) <= 0:
        reason = f"expected finite positions and spacings above 0, got {native.origin_mm_xyz} and {native.spacing_mm_xyz} mm"
        raise FileError(path, "bad_grid", reason)
    if not np.allclose(cosines.T @ cosines, np.eye(DIMENSIONS), rtol=0, atol=RIGHT_ANGLE):
        directions = "; ".join(", ".join(f"{cosine:.4g}" for cosine in axis) for axis in cosines.T)
        raise FileError(path, "bad_grid", f"expected axes at right angles, got the directions {directions}")
    return native


def open_volume(path: Path) -> sitk.ImageFileReader:
    """A reader that has read the header of a 3D single-component volume, and is set to read it.

    Further axes of length 1, which some programs write, are left out.

    Raises:
        FileError: as `open_header`; `not_3d`; `not_scalar`: vectors; `bad_grid`.
    """
    reader = open_header(path)
    if reader.GetDimension() < DIMENSIONS or any(length != 1 for length in reader.GetSize()[DIMENSIONS:]):
        size = " × ".join(str(length) for length in reader.GetSize())
        raise FileError(path, "not_3d", f"expected a 3D volume, got {reader.GetDimension()}D of {size} voxels")
    if reader.GetNumberOfComponents() != 1:
        raise FileError(path, "not_scalar", f"expected one number per voxel, got {reader.GetNumberOfComponents()}")
    sound_grid(reader, path)
    _set_slices(reader, 0, reader.GetSize()[2])
    return reader


def _set_slices(reader: sitk.ImageFileReader, start: int, count: int) -> None:
    """Sets a reader to some slices of the third axis."""
    width, height, *_ = reader.GetSize()
    further = [0] * (reader.GetDimension() - DIMENSIONS)  # of length 0: these axes disappear
    reader.SetExtractIndex([0, 0, start, *further])
    reader.SetExtractSize([width, height, count, *further])


def execute(reader: sitk.ImageFileReader, path: Path) -> sitk.Image:
    """Reads what the reader is set to. Raises `FileError`: `unreadable`."""
    with _itk_errors(path):
        return reader.Execute()


@contextmanager
def _itk_errors(path: Path) -> Iterator[None]:
    """Around calls of ITK: no warning gets to the terminal, and what it raises becomes `FileError`: `unreadable`."""
    shown = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.GlobalWarningDisplayOff()
    try:
        yield
    except RuntimeError as error:
        raise FileError(path, "unreadable", f"cannot be read: {_reason(error)}") from error
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(shown)


def read_image(path: Path) -> sitk.Image:
    """A volume as it is stored. Raises as `open_volume` does, and for a file that ends early (see `integrity.check_file`)."""
    reader = open_volume(path)
    check_file(path)
    return execute(reader, path)


def write_image(image: sitk.Image, path: Path) -> None:
    """Writes a volume, compressed and atomically. Raises `TfpartialError` when it cannot be written."""
    with atomic_file(path) as temporary:
        try:
            sitk.WriteImage(image, str(temporary), useCompression=True)
        except RuntimeError as error:
            raise TfpartialError(f"{path}: cannot be written: {_reason(error)}") from error


def _reason(error: RuntimeError) -> str:
    """The last line of an ITK exception: the ones before it are ITK's own source file and object address."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return SPEAKER.sub("", lines[-1]) if lines else "unknown reason"


class VolumeFile:
    """An `OpenImage` of a volume file.

    Only the slab is in memory when z is the file's slowest axis, as in nearly every file; else the whole volume is read once.
    A NIfTI file that is stored from the feet to the head is unpacked in one pass.

    Raises:
        FileError: as `open_volume`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.slice_files: tuple[Path, ...] = ()
        self._reader = open_volume(path)
        self.native = Geometry.of(self._reader)
        self._nifti = nifti_reader.read_header(path)
        kind = sitk.GetPixelIDValueAsString(self._reader.GetPixelID())
        self.history = (Step("read", {"file": str(path), "format": _format(path), "voxels": kind}),)

    def slabs(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """See `OpenImage`."""
        if self._nifti and self.native.stored_z() == (SLOWEST, False):
            slabs = self._one_pass(self._nifti, size)
        else:
            check_file(self.path)  # ITK would fill up a file that ends early with zeros
            slabs = lps_slabs(self.native, self._read, size)
        for z_start, slab in slabs:
            yield z_start, check_voxels(slab, self.path)

    def _one_pass(self, header: NiftiHeader, size: int) -> Iterator[tuple[int, np.ndarray]]:
        for number, stored in enumerate(nifti_reader.slabs(self.path, header, size)):
            yield number * size, self.native.to_lps(stored)

    def _read(self, start: int, stop: int) -> np.ndarray:
        _set_slices(self._reader, start, stop - start)
        return sitk.GetArrayFromImage(execute(self._reader, self.path))


def _format(path: Path) -> str:
    return next(ending for ending in (*ENDINGS, path.suffix) if path.name.lower().endswith(ending)).removeprefix(".")
