"""Label maps and masks: one whole number per voxel, in a volume file, a picture, or a folder of pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from tfpartial.data.files import NONZERO, Key, NiftiForm, Step
from tfpartial.data.formats.label_values import count_values, near_whole
from tfpartial.data.formats.picture import read_picture
from tfpartial.data.formats.picture_stack import natural_order, read_stack
from tfpartial.data.formats.segments import no_such_segment
from tfpartial.data.formats.volume_file import VolumeFile
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

LOSSY = (".jpg", ".jpeg")


class LabelMap:
    """An `OpenLabel` with values for keys; its voxels are read when they are first asked for, and kept.

    Args:
        path: the file or folder.
        native: the stored grid; None for pictures, which lie on the stored slices of the image.
        history: what reading does.
        read: gives the voxels `[Z, Y, X]`: in LPS, or in the stored order of the image when `native` is None.
    """

    def __init__(self, path: Path, native: Geometry | None, history: tuple[Step, ...], read: Callable[[], np.ndarray]) -> None:
        self.path = path
        self.native = native
        self._history = history
        self._read = read

    @property
    def history(self) -> tuple[Step, ...]:
        """See `OpenLabel`; that values were rounded is known when they have been read."""
        if "_rounded" not in self.__dict__ or not self._rounded[1]:
            return self._history
        off = self._rounded[1]
        said = f"values that are not quite whole, by up to {off:.2g}, were rounded"
        return (*self._history, Step("round", {"file": str(self.path), "largest_difference": off}, said))

    @cached_property
    def counts(self) -> Counter[int]:
        """How often each value occurs, 0 among them. Raises `FileError`: `not_finite`, `fractional_label`; as reading does."""
        return count_values(self._voxels, self.path)

    def keys(self) -> tuple[Key, ...]:
        """See `OpenLabel`. Raises as `counts`."""
        return tuple(sorted(value for value in self.counts if value))

    def values(self, like: Geometry) -> np.ndarray:
        """The numbers `[Z, Y, X]` in LPS on the file's own grid (on `like` for pictures).

        Raises:
            FileError: `label_grid`, for pictures that do not fit the image; voxels that cannot be read.
        """
        if self.native is not None:
            return self._voxels
        expected = like.size_xyz[::-1]
        if self._voxels.shape != expected:
            reason = f"the image has {_size(expected)}, the label {_size(self._voxels.shape)}"
            raise FileError(self.path, "label_grid", reason)
        return like.to_lps(self._voxels)

    def mask(self, key: Key, like: Geometry) -> np.ndarray:
        """See `OpenLabel`. Raises as `counts` and `values`."""
        if key == NONZERO:
            return self.values(like) != 0
        if key not in self.counts:
            raise no_such_segment(self.path, [key], self.keys())
        return self.values(like) == key

    @property
    def _voxels(self) -> np.ndarray:
        return self._rounded[0]

    @cached_property
    def _rounded(self) -> tuple[np.ndarray, float]:
        """The voxels, and by how much they were rounded."""
        return near_whole(self._read())


def open_volume_map(path: Path, nifti_form: NiftiForm = "sform") -> LabelMap:
    """A label map in a volume file. Arguments and errors as of `VolumeFile`."""
    file = VolumeFile(path, nifti_form)

    def read() -> np.ndarray:
        ((_, voxels),) = file.slabs(file.native.shape_zyx[0])
        return voxels

    return LabelMap(path, file.native, file.history, read)


def open_picture_map(path: Path) -> LabelMap:
    """A label map of one slice in a picture; of a picture with a palette, the numbers of the colours.

    Raises:
        FileError: `lossy_label`: JPEG; when it is read, `not_scalar`: a picture in colours, and as `read_picture`.
    """
    if path.suffix.lower() in LOSSY:
        raise FileError(path, "lossy_label", "JPEG changes the values that were drawn; expected PNG or another lossless format")
    return LabelMap(path, None, _read_step(path, "picture"), lambda: _grey_picture(path)[np.newaxis])


def open_stack_map(folder: Path, slice_files: Sequence[Path] = ()) -> LabelMap:
    """A label map in a folder of pictures, one per slice.

    The pictures, in the natural order of their names, stand for the slices of the image in its stored order. A DICOM series is
    stored by position, whatever its files are called; of it, the pictures stand for the files in the natural order of *their*
    names, as in CHAOS, where `liver_GT_007.png` was drawn on `i0007,0000b.dcm`.

    Args:
        folder: the pictures.
        slice_files: the files of the image's slices in its stored order, when it is a series.

    Raises:
        FileError: when it is read, as `read_stack`.
    """

    def read() -> np.ndarray:
        stack = read_stack(folder)
        if len(stack) != len(slice_files):
            return stack  # of another image: `values` says so
        by_name = sorted(range(len(stack)), key=lambda place: natural_order(slice_files[place].name))
        return stack[np.argsort(by_name)]

    return LabelMap(folder, None, _read_step(folder, "pictures"), read)


def _read_step(path: Path, form: str) -> tuple[Step, ...]:
    return (Step("read", {"file": str(path), "format": form}),)


def _grey_picture(path: Path) -> np.ndarray:
    pixels = read_picture(path)
    if pixels.ndim != 2:
        reason = f"expected one number per pixel (grey, or a palette), got {pixels.shape[-1]}: a picture in colours"
        raise FileError(path, "not_scalar", reason)
    return pixels


def _size(shape: tuple[int, ...]) -> str:
    depth, height, width = shape
    return f"{depth} slice{'s' * (depth != 1)} of {height} × {width} (rows × columns)"
