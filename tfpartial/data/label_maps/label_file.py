"""One label file as layers of label codes on the image's grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path

import numpy as np

from tfpartial.data.files import NONZERO, LabelFile, Step
from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.label_map import LabelMap
from tfpartial.data.formats.label_values import look_up, require_listed
from tfpartial.data.formats.opened import OpenLabel
from tfpartial.data.formats.segments import no_such_segment
from tfpartial.data.geometry import Geometry
from tfpartial.data.label_maps.grid import placement
from tfpartial.data.label_maps.left_right import divide_left_right
from tfpartial.labels import BACKGROUND, IGNORE, OrganTable


class LabelLayers:
    """The layers of a label file. In a layer a voxel has one organ; organs that overlap are in several layers.

    Args:
        label: the file.
        like: the image's grid.
        organs: the organ table.
        tolerance_mm: the largest distance at which two grids are one.
        slice_files: see `open_stack_map`.

    Raises:
        FileError: what `open_label` refuses; `label_grid`.
    """

    def __init__(
        self, label: LabelFile, like: Geometry, organs: OrganTable, tolerance_mm: float, slice_files: Sequence[Path] = ()
    ) -> None:
        self._label = label
        self._like = like
        self._organs = organs
        self._opened = open_label(label.path, slice_files, label.fill_gaps, label.nifti_form)
        native, cropped = self._opened.native, not isinstance(self._opened, LabelMap)
        self._placed, steps = placement(label.path, native, like, label.grid, tolerance_mm, cropped)
        self._steps = list(steps)

    @property
    def history(self) -> tuple[Step, ...]:
        """What was done up to now."""
        return (*self._opened.history, *self._steps)

    def layers(self, priority: Sequence[str]) -> Iterator[np.ndarray]:
        """Yields uint8 `[Z, Y, X]` in LPS, which the caller may change: 0, 1..K, 255.

        Args:
            priority: of layers with one organ each, that of the first named comes first.

        Raises:
            FileError: `not_finite`, `fractional_label`, `unknown_label`, `unknown_segment`; voxels that cannot be read.
        """
        rank = {organ: place for place, organ in enumerate(priority)}
        names = sorted(self._label.organs, key=lambda organ: min(rank.get(part, len(rank)) for part in self._parts(organ)))
        opened = self._opened
        layers = self._map_layers(opened, names) if isinstance(opened, LabelMap) else self._segment_layers(opened, names)
        for layer, shown in layers:
            placed = self._placed(layer)
            for organ in shown:
                self._divide(placed, organ)
            yield placed

    def _map_layers(self, label_map: LabelMap, names: Sequence[str]) -> Iterator[tuple[np.ndarray, Sequence[str]]]:
        """A layer and its organs: one for all of them when no value stands for two organs, else one for each."""
        counts = label_map.counts
        values = self._organ_values(label_map)
        self._check_unlisted(counts, values)
        ignore = dict.fromkeys(self._label.ignore, IGNORE)
        parts = [part for organ in names for part in self._parts(organ)]
        claimed = Counter([value for organ in names for value in values[organ]])
        apart = len(set(parts)) == len(parts) and all(count == 1 for count in claimed.values())
        voxels = label_map.values(self._like)
        for shown in [names] if apart else [[organ] for organ in names]:
            codes = {value: self._code(organ) for organ in shown for value in values[organ]} | ignore
            yield look_up(voxels, codes, counts), shown

    def _organ_values(self, label_map: LabelMap) -> dict[str, list[int]]:
        """Per organ the values that stand for it, of those that occur."""
        others = {BACKGROUND, *self._label.background, *self._label.ignore}
        result: dict[str, list[int]] = {}
        for organ, keys in self._label.organs.items():
            words = [key for key in keys if isinstance(key, str) and key != NONZERO]
            if words:
                raise no_such_segment(label_map.path, words, label_map.keys())
            nonzero = NONZERO in keys
            result[organ] = [value for value in label_map.counts if value in keys or (nonzero and value not in others)]
            self._note_merge(organ, result[organ])
        return result

    def _check_unlisted(self, counts: Mapping[int, int], values: Mapping[str, Sequence[int]]) -> None:
        label = self._label
        named = {key for keys in (*label.organs.values(), label.background, label.ignore) for key in keys if isinstance(key, int)}
        listed = {BACKGROUND, *named, *(value for many in values.values() for value in many)}
        if label.unlisted == "error":
            require_listed(counts, listed, label.path)
        unlisted = {value: number for value, number in sorted(counts.items()) if value not in listed}
        if unlisted:
            self._steps.append(Step("merge", {"file": str(label.path), "into": "background", "voxels": unlisted}))

    def _segment_layers(self, opened: OpenLabel, names: Sequence[str]) -> Iterator[tuple[np.ndarray, Sequence[str]]]:
        """A layer for each organ that the file has a segment of. Other segments of the file take nothing away from it."""
        there = opened.keys()
        wanted = [key for keys in (*self._label.organs.values(), self._label.background) for key in keys]
        if not any(key == NONZERO or key in there for key in wanted):
            raise no_such_segment(self._label.path, wanted, there)
        for organ in names:
            keys = [key for key in self._label.organs[organ] if key in there or (key == NONZERO and there)]
            if keys:
                self._note_merge(organ, keys)
                mask = reduce(np.logical_or, (opened.mask(key, self._like) for key in keys))
                yield mask.astype(np.uint8) * np.uint8(self._code(organ)), [organ]

    def _parts(self, organ: str) -> tuple[str, ...]:
        return self._label.left_right.get(organ, (organ,))

    def _code(self, organ: str) -> int:
        """The code of an organ; of one that is to be divided, at first that of its left part."""
        return self._organs.id_of(self._parts(organ)[0])

    def _divide(self, layer: np.ndarray, organ: str) -> None:
        """Gives the right part of an organ its own code."""
        if organ not in self._label.left_right:
            return
        left, right = self._label.left_right[organ]
        _, on_right, detail = divide_left_right(layer == self._organs.id_of(left))
        layer[on_right] = self._organs.id_of(right)
        self._steps.append(Step("divide", {"file": str(self._label.path), "organ": organ, "into": [left, right], **detail}))

    def _note_merge(self, organ: str, keys: Sequence[int | str]) -> None:
        if len(keys) > 1:
            self._steps.append(Step("merge", {"file": str(self._label.path), "into": organ, "keys": list(keys)}))
