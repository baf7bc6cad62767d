"""A folder with a DICOM series as an image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tfpartial.data.files import ImageFile, Step
from tfpartial.data.formats.dicom_choice import choose_series, not_chosen
from tfpartial.data.formats.dicom_grid import Stack, stack
from tfpartial.data.formats.dicom_headers import read_headers
from tfpartial.data.formats.dicom_identity import require_one_origin
from tfpartial.data.formats.dicom_pixels import AIR_HU, padding_range, read_pixels
from tfpartial.data.formats.dicom_resample import Resampled
from tfpartial.data.formats.stored_slices import lps_slabs
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError


class DicomSeries:
    """An `OpenImage` of a DICOM series.

    Args:
        native: the grid.
        history: what reading does.
        slice_files: the files in the order of their positions; none when the slices were resampled.
        read: gives the slices `start..stop-1` of the grid `[n, Y, X]`.
    """

    def __init__(
        self, native: Geometry, history: tuple[Step, ...], slice_files: tuple[Path, ...], read: Callable[[int, int], np.ndarray]
    ) -> None:
        self.native = native
        self.history = history
        self.slice_files = slice_files
        self._read = read

    def slabs(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """See `OpenImage`: only the files of a slab are read, when the slices run along z."""
        return lps_slabs(self.native, self._read, size)


def open_series(image: ImageFile) -> DicomSeries:
    """Opens a folder with a DICOM series; the headers are read now, the pixels by `slabs`.

    Slices are put in order by their positions, never by file names. Each is rescaled by its own slope and intercept. Pixels that
    a CT slice calls not measured (PixelPaddingValue), and that lie below air, become air, as does what lies outside of resampled
    slices; in other modalities that becomes 0, no signal.

    Raises:
        FileError: `missing_file`; what `read_headers`, `choose_series`, `require_one_origin` and `stack` find wrong;
            `gantry_tilt` or `uneven_slices`, unless `image.uneven` says to resample.
    """
    if not image.path.is_dir():
        raise FileError(image.path, "missing_file", "no such folder; expected one with a DICOM series")
    listing = read_headers(image.path)
    name, slices = choose_series(image, listing)
    doubts = require_one_origin(image.path, slices)
    ordered = stack(image.path, slices)
    slope, intercept = image.rescale
    air = (AIR_HU - intercept) / slope  # in the files' numbers, which `image.rescale` has yet to make HU of
    modality = slices[0].modality
    detail = {"file": str(image.path), "format": "DICOM", "series": name, "modality": modality, "slices": len(slices)}
    not_read = {**listing.others, **not_chosen(listing, slices), **({"no DICOM": listing.skipped} if listing.skipped else {})}
    if not_read:
        detail["not_read"] = not_read
    table = slices[0].table
    tables = () if table is None else (Step("rescale", {"by": "ModalityLUTSequence", "to": table or "unknown"}),)
    history = (Step("read", detail), *doubts, *tables, *_padding_step(ordered, air))

    def read_one(number: int) -> np.ndarray:
        return read_pixels(ordered.slices[number], air)

    wrong = ordered.why_no_grid()
    if wrong is None:
        files = tuple(one.path for one in ordered.slices)
        return DicomSeries(ordered.native, history, files, lambda start, stop: np.stack([*map(read_one, range(start, stop))]))
    if image.uneven == "refuse":
        kind, reason = wrong
        ways = "let `ingest` interpolate it onto a grid (`uneven: resample` of its source), or give a series without this"
        raise FileError(image.path, kind, f"{reason}; that is no grid: {ways}")
    resampled = Resampled(ordered, read_one, air if modality == "CT" else 0.0)
    return DicomSeries(resampled.native, (*history, Step("resample", resampled.detail())), (), resampled.read)


def _padding_step(ordered: Stack, air: float) -> tuple[Step, ...]:
    """What happens to padding, for the history."""
    ranges = {ends for one in ordered.slices if (ends := padding_range(one, air)) is not None}
    return tuple(Step("clip", {"what": "PixelPaddingValue", "from": list(ends), "to": air}) for ends in sorted(ranges))
