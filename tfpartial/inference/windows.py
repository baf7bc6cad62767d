"""Where the windows of a volume lie, and how what the network says of them comes together again.

A window of a 2D network is a slice on the network's grid; some slices are read at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np

from tfpartial.data.number_map import stored_padding
from tfpartial.data.store.inplane import InPlane
from tfpartial.data.volumes.label_writer import LabelWriter
from tfpartial.data.volumes.slabs import SlabReader
from tfpartial.errors import TfpartialError
from tfpartial.inference.cases import InputCase
from tfpartial.inference.probability_files import PROBABILITIES, ProbabilityWriter
from tfpartial.names import CaseId
from tfpartial.priors.render import SlicePlaces, places_of_slices
from tfpartial.segmenter.card import SegmenterCard

LOG = logging.getLogger(__name__)


class SliceWindows:
    """The slices of a volume on the network's grid, some at a time, from the first to the last.

    A warning says how much of a slice the network does not see, and what the stored type took from the numbers.

    Args:
        case: the volume.
        card: what the network takes.
        slab: slices read at a time.

    Raises:
        TfpartialError: a file cannot be read, or no slice at a time.
    """

    def __init__(self, case: InputCase, card: SegmenterCard, slab: int) -> None:
        if slab < 1:
            raise TfpartialError(f"slab: expected 1 or more slices, got {slab}")
        self.case, self.card, self.slab = case, card, slab
        self.reader = SlabReader(case.images, card.number_maps)
        self.in_plane = _in_plane(self.reader, card, case.id)

    @property
    def shape_zyx(self) -> tuple[int, int, int]:
        """The volume as the network sees it."""
        return self.reader.shape_zyx[0], *self.card.size

    @property
    def spacing_mm_zyx(self) -> tuple[float, float, float]:
        """Its spacing."""
        y, x = self.card.spacing_mm or self.reader.spacing_mm_zyx[1:]
        return self.reader.spacing_mm_zyx[0], y, x

    def __iter__(self) -> Iterator[tuple[int, np.ndarray]]:
        """The first slice of each window and the window as the network reads it, `[n, H, W, C]`."""
        for start, slices in self.reader.slabs(self.slab):
            window = [self.in_plane.image(slices, stored_padding(self.card.number_maps))]
            del slices  # neither it nor the window stays here while the next one is read
            yield start, window.pop()
        _warn_of_guesses(self.reader, self.case.id)
        _warn_of_losses(self.reader, self.card, self.case.id)

    def places(self, start: int, count: int, centres_mm: np.ndarray | None) -> SlicePlaces | None:
        """Where the organs are, seen from a window; none when their centres `[K, 3]` are not known."""
        if centres_mm is None:
            return None
        return places_of_slices(centres_mm, np.array(self.spacing_mm_zyx), np.arange(start, start + count))


class MergedWindows:
    """Writes what the network says of the windows on the native grid: a label map, and probabilities if asked for.

    To be used in a `with` block; an exception in it leaves nothing of the case.

    Args:
        windows: the windows of the case.
        out: folder of the label maps; the file is `<out>/<case>.nii.gz`.
        probabilities: write `<out>/probabilities/<case>/<organ>.nii.gz` as well.
    """

    def __init__(self, windows: SliceWindows, out: Path, probabilities: bool) -> None:
        native, case = windows.reader.native, windows.case.id
        self._in_plane = windows.in_plane
        self._labels = LabelWriter(out / f"{case}.nii.gz", native)
        self._probabilities = (
            ProbabilityWriter(out / PROBABILITIES / case, native, windows.card.organs.names) if probabilities else None
        )
        self._stack = ExitStack()

    def __enter__(self) -> MergedWindows:
        self._stack.enter_context(self._labels)
        if self._probabilities is not None:
            self._stack.enter_context(self._probabilities)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, traceback)

    def write(self, start: int, labels: np.ndarray, probability: np.ndarray | None = None) -> None:
        """Takes a window's label map, uint8 `[n, H, W]`, and its probabilities, float32 `[n, H, W, K]`."""
        if self._probabilities is not None and probability is not None:
            self._probabilities.write(start, self._in_plane.native_probability(probability))
        self._labels.write(start, self._in_plane.native_label(labels))


def _in_plane(reader: SlabReader, card: SegmenterCard, case: CaseId) -> InPlane:
    native_size, native_spacing_mm = reader.shape_zyx[1:], reader.spacing_mm_zyx[1:]
    in_plane = InPlane(native_size, card.size, native_spacing_mm, card.spacing_mm)
    if in_plane.cropped:
        seen_mm = np.multiply(card.size, card.spacing_mm or native_spacing_mm)
        rows_mm, columns_mm = np.maximum(np.multiply(native_size, native_spacing_mm) - seen_mm, 0)
        LOG.warning(
            "case %s: its slices are larger than the network's; %.0f mm of the rows and %.0f mm of the columns, "
            "half at each side, are outside and stay background",
            *(case, rows_mm, columns_mm),
        )
    return in_plane


def _warn_of_guesses(reader: SlabReader, case: CaseId) -> None:
    for step in reader.history:
        if step.warning:
            LOG.warning("case %s: %s: %s", case, step.detail.get("file", reader.images[0].path), step.warning)


def _warn_of_losses(reader: SlabReader, card: SegmenterCard, case: CaseId) -> None:
    for name, loss in zip(card.channel_names, reader.losses, strict=True):
        if loss.coarse:
            kind = "whole numbers" if loss.map.values == "int16" else loss.map.values
            text = "case %s: channel '%s': its numbers, %g..%g, are finer than this network, of %s, gets them"
            LOG.warning(text, case, name, loss.lowest, loss.highest, kind)
        if loss.clipped:
            text = "case %s: channel '%s': %d voxels lie outside of the numbers that the network can read and were clipped"
            LOG.warning(text, case, name, loss.clipped)
