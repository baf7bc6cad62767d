"""One label layer of a case: the experts' in the store, or what a relabel step left (see `pseudo_labels`).

An HDF5 file with `label`, uint8 `[Z, H, W]`, and `voxels`, int32 `[Z, K]`: the number of voxels per slice and organ, from
which sampling knows what a slice shows without reading it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import h5py
import numpy as np
from isal import isal_zlib

from tfpartial.errors import TfpartialError
from tfpartial.labels import IGNORE, SURE_BACKGROUND, count_numbers

EXPERTS = "label-0.h5"
"""Name of the experts' layer in the case folder of the store."""
GZIP_LEVEL = 1
"""Labels shrink to about 1 % of the image at any level; level 1 is the fastest to write and to read
(512x512: 0.2 ms per slice to read against 0.3 ms at level 4)."""


def write_label_layer(path: Path, slabs: Iterable[tuple[int, np.ndarray]], shape: tuple[int, int, int], num_organs: int) -> None:
    """Writes a layer, slab by slab; the same labels give the same bytes.

    Args:
        path: file to write.
        slabs: `(z of the first slice, uint8 [n, H, W])`, which together fill the volume; slices left out stay 0.
        shape: Z, H, W.
        num_organs: K.

    Raises:
        TfpartialError: a label that is neither 0..K, 254 (sure background) nor 255.
    """
    voxels = np.zeros((shape[0], num_organs), np.int32)
    content = io.BytesIO()  # about 1 % of the voxels; HDF5 by itself does not always say that a disk is full, or with what name
    with h5py.File(content, "w") as file:
        # One chunk per slice: training reads single slices. No times: equal input, equal bytes.
        label = file.create_dataset(
            "label", shape, np.uint8, chunks=(1, *shape[1:]), compression="gzip", compression_opts=GZIP_LEVEL, track_times=False
        )
        for start, slab in slabs:
            for z, piece in enumerate(slab, start):
                # The chunk that HDF5 would write, compressed by `isal` in a seventh of the time.
                label.id.write_direct_chunk((z, 0, 0), isal_zlib.compress(np.ascontiguousarray(piece), GZIP_LEVEL))
            voxels[start : start + len(slab)] = count_voxels(slab, num_organs)
        file.create_dataset("voxels", data=voxels, track_times=False)
    path.write_bytes(content.getvalue())


def count_voxels(label: np.ndarray, num_organs: int) -> np.ndarray:
    """Voxels per slice and organ, int32 `[n, K]`, of uint8 `[n, H, W]`.

    Raises:
        TfpartialError: a label that is neither 0..K, 254 (sure background) nor 255.
    """
    counts = np.stack([count_numbers(piece, IGNORE + 1) for piece in label])
    unknown = np.flatnonzero(counts[:, num_organs + 1 : SURE_BACKGROUND].any(axis=0))
    if unknown.size:
        value = unknown[0] + num_organs + 1
        raise TfpartialError(f"label {value} is outside the organ table; expected 0..{num_organs} or {IGNORE}")
    return counts[:, 1 : num_organs + 1].astype(np.int32)


def open_label_layer(path: Path) -> tuple[h5py.Dataset, np.ndarray]:
    """The layer's labels, read slice by slice when indexed, and its voxel counts.

    The file stays open as long as the labels are referred to.

    Raises:
        TfpartialError: no such file, or not a label layer.
    """
    if not path.is_file():
        raise TfpartialError(f"{path}: no such label layer")
    try:
        file = h5py.File(path, "r")
        return file["label"], file["voxels"][:]
    except (OSError, KeyError) as error:
        raise TfpartialError(f"{path}: not a label layer, or damaged ({error})") from error
