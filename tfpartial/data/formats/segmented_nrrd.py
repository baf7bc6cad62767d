"""Slicer's segmentations (`.seg.nrrd`): named segments as values in one or several layers of an NRRD file.

https://slicer.readthedocs.io/en/latest/developer_guide/modules/segmentations.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tfpartial.data.files import Step
from tfpartial.data.formats.integrity import check_file
from tfpartial.data.formats.label_values import count_values, ranges
from tfpartial.data.formats.nrrd_bzip2 import slice_reader
from tfpartial.data.formats.nrrd_space import place_nrrd
from tfpartial.data.formats.segments import NamedSegments
from tfpartial.data.formats.sound_grid import require_sound
from tfpartial.data.formats.volume_file import execute, open_header
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError
from tfpartial.labels import BACKGROUND

ENDINGS = (".nrrd", ".nhdr")
NAME_FIELD = re.compile(r"Segment(\d+)_Name")


def has_segments(path: Path) -> bool:
    """Whether a file is an NRRD file with the fields of segments. Raises `FileError`: `unreadable`, for a broken NRRD file."""
    return path.name.lower().endswith(ENDINGS) and bool(_numbers(open_header(path)))


def open_segmented_nrrd(path: Path) -> SegmentedNrrd:
    """Opens a file of which `has_segments` holds. Raises `FileError`: `not_3d`, `unreadable`."""
    return SegmentedNrrd(path, open_header(path))


class SegmentedNrrd(NamedSegments):
    """An `OpenLabel` of a `.seg.nrrd` file.

    Args:
        path: the file.
        reader: has read the header.

    Raises:
        FileError: `not_3d`; `bad_grid`; `bad_segment`: a segment's fields that cannot be, or that are another one's, too.
    """

    def __init__(self, path: Path, reader: sitk.ImageFileReader) -> None:
        if reader.GetDimension() != 3:
            raise FileError(path, "not_3d", f"expected segments in 3D, got {reader.GetDimension()}D")
        numbers = _numbers(reader)
        self._reader = reader
        self._layers = reader.GetNumberOfComponents()
        native, steps = place_nrrd(path, Geometry.of(reader))
        require_sound(native, path)
        # Slicer cannot write an image without voxels: a single one says that every segment is empty, and means no grid.
        self._empty = native.size_xyz == (1, 1, 1)
        super().__init__(
            path,
            native=None if self._empty else native,
            form="seg.nrrd",
            names=[_name(reader, number) for number in numbers],
        )
        self._steps += steps
        self._places = [self._place(number) for number in numbers]
        self._require_own_places()

    def _segment(self, number: int, like: Geometry) -> np.ndarray:
        if self.native is None:
            return np.zeros(like.shape_zyx, bool)
        layer, value = self._places[number]
        return self.native.to_lps(self._voxels[..., layer]) == value

    @cached_property
    def _voxels(self) -> np.ndarray:
        """`[Z, Y, X, layer]` as stored."""
        voxels = self._stored()
        voxels = voxels if voxels.ndim == 4 else voxels[..., np.newaxis]
        for layer in range(self._layers):
            self._note_nameless(layer, count_values(voxels[..., layer], self.path))
        return voxels

    def _note_nameless(self, layer: int, counts: Mapping[int, int]) -> None:
        """A segment that was deleted from the header may be left in the voxels."""
        known = {value for place, value in self._places if place == layer}
        nameless = {value: count for value, count in counts.items() if value not in {BACKGROUND, *known}}
        if nameless:
            what = f"value {ranges(nameless)} of layer {layer} ({sum(nameless.values())} voxels) is no segment's; it is left out"
            self._steps.append(Step("segments", {"file": str(self.path), "layer": layer, "nameless": nameless}, what))

    def _require_own_places(self) -> None:
        first: dict[tuple[int, int], str] = {}
        for place, name in zip(self._places, self._names, strict=True):
            if place in first:
                both = f"segments '{first[place]}' and '{name}' are both value {place[1]} of layer {place[0]}"
                raise FileError(self.path, "bad_segment", f"{both}; expected a LabelValue or a Layer of its own for each")
            first[place] = name

    def _stored(self) -> np.ndarray:
        packed = slice_reader(self.path, self._reader)
        if packed is None:
            return sitk.GetArrayFromImage(execute(self._reader, self.path))
        check_file(self.path)
        return packed(0, self._reader.GetSize()[2])

    def _place(self, number: int) -> tuple[int, int]:
        """Layer and value of a segment. Files of before 2020 name neither: a layer per segment, whose voxels are 1."""
        layer = self._field(number, "Layer", default=number if self._layers > 1 else 0)
        if not 0 <= layer < self._layers:
            name = _name(self._reader, number)
            why = f"segment '{name}': expected a layer from 0 to {self._layers - 1}, got {layer}"
            raise FileError(self.path, "bad_segment", why)
        value = self._field(number, "LabelValue", default=1)
        if value <= BACKGROUND:
            raise FileError(
                self.path, "bad_segment", f"Segment{number}_LabelValue: expected a whole number from 1 on, got {value}"
            )
        return layer, value

    def _field(self, number: int, field: str, default: int) -> int:
        key = f"Segment{number}_{field}"
        if not self._reader.HasMetaDataKey(key):
            return default
        text = self._reader.GetMetaData(key)
        try:
            return int(text)
        except ValueError as error:
            raise FileError(self.path, "bad_segment", f"{key}: expected a whole number, got '{text}'") from error


def _name(reader: sitk.ImageFileReader, number: int) -> str:
    """As Slicer writes it, in UTF-8; bytes that are none, which SimpleITK gives as halves of letters, are Latin-1."""
    name = reader.GetMetaData(f"Segment{number}_Name")
    content = name.encode("utf-8", "surrogateescape")
    return name if content == name.encode("utf-8", "replace") else content.decode("latin-1")


def _numbers(reader: sitk.ImageFileReader) -> list[int]:
    """The numbers of the segments, in their order."""
    return sorted(int(match[1]) for key in reader.GetMetaDataKeys() if (match := NAME_FIELD.fullmatch(key)))
