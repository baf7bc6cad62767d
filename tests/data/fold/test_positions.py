"""The file of the positions, and what a slice sees of them."""

import numpy as np
import pytest

from tfpartial.data.fold.positions import FILE_NAME, OrganPosition, centres_mm, read_positions, write_positions
from tfpartial.errors import TfpartialError
from tfpartial.priors.render import places_of_slices


def test_comes_back_as_it_was_written(tmp_path):
    position = OrganPosition("aligned", (1.0, 2.0, 3.0), (0.0, 2.0, 4.0), (1.0, 2.0, 3.0), 0.1, 0.5, 0.9, 2.0, 1.1)
    positions = {"a": {"liver": position, "spleen": OrganPosition("absent")}, "b": {}}
    write_positions(positions, tmp_path)
    assert read_positions(tmp_path) == positions


def test_organs_without_a_place_are_nan():
    centres = centres_mm(
        {"liver": OrganPosition("labelled", (1, 2, 3)), "spleen": OrganPosition("poor")}, ("spleen", "liver", "x")
    )
    np.testing.assert_array_equal(centres, [[np.nan] * 3, [1, 2, 3], [np.nan] * 3])


def test_a_slice_sees_an_organ_from_its_own_height():
    places = places_of_slices(np.array([[30.0, 5.0, -5.0]]), np.array([2.5, 1.0, 1.0]), np.array([0, 12]))
    np.testing.assert_array_equal(places.centre_mm, [[[30, 5, -5]], [[0, 5, -5]]])
    assert places.spacing_mm.shape == (2, 3)


def test_names_a_file_that_is_no_table_of_positions(tmp_path):
    (tmp_path / FILE_NAME).write_text('{"format": 1, "cases": {"a": {"liver": {"side": 1}}}}')
    with pytest.raises(TfpartialError, match=rf"{FILE_NAME}: expected the positions of organs"):
        read_positions(tmp_path)
