"""Segments by the names of organs where predictions and corrected label maps are read."""

import gzip

import numpy as np
import pytest

from tfpartial.data.formats.volume_files import label_maps
from tfpartial.data.label_maps.reference import read_prediction
from tfpartial.data.problem import FileError
from tfpartial.errors import TfpartialError
from tfpartial.relabel.accept import _read as read_corrected

SHAPE = (5, 6, 7)


def write(path, names, voxels, origin="(0,0,0)"):
    z, y, x = voxels.shape
    head = ["NRRD0004", "type: unsigned char", "dimension: 3", "space: left-posterior-superior", f"sizes: {x} {y} {z}"]
    head += ["space directions: (2,0,0) (0,2,0) (0,0,3)", "encoding: gzip", f"space origin: {origin}"]
    for number, name in enumerate(names):
        head += [f"Segment{number}_Name:={name}", f"Segment{number}_LabelValue:={number + 1}", f"Segment{number}_Layer:=0"]
    path.write_bytes("\n".join([*head, "", ""]).encode() + gzip.compress(voxels.astype(np.uint8).tobytes()))
    return path


def test_segments_stand_for_the_organs_of_their_names(manifest, tmp_path):
    voxels = np.zeros(SHAPE, np.uint8)
    voxels[1, 2, 3], voxels[2, 2, 3] = 1, 2
    path = write(tmp_path / "a.seg.nrrd", ["Spleen", "liver"], voxels)
    assert label_maps(tmp_path) == {"a": path}
    codes = read_prediction(manifest, "a", path)
    assert (codes[1, 2, 3], codes[2, 2, 3], np.count_nonzero(codes)) == (2, 1, 2)


def test_segments_may_be_cropped(manifest, tmp_path):
    path = write(tmp_path / "a.seg.nrrd", ["liver"], np.ones((1, 2, 2)), origin="(4,2,9)")
    codes = read_prediction(manifest, "a", path)
    assert np.argwhere(codes == 1).tolist() == [[3, 1, 2], [3, 1, 3], [3, 2, 2], [3, 2, 3]]


def test_a_segment_of_another_name_is_refused(manifest, tmp_path):
    path = write(tmp_path / "a.seg.nrrd", ["liver", "Segment_2"], np.ones(SHAPE))
    with pytest.raises(FileError, match="has the segments 'Segment_2'; expected names of liver, spleen"):
        read_prediction(manifest, "a", path)


def test_accept_wants_a_segment_of_every_organ_that_it_takes_over(store, tmp_path):
    voxels = np.zeros(SHAPE, np.uint8)
    voxels[1, 2, 3] = 1
    path = write(tmp_path / "a.seg.nrrd", ["liver"], voxels)
    assert np.argwhere(read_corrected(path, store, "a", ["liver"])).tolist() == [[1, 3, 4]]
    with pytest.raises(TfpartialError, match="has no segment of spleen; expected one, empty where the organ is absent"):
        read_corrected(path, store, "a", ["liver", "spleen"])
