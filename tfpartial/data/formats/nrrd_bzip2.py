"""The voxels of an NRRD file in bzip2, of which ITK reads nothing but the header."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tfpartial.data.formats.nrrd_header import read_fields, read_nrrd_header, read_nrrd_kind
from tfpartial.data.formats.stored_voxels import StoredVoxels
from tfpartial.data.problem import FileError

SKIPS = ("line skip", "lineskip", "byte skip", "byteskip")


def slice_reader(path: Path, header: sitk.ImageFileReader) -> Callable[[int, int], np.ndarray] | None:
    """What gives the slices `start..stop-1` `[n, second axis, first axis]`, and `[..., layers]` of several numbers per voxel.

    Args:
        path: the file.
        header: has read its header.

    Returns:
        None for a file of another encoding.

    Raises:
        FileError: `bad_header`: skipped bytes, layers that are not the first axis, no byte order.
    """
    voxels = read_nrrd_header(path)
    if voxels.packing != "bzip2":
        return None
    fields = read_fields(path)[0]
    for name in SKIPS:
        if fields.get(name, "0").strip() != "0":
            raise FileError(path, "bad_header", f"'{name}': expected 0 with bzip2, got {fields[name]}")
    layers = header.GetNumberOfComponents()
    if layers > 1 and fields["sizes"].split()[0] != str(layers):
        raise FileError(path, "bad_header", f"'sizes': expected the {layers} layers as the first axis with bzip2")
    width, height = header.GetSize()[:2]
    return partial(_read, voxels, read_nrrd_kind(path), (height, width, *([layers] if layers > 1 else [])))


def _read(voxels: StoredVoxels, kind: np.dtype, shape: tuple[int, ...], start: int, stop: int) -> np.ndarray:
    slice_bytes = int(np.prod(shape)) * kind.itemsize
    content = voxels.read(start * slice_bytes, (stop - start) * slice_bytes)
    return np.frombuffer(content, kind).reshape(stop - start, *shape).astype(kind.newbyteorder("="), copy=False)
