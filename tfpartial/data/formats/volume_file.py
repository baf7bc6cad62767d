"""Volume files (NIfTI, NRRD, MetaImage)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tfpartial.artifacts import atomic_file
from tfpartial.data.files import NiftiForm, Step
from tfpartial.data.formats import nifti_reader, nrrd_bzip2
from tfpartial.data.formats.integrity import check_file, check_voxels
from tfpartial.data.formats.metaimage import read_metaimage_header
from tfpartial.data.formats.nifti_forms import place
from tfpartial.data.formats.nifti_header import NiftiHeader
from tfpartial.data.formats.nrrd_space import place_nrrd
from tfpartial.data.formats.sound_grid import require_sound
from tfpartial.data.formats.stored_slices import SLOWEST, lps_slabs
from tfpartial.data.formats.volume_header import FORMATS, NIFTI, ending_of, read_nifti_header, read_volume_header
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError
from tfpartial.errors import TfpartialError

ENDINGS = tuple(FORMATS)
METAIMAGE = (".mha", ".mhd")
KINDS = {
    np.dtype("i1"): sitk.sitkInt8,
    np.dtype("u1"): sitk.sitkUInt8,
    np.dtype("i2"): sitk.sitkInt16,
    np.dtype("u2"): sitk.sitkUInt16,
    np.dtype("i4"): sitk.sitkInt32,
    np.dtype("u4"): sitk.sitkUInt32,
    np.dtype("i8"): sitk.sitkInt64,
    np.dtype("u8"): sitk.sitkUInt64,
    np.dtype("f4"): sitk.sitkFloat32,
    np.dtype("f8"): sitk.sitkFloat64,
}
"""numpy's type -> ITK's."""
DIMENSIONS = 3
SPEAKER = re.compile(r"^(sitk::ERROR: |ITK ERROR: )?(\w+\(0x[0-9a-f]+\): )?")
"""How ITK says which object raised an error."""


def is_volume_file(path: Path) -> bool:
    """Whether the name ends like a volume file's."""
    return path.name.lower().endswith(ENDINGS)


def open_header(path: Path) -> sitk.ImageFileReader:
    """A reader that has read the header of a NIfTI or NRRD file.

    Raises:
        FileError: as `read_volume_header`; `unreadable`: ITK refuses it.
    """
    read_volume_header(path)
    return _itk_reader(path)


def _itk_reader(path: Path) -> sitk.ImageFileReader:
    reader = sitk.ImageFileReader()
    reader.SetImageIO("NiftiImageIO" if path.name.lower().endswith(NIFTI) else "NrrdImageIO")
    reader.SetFileName(str(path))
    with _itk_errors(path):
        reader.ReadImageInformation()
    return reader


def _require_scalar_3d(path: Path, sizes: Sequence[int], components: int) -> None:
    """Further axes of length 1, which some programs write, are left out. Raises `FileError`: `not_3d`; `not_scalar`."""
    if len(sizes) < DIMENSIONS or any(length != 1 for length in sizes[DIMENSIONS:]):
        size = " × ".join(str(length) for length in sizes)
        raise FileError(path, "not_3d", f"expected a 3D volume, got {len(sizes)}D of {size} voxels")
    if components != 1:
        raise FileError(path, "not_scalar", f"expected one number per voxel, got {components}")


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


def write_image(image: sitk.Image, path: Path, compression_level: int = -1) -> None:
    """Writes a volume, compressed and atomically.

    Args:
        image: the volume.
        path: the file; its ending chooses the format.
        compression_level: of the format's own compression; -1 is its default.

    Raises:
        TfpartialError: it cannot be written, or not whole: of NIfTI on a full disk ITK says nothing.
    """
    with atomic_file(path) as temporary:
        try:
            sitk.WriteImage(image, str(temporary), useCompression=True, compressionLevel=compression_level)
            check_file(temporary)
        except RuntimeError as error:
            raise TfpartialError(f"{path}: cannot be written: {_reason(error)}") from error
        except FileError as error:
            raise TfpartialError(f"{path}: cannot be written whole ({error.reason}); is the disk full?") from error


def _reason(error: RuntimeError) -> str:
    """The last line of an ITK exception: the ones before it are ITK's own source file and object address."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return SPEAKER.sub("", lines[-1]) if lines else "unknown reason"


class VolumeFile:
    """An `OpenImage` of a volume file.

    Only the slab is in memory when z is the file's slowest axis, as in nearly every file; else the whole volume is read once.
    A NIfTI file that is stored from the feet to the head is unpacked in one pass.

    Args:
        path: the file.
        nifti_form: see `ImageFile`.

    Raises:
        FileError: as `read_volume_header`; `unreadable`: ITK refuses it; `not_3d`; `not_scalar`: vectors; `bad_grid`.
    """

    def __init__(self, path: Path, nifti_form: NiftiForm = "sform") -> None:
        self.path = path
        self.slice_files: tuple[Path, ...] = ()
        self._nifti: NiftiHeader | None = None
        self._read: Callable[[int, int], np.ndarray]
        self.native: Geometry
        kind, steps = self._opening(nifti_form)()
        require_sound(self.native, path)
        self.history = (Step("read", {"file": str(path), "format": _format(path), "voxels": kind}), *steps)

    def _opening(self, nifti_form: NiftiForm) -> Callable[[], tuple[str, tuple[Step, ...]]]:
        """What reads the header, sets grid and reader, and returns the type of the voxels and what was decided."""
        if ending_of(self.path) in METAIMAGE:
            return self._open_metaimage
        return partial(self._open_nifti, nifti_form) if ending_of(self.path) in NIFTI else self._open_nrrd

    def _open_nifti(self, nifti_form: NiftiForm) -> tuple[str, tuple[Step, ...]]:
        """By ITK as far as it goes: not with NIfTI-2 and pairs, nor with axes that are not quite at right angles."""
        header = read_nifti_header(self.path)
        kind = self._try_itk(header) if header.version == 1 and not header.of_pair else None
        if kind is not None:
            self.native, steps = place(header, self.native, self.path, nifti_form)
            return kind, steps
        _require_scalar_3d(self.path, header.dimensions, 1)
        if header.kind is None:
            raise FileError(self.path, "not_scalar", f"expected one real number per voxel, got NIfTI's data type {header.code}")
        self._nifti, self._read = header, partial(nifti_reader.read_slices, self.path, header)
        self.native, steps = place(header, None, self.path, nifti_form)
        return _type_name(header.kind), steps

    def _try_itk(self, header: NiftiHeader) -> str | None:
        """As `_open_by_itk`; None when ITK refuses a header that was found sound."""
        self._nifti = header if nifti_reader.has_slabs(header) else None
        try:
            return self._open_by_itk(_itk_reader(self.path))
        except FileError as error:
            if error.kind != "unreadable":
                raise
            return None

    def _open_metaimage(self) -> tuple[str, tuple[Step, ...]]:
        read_volume_header(self.path)
        header = read_metaimage_header(self.path)
        _require_scalar_3d(self.path, header.sizes, header.channels)
        self.native = header.native
        self._read = header.read_slices
        return _type_name(header.kind), ()

    def _open_nrrd(self) -> tuple[str, tuple[Step, ...]]:
        kind = self._open_by_itk(open_header(self.path))
        self.native, steps = place_nrrd(self.path, self.native)
        return kind, steps

    def _open_by_itk(self, reader: sitk.ImageFileReader) -> str:
        _require_scalar_3d(self.path, reader.GetSize(), reader.GetNumberOfComponents())
        self.native = Geometry.of(reader)
        if self._nifti:
            self._read = partial(nifti_reader.read_slices, self.path, self._nifti)
        else:
            packed = None if ending_of(self.path) in NIFTI else nrrd_bzip2.slice_reader(self.path, reader)
            self._read = packed or (lambda start, stop: _read_by_itk(reader, self.path, start, stop))
        return sitk.GetPixelIDValueAsString(reader.GetPixelID())

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


def _type_name(kind: np.dtype) -> str:
    """ITK's name of a type of numpy, in any byte order."""
    return sitk.GetPixelIDValueAsString(KINDS[kind.newbyteorder("=")])


def _read_by_itk(reader: sitk.ImageFileReader, path: Path, start: int, stop: int) -> np.ndarray:
    _set_slices(reader, start, stop - start)
    return sitk.GetArrayFromImage(execute(reader, path))


def _format(path: Path) -> str:
    return next(ending for ending in (*ENDINGS, path.suffix) if path.name.lower().endswith(ending)).removeprefix(".")
