import numpy as np
import pytest

from tfpartial.data.store.layer_file import count_voxels, open_label_layer, write_label_layer
from tfpartial.errors import TfpartialError


def test_slabs_come_back_as_one_volume_with_counts(tmp_path):
    label = np.array([[[0, 1], [1, 2]], [[2, 2], [255, 0]], [[0, 0], [0, 0]]], np.uint8)
    write_label_layer(tmp_path / "label.h5", [(1, label[1:2]), (0, label[:1])], (3, 2, 2), num_organs=2)
    stored, voxels = open_label_layer(tmp_path / "label.h5")
    np.testing.assert_array_equal(stored[:], label)  # the slice that no slab brought is 0
    np.testing.assert_array_equal(voxels, [[2, 1], [0, 2], [0, 0]])


def test_counts_neither_background_nor_ignore():
    label = np.array([[[0, 255], [255, 3]]], np.uint8)
    assert count_voxels(label, num_organs=3).tolist() == [[0, 0, 1]]


def test_refuses_a_label_outside_the_table():
    with pytest.raises(TfpartialError, match=r"label 4 is outside the organ table; expected 0\.\.3 or 255"):
        count_voxels(np.array([[[4, 9]]], np.uint8), num_organs=3)
