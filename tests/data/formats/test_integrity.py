import gzip
import struct

import numpy as np
import pytest

from tfpartial.data.formats.integrity import check_file
from tfpartial.data.problem import FileError

SHAPE = (6, 5, 4)


def nifti(voxels: np.ndarray, size: int = 348, order: str = "<", code: int = 16, gap: int = 4) -> bytes:
    """A header with the fields that are looked at, `gap` bytes, and the voxels."""
    header = bytearray(size + gap)
    struct.pack_into(f"{order}i", header, 0, size)
    dimensions = (3, *SHAPE, 1, 1, 1, 1)
    header[(place := 344 if size == 348 else 4) : place + 4] = b"n+1\0" if size == 348 else b"n+2\0"
    if size == 348:
        struct.pack_into(f"{order}8h", header, 40, *dimensions)
        struct.pack_into(f"{order}2h", header, 70, code, voxels.itemsize * 8)
        struct.pack_into(f"{order}8f", header, 76, *[1.0] * 8)
        struct.pack_into(f"{order}f", header, 108, size + gap)
    else:
        struct.pack_into(f"{order}2h", header, 12, code, voxels.itemsize * 8)
        struct.pack_into(f"{order}8q", header, 16, *dimensions)
        struct.pack_into(f"{order}8d", header, 104, *[1.0] * 8)
        struct.pack_into(f"{order}q", header, 168, size + gap)
    return bytes(header) + voxels.astype(voxels.dtype.newbyteorder(order)).tobytes()


HEADERS = [(348, "<"), (348, ">"), (540, "<"), (540, ">")]


@pytest.mark.parametrize(("size", "order"), HEADERS)
def test_a_file_that_is_one_byte_short_is_truncated(tmp_path, size, order):
    path = tmp_path / "a.nii"
    content = nifti(np.zeros(SHAPE, np.int16), size, order, code=4)
    path.write_bytes(content)
    check_file(path)
    path.write_bytes(content[:-1])
    with pytest.raises(FileError, match="ends early: expected 240 bytes of voxels, got 239"):
        check_file(path)


@pytest.mark.parametrize(("size", "order"), HEADERS)
@pytest.mark.parametrize(("dtype", "code"), [(np.float32, 16), (np.float64, 64)])
def test_counts_what_is_not_finite_in_either_byte_order(tmp_path, size, order, dtype, code):
    voxels = np.arange(120, dtype=dtype).reshape(SHAPE)
    path = tmp_path / "a.nii"
    path.write_bytes(nifti(voxels, size, order, code))
    check_file(path)
    voxels[0, 0, :3] = np.nan, np.inf, -np.inf
    path.write_bytes(nifti(voxels, size, order, code))
    with pytest.raises(FileError, match="3 voxels are NaN or infinite"):
        check_file(path)


def test_voxels_may_lie_across_two_steps(tmp_path, monkeypatch):
    voxels = np.zeros(SHAPE, np.float32)
    voxels.flat[::7] = np.nan
    path = tmp_path / "a.nii"
    path.write_bytes(nifti(voxels, gap=5) + bytes([255]) * 64)  # what follows the voxels is not looked at
    monkeypatch.setattr("tfpartial.data.formats.packed_stream.CHUNK", 7)
    with pytest.raises(FileError, match="18 voxels are NaN"):
        check_file(path)


def test_a_gzip_file_may_have_members_and_padding(tmp_path):
    content = nifti(np.zeros(SHAPE, np.float32))
    path = tmp_path / "a.nii.gz"
    path.write_bytes(gzip.compress(content[:400]) + gzip.compress(content[400:]) + bytes(16))
    check_file(path)
    path.write_bytes(gzip.compress(content[:400]) + gzip.compress(content[400:])[:-1])
    with pytest.raises(FileError, match="the gzip stream has no end"):
        check_file(path)


def test_a_checksum_that_does_not_fit_is_damage(tmp_path):
    content = bytearray(gzip.compress(nifti(np.zeros(SHAPE, np.float32))))
    content[-6] ^= 1
    path = tmp_path / "a.nii.gz"
    path.write_bytes(content)
    with pytest.raises(FileError, match="is no sound gzip file"):
        check_file(path)
