"""NRRD files whose voxels are packed by bzip2."""

import bz2

import numpy as np
import pytest

from tfpartial.data.formats import packed_stream
from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.volume_file import VolumeFile
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

VOXELS = np.arange(-30, 30, dtype="<i2").reshape(3, 4, 5) * 1000
GRID = ("space: left-posterior-superior", "space directions: (1.5,0,0) (0,1.5,0) (0,0,3)", "space origin: (-48,-40,10)")


def write(path, *fields, data=None, kind="short", sizes="5 4 3", endian="little", encoding="bzip2"):
    order = [f"endian: {endian}"] if endian else []
    head = [
        "NRRD0005",
        f"type: {kind}",
        "dimension: 3",
        f"sizes: {sizes}",
        *order,
        f"encoding: {encoding}",
        *GRID,
        *fields,
        "",
        "",
    ]
    path.write_bytes("\n".join(head).encode() + (bz2.compress(VOXELS.tobytes()) if data is None else data))
    return path


@pytest.mark.parametrize("encoding", ["bzip2", "bz2", "BZIP2"])
@pytest.mark.parametrize("slices", [1, 2, 9])
def test_the_voxels_in_whole_and_in_slabs(tmp_path, encoding, slices):
    file = VolumeFile(write(tmp_path / "a.nrrd", encoding=encoding))
    assert (file.native.orientation, file.native.size_xyz) == ("LPS", (5, 4, 3))
    assert np.array_equal(np.concatenate([slab for _, slab in file.slabs(slices)]), VOXELS)


@pytest.mark.parametrize(("kind", "dtype"), [("float", ">f4"), ("unsigned char", "u1"), ("uint32_t", ">u4"), ("double", ">f8")])
def test_types_and_the_other_byte_order(tmp_path, kind, dtype):
    voxels = np.arange(60).reshape(3, 4, 5).astype(dtype)
    ((_, found),) = VolumeFile(write(tmp_path / "a.nrrd", data=bz2.compress(voxels.tobytes()), kind=kind, endian="big")).slabs(9)
    assert found.dtype == voxels.dtype.newbyteorder("=") and np.array_equal(found, voxels)


def test_a_file_beside_the_header_and_several_streams_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.setattr(packed_stream, "CHUNK", 7)
    monkeypatch.setattr(packed_stream, "PIECE", 5)
    content = VOXELS.tobytes()
    (tmp_path / "a.raw.bz2").write_bytes(bz2.compress(content[:50]) + bz2.compress(content[50:]))
    ((_, found),) = VolumeFile(write(tmp_path / "a.nhdr", "data file: a.raw.bz2", data=b"")).slabs(9)
    assert np.array_equal(found, VOXELS)


def test_named_segments_in_layers(tmp_path):
    layers = np.zeros((3, 4, 5, 2), np.uint8)
    layers[1, 2, 3, 0], layers[2, 0, :2, 1] = 1, 4
    fields = ["Segment0_Name:=liver", "Segment0_Layer:=0", "Segment0_LabelValue:=1"]
    fields += ["Segment1_Name:=spleen", "Segment1_Layer:=1", "Segment1_LabelValue:=4"]
    head = [
        "NRRD0004",
        "type: unsigned char",
        "dimension: 4",
        "sizes: 2 5 4 3",
        "encoding: bz2",
        "kinds: list domain domain domain",
    ]
    head += ["space: left-posterior-superior", "space directions: none (1,0,0) (0,1,0) (0,0,2)", "space origin: (1,2,3)", *fields]
    path = tmp_path / "a.seg.nrrd"
    path.write_bytes("\n".join([*head, "", ""]).encode() + bz2.compress(layers.tobytes()))
    label = open_label(path)
    grid = Geometry((5, 4, 3), (1.0, 1.0, 2.0), (1.0, 2.0, 3.0))
    assert np.array_equal(label.mask("liver", grid), layers[..., 0] == 1)
    assert np.array_equal(label.mask("spleen", grid), layers[..., 1] == 4)


PACKED = bz2.compress(VOXELS.tobytes())


@pytest.mark.parametrize(
    ("options", "fields", "kind", "message"),
    [
        ({"data": PACKED[:-9]}, (), "truncated", "ends early: the bzip2 stream has no end"),
        ({"data": bz2.compress(bytes(100))}, (), "truncated", "ends early: expected 120 bytes of voxels, got 100"),
        ({"data": b"no bzip2 at all"}, (), "damaged", "is no sound bzip2 file: "),
        ({"data": PACKED + b"more"}, (), "damaged", "has bytes of something else after the end of its bzip2 stream"),
        ({"sizes": "50000 50000 50000"}, (), "truncated", "packed ones, which cannot hold them"),
        ({"endian": None}, (), "unreadable", "type (short) and encoding (bzip2) require endian info"),
        ({}, ("byte skip: 4",), "bad_header", "'byte skip': expected 0 with bzip2, got 4"),
    ],
)
def test_what_cannot_be_read_is_one_right_line(tmp_path, options, fields, kind, message):
    path = write(tmp_path / "a.nrrd", *fields, **options)
    with pytest.raises(FileError) as caught:
        list(VolumeFile(path).slabs(9))
    assert message in str(caught.value)
    assert caught.value.kind == kind
