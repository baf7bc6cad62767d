from pathlib import Path

import numpy as np
import pytest

from tfpartial.data.files import NONZERO
from tfpartial.data.formats.label import open_label
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

GRID = Geometry((5, 4, 3), (1.0, 1.0, 2.0), (1.0, 2.0, 3.0))
LIVER = {"Segment0_Name": "liver", "Segment0_LabelValue": "1", "Segment0_Layer": "0"}
TUMOUR = {"Segment1_Name": "tumour", "Segment1_LabelValue": "2", "Segment1_Layer": "0"}


def write(path: Path, voxels: np.ndarray, fields: dict[str, str]) -> Path:
    """Voxels uint8 `[Z, Y, X]`, or `[Z, Y, X, layer]`, on `GRID`, as Slicer writes them."""
    layers = voxels.ndim == 4
    directions = "none " * layers + "(1,0,0) (0,1,0) (0,0,2)"
    header = [
        "NRRD0004",
        "type: unsigned char",
        f"dimension: {voxels.ndim}",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, voxels.shape[::-1]))}",
        f"space directions: {directions}",
        f"kinds: {'list ' * layers}domain domain domain",
        "encoding: raw",
        "space origin: (1,2,3)",
        *(f"{key}:={value}" for key, value in fields.items()),
    ]
    path.write_bytes(("\n".join(header) + "\n\n").encode() + voxels.tobytes())
    return path


def test_segments_of_one_layer_are_its_values(tmp_path):
    voxels = np.zeros((3, 4, 5), np.uint8)
    voxels[1, 1, 1:3] = 1
    voxels[2, 3, 4] = 2
    label = open_label(write(tmp_path / "a.seg.nrrd", voxels, TUMOUR | LIVER))
    assert label.keys() == ("liver", "tumour")
    assert label.native == GRID
    assert np.argwhere(label.mask("liver", GRID)).tolist() == [[1, 1, 1], [1, 1, 2]]
    assert np.argwhere(label.mask("tumour", GRID)).tolist() == [[2, 3, 4]]
    assert label.mask(NONZERO, GRID).sum() == 3


def test_segments_overlap_in_several_layers(tmp_path):
    voxels = np.zeros((3, 4, 5, 2), np.uint8)
    voxels[1, :, :, 0] = 1
    voxels[1, 2, 2, 1] = 2
    label = open_label(write(tmp_path / "a.seg.nrrd", voxels, LIVER | TUMOUR | {"Segment1_Layer": "1"}))
    assert label.mask("liver", GRID).sum() == 20
    assert np.argwhere(label.mask("tumour", GRID) & label.mask("liver", GRID)).tolist() == [[1, 2, 2]]


def test_old_files_have_a_layer_per_segment(tmp_path):
    voxels = np.zeros((3, 4, 5, 2), np.uint8)
    voxels[0, 0, 0, 1] = 1
    label = open_label(write(tmp_path / "a.seg.nrrd", voxels, {"Segment0_Name": "liver", "Segment1_Name": "spleen"}))
    assert [int(label.mask(name, GRID).sum()) for name in ("liver", "spleen")] == [0, 1]


def test_the_fields_decide_not_the_name(tmp_path):
    voxels = np.ones((3, 4, 5), np.uint8)
    assert open_label(write(tmp_path / "a.nrrd", voxels, LIVER)).keys() == ("liver",)
    assert open_label(write(tmp_path / "b.seg.nrrd", voxels, {})).keys() == (1,)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_a_name_is_read_whatever_its_letters_are_written_in(tmp_path, encoding):
    path = write(tmp_path / "a.seg.nrrd", np.ones((3, 4, 5), np.uint8), LIVER | {"Segment0_Name": "Leber-Läsion"})
    path.write_bytes(path.read_bytes().replace("Läsion".encode(), "Läsion".encode(encoding)))
    label = open_label(path)
    assert label.keys() == ("Leber-Läsion",)
    assert label.mask("Leber-Läsion", GRID).sum() == 60


def test_one_voxel_means_that_every_segment_is_empty(tmp_path):
    label = open_label(write(tmp_path / "a.seg.nrrd", np.ones((1, 1, 1), np.uint8), LIVER))
    assert label.native is None
    assert not label.mask("liver", GRID).any()


def test_equal_names_are_told_apart(tmp_path):
    fields = LIVER | {key: value.replace("tumour", "liver ") for key, value in TUMOUR.items()}
    assert open_label(write(tmp_path / "a.seg.nrrd", np.ones((3, 4, 5), np.uint8), fields)).keys() == ("liver", "liver (2)")


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"Segment0_Layer": "1"}, "bad_segment", r"segment 'liver': expected a layer from 0 to 0, got 1"),
        ({"Segment0_LabelValue": "one"}, "bad_segment", r"Segment0_LabelValue: expected a whole number, got 'one'"),
    ],
)
def test_bad_fields_are_refused(tmp_path, change, kind, message):
    path = write(tmp_path / "a.seg.nrrd", np.ones((3, 4, 5), np.uint8), LIVER | change)
    with pytest.raises(FileError, match=message) as caught:
        open_label(path)
    assert caught.value.kind == kind


def test_a_file_that_ends_early_is_refused(tmp_path):
    path = write(tmp_path / "a.seg.nrrd", np.ones((3, 4, 5), np.uint8), LIVER)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(FileError, match="ends early: expected 60 bytes of voxels, got 50"):
        open_label(path)


def test_a_segment_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    label = open_label(write(tmp_path / "a.seg.nrrd", np.ones((3, 4, 5), np.uint8), LIVER | TUMOUR))
    with pytest.raises(FileError, match=r"has no segment 'spleen'; its segments: 'liver', 'tumour'") as caught:
        label.mask("spleen", GRID)
    assert caught.value.kind == "unknown_segment"
