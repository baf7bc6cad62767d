"""Volumes on disk and as LPS arrays, through SimpleITK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tfpartial.artifacts import atomic_file
from tfpartial.data.geometry import Geometry, difference
from tfpartial.data.labelmap import to_codes
from tfpartial.data.problem import FileError
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable

INT16 = np.iinfo(np.int16)
CHANNEL_TOLERANCE_MM = 1e-3
"""Channels of one case must be one grid, up to the float32 rounding of NIfTI headers."""


@dataclass(frozen=True)
class Volume:
    """Args:
    array: int16 HU `[Z, Y, X, C]` in LPS.
    native: the stored grid.
    """

    array: np.ndarray
    native: Geometry

    @property
    def spacing_mm_zyx(self) -> tuple[float, float, float]:
        """Spacing along the first three axes of `array`."""
        return self.native.spacing_mm_zyx


def open_volume(path: Path) -> sitk.ImageFileReader:
    """A reader that has read the header of a 3D single-component volume.

    Raises:
        FileError: `missing_file`; `unreadable`: no format that SimpleITK knows; `not_3d`; `not_scalar`: vectors.
    """
    if not path.is_file():
        raise FileError(path, "missing_file", "no such file")
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise FileError(path, "unreadable", f"cannot be read: {_reason(error)}") from error
    if reader.GetDimension() != 3:
        size = " × ".join(str(length) for length in reader.GetSize())
        raise FileError(path, "not_3d", f"expected a 3D volume, got {reader.GetDimension()}D of {size} voxels")
    if reader.GetNumberOfComponents() != 1:
        raise FileError(path, "not_scalar", f"expected one number per voxel, got {reader.GetNumberOfComponents()}")
    return reader


def execute(reader: sitk.ImageFileReader, path: Path) -> sitk.Image:
    """Reads what the reader is set to. Raises `FileError`: `unreadable`."""
    try:
        return reader.Execute()
    except RuntimeError as error:
        raise FileError(path, "unreadable", f"cannot be read: {_reason(error)}") from error


def read_image(path: Path) -> sitk.Image:
    """A volume as it is stored. Raises as `open_volume` does."""
    return execute(open_volume(path), path)


def write_image(image: sitk.Image, path: Path) -> None:
    """Writes a volume, compressed and atomically. Raises `TfpartialError` when it cannot be written."""
    with atomic_file(path) as temporary:
        try:
            sitk.WriteImage(image, str(temporary), useCompression=True)
        except RuntimeError as error:
            raise TfpartialError(f"{path}: cannot be written: {_reason(error)}") from error


def to_lps(image: sitk.Image) -> sitk.Image:
    """The same volume stored in LPS order: axes swapped and reversed, no voxel moved or interpolated."""
    geometry = Geometry.of(image)
    return geometry.lps.stamp(sitk.GetImageFromArray(geometry.to_lps(sitk.GetArrayViewFromImage(image))))


def from_lps(image_lps: sitk.Image, native: Geometry) -> sitk.Image:
    """The exact inverse of `to_lps` for an image that came from the grid `native`."""
    return native.stamp(sitk.GetImageFromArray(native.from_lps(sitk.GetArrayViewFromImage(image_lps))))


def lps_array(image: sitk.Image) -> np.ndarray:
    """A copy of an image's voxels as an LPS array `[z, y, x]`."""
    return np.array(Geometry.of(image).to_lps(sitk.GetArrayViewFromImage(image)), order="C")


def finite_voxels(array: np.ndarray, path: Path) -> np.ndarray:
    """The array itself.

    Raises:
        FileError: `not_finite`. Not for NIfTI, whose NaN ITK has replaced by 0 before: `integrity.check_file` finds those.
    """
    if np.issubdtype(array.dtype, np.floating):
        bad = array.size - int(np.isfinite(array).sum())
        if bad:
            raise FileError(path, "not_finite", f"{bad} voxels are NaN or infinite")
    return array


def to_hu(array: np.ndarray, path: Path) -> np.ndarray:
    """Any numbers as int16: fractions are rounded, values beyond int16 clipped to it. Raises as `finite_voxels` does."""
    if np.can_cast(array.dtype, np.int16):
        return array.astype(np.int16, copy=False)
    if np.issubdtype(array.dtype, np.floating):
        array = np.rint(finite_voxels(array, path))
    lowest = 0 if np.issubdtype(array.dtype, np.unsignedinteger) else INT16.min  # clip's bounds must fit the dtype
    return array.clip(lowest, INT16.max).astype(np.int16)


def read_volume(paths: Sequence[Path]) -> Volume:
    """The channels of one case as one array.

    Args:
        paths: one file per channel.

    Raises:
        TfpartialError: a file that cannot be read, NaN or infinite voxels, channels on different grids.
    """
    native = common_geometry([(path, open_volume(path)) for path in paths])
    array = np.empty((*native.shape_zyx, len(paths)), dtype=np.int16)
    for channel, path in enumerate(paths):
        array[..., channel] = to_hu(lps_array(read_image(path)), path)
    return Volume(array, native)


def read_label(
    path: Path, like: Geometry, tolerance_mm: float, organs: OrganTable, ignore_value: int | None = None
) -> np.ndarray:
    """A label map on the grid of its image.

    Args:
        path: the label file.
        like: the stored grid of the image.
        tolerance_mm: a label whose grid is at most this far from the image's takes the image's grid.
        organs: the organ table: the values 1..K.
        ignore_value: the file's value for voxels to ignore.

    Returns:
        uint8 `[Z, Y, X]` in LPS: 0, 1..K, 255.

    Raises:
        TfpartialError: unreadable, another grid, fractional values, values outside the table.
    """
    image = read_image(path)
    differs = difference(like, Geometry.of(image), tolerance_mm)
    if differs:
        raise TfpartialError(f"{path}: the label does not lie on the grid of its image: {differs}")
    return to_codes(lps_array(image), path, organs, ignore_value)


def common_geometry(channels: Sequence[tuple[Path, sitk.Image | sitk.ImageFileReader]]) -> Geometry:
    """The one grid of a case's channels. Raises `TfpartialError`, with both files and values, when there are several."""
    first_path, first = channels[0]
    for path, other in channels[1:]:
        differs = difference(Geometry.of(first), Geometry.of(other), CHANNEL_TOLERANCE_MM)
        if differs:
            raise TfpartialError(f"channels {first_path} and {path}: {differs}")
    return Geometry.of(first)


def _reason(error: RuntimeError) -> str:
    """The last line of an ITK exception: the ones before it are ITK's own source file and object address."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].removeprefix("sitk::ERROR: ") if lines else "unknown reason"
