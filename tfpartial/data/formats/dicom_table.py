"""Slices whose stored numbers become grey values by a table (ModalityLUTSequence, PS3.3, section C.11.1)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRBigEndian

from tfpartial.data.formats.dicom_errors import dicom_errors
from tfpartial.data.formats.dicom_text import text_of
from tfpartial.data.problem import FileError

SEQUENCE = "ModalityLUTSequence"
WORD = 1 << 16
DEPTHS = range(8, 17)
"""Bits of an entry."""


def table_type(path: Path, dataset: Dataset) -> str | None:
    """What the numbers of a slice's table mean, by ModalityLUTType, such as `HU`; None for a slice without a table.

    Args:
        path: the file.
        dataset: its header.

    Raises:
        FileError: `modality_lut`: not one sound table; rescale elements beside it, of which only one can hold; a table of a CT
            whose numbers are not HU; padding outside of the table, which would get the number of its nearer end.
    """
    if SEQUENCE not in dataset:
        return None
    first, entries = _table(path, dataset)
    beside = [keyword for keyword in ("RescaleSlope", "RescaleIntercept") if dataset.get(keyword) not in (None, "")]
    if beside:
        raise _fault(path, f"has {' and '.join(beside)} as well as a table of its grey values ({SEQUENCE}); expected one of them")
    kind = text_of(dataset[SEQUENCE].value[0], "ModalityLUTType").strip().upper()
    if dataset.get("Modality") == "CT" and kind != "HU":
        raise _fault(path, f"has a table of its grey values ({SEQUENCE}) of the type '{kind}'; expected HU for a CT")
    ends = [dataset.get(keyword) for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    outside = [end for end in ends if isinstance(end, int) and not first <= end < first + len(entries)]
    if outside:
        reason = f"has padding, {outside[0]}, outside of the table of its grey values ({SEQUENCE})"
        raise _fault(path, f"{reason}; expected it in {first}..{first + len(entries) - 1}")
    return kind


def through_table(path: Path, stored: np.ndarray) -> np.ndarray:
    """The grey values, int64, of stored numbers; those beyond an end of the table get the number of that end.

    pydicom's own function trusts the table's description, so that a wrong one gives wrong values or no error of this program.

    Args:
        path: a file of which `table_type` holds.
        stored: its numbers, any shape.

    Raises:
        FileError: `modality_lut`: numbers that are not whole; as `table_type`.
    """
    if stored.dtype.kind not in "iu":
        raise _fault(path, f"has a table of its grey values ({SEQUENCE}) and real numbers; expected whole ones")
    with dicom_errors(path):
        dataset = dcmread(path, stop_before_pixels=True, force=True, specific_tags=[SEQUENCE, "PixelRepresentation"])
        first, entries = _table(path, dataset)
    return entries[np.clip(stored.astype(np.int64) - first, 0, len(entries) - 1)]


def _table(path: Path, dataset: Dataset) -> tuple[int, np.ndarray]:
    """The stored number of the first entry, and the entries, int64 `[n]`."""
    items = dataset[SEQUENCE].value
    if len(items) != 1:
        raise _fault(path, f"{SEQUENCE} has {len(items)} tables; expected one")
    described, content = (items[0].get(keyword) for keyword in ("LUTDescriptor", "LUTData"))
    if not isinstance(described, Sequence) or len(described) != 3 or content is None:
        raise _fault(path, f"{SEQUENCE} has no LUTDescriptor of three numbers or no LUTData; expected both")
    count, first, bits = described
    order = ">" if dataset.file_meta.get("TransferSyntaxUID") == ExplicitVRBigEndian else "<"
    words = np.frombuffer(content, f"{order}u2") if isinstance(content, bytes) else np.atleast_1d(content)
    entries = words.astype(np.int64) % WORD
    expected = count % WORD or WORD  # 65536 does not fit into 16 bits, and is written as 0
    if len(entries) != expected or bits not in DEPTHS or entries.max() >= 1 << bits:
        got = f"got {len(entries)}, the largest of them {entries.max() if len(entries) else 'none'}"
        raise _fault(path, f"{SEQUENCE}: expected {expected} entries of {bits} bits, which are 8 to 16, {got}")
    return int(first), entries


def _fault(path: Path, reason: str) -> FileError:
    return FileError(path, "modality_lut", reason)
