import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tfpartial.data.label_maps.left_right import divide_left_right

MASKS = arrays.arrays(bool, st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 12)))


def row(text):
    """One row of voxels; the patient's right is at the left of the text, as on a picture."""
    return np.array([[[letter == "#" for letter in text]]])


def divided(text, midline_x=None):
    left, right, detail = divide_left_right(row(text), midline_x)
    letters = np.select([left[0, 0], right[0, 0]], ["L", "R"], ".")
    return "".join(letters), detail


def test_x_grows_to_the_left_of_the_patient():
    text, detail = divided("..###.....###.")
    assert text == "..RRR.....LLL."
    assert detail == {"midline_x": 7.0, "rule": "middle between the two largest pieces", "pieces": 2, "cut": 0}


def test_two_pieces_far_from_the_middle_of_the_volume_are_still_two_sides():
    assert divided("###...###..................")[0] == "RRR...LLL.................."


def test_a_speck_goes_to_its_nearest_side():
    text, detail = divided("..#.####......####")
    assert text == "..R.RRRR......LLLL"
    assert detail["pieces"] == 3


def test_a_single_piece_takes_the_middle_of_the_volume():
    text, detail = divided(".......####.")
    assert text == ".......LLLL."
    assert detail == {"midline_x": 5.5, "rule": "middle of the volume", "pieces": 1, "cut": 0}


def test_a_much_smaller_second_piece_is_no_other_side():
    text, detail = divided(".......#######.#")
    assert detail["rule"] == "middle of the volume"
    assert text == ".......LLLLLLL.L"


def test_pieces_above_each_other_are_no_two_sides():
    mask = np.zeros((3, 1, 20), bool)
    mask[0, 0, 12:16] = mask[2, 0, 13:17] = True
    left, _, detail = divide_left_right(mask)
    assert np.array_equal(left, mask)
    assert detail["rule"] == "middle of the volume"


def test_a_piece_across_the_midline_is_cut_there():
    text, detail = divided("..########..", midline_x=5.5)
    assert text == "..RRRRLLLL.."
    assert detail == {"midline_x": 5.5, "rule": "given", "pieces": 1, "cut": 1}


def test_a_piece_that_only_reaches_over_the_midline_stays_whole():
    assert divided(".######.....", midline_x=5.5) == (
        ".RRRRRR.....",
        {"midline_x": 5.5, "rule": "given", "pieces": 1, "cut": 0},
    )


def test_an_empty_mask_has_no_sides():
    text, detail = divided("....")
    assert text == "...."
    assert detail == {"midline_x": None, "rule": "empty", "pieces": 0, "cut": 0}


@given(MASKS)
def test_the_sides_are_a_partition(mask):
    left, right, _ = divide_left_right(mask)
    assert not (left & right).any()
    assert np.array_equal(left | right, mask)


@given(MASKS, st.floats(0, 11))
def test_mirroring_swaps_the_sides(mask, midline_x):
    midline_x = midline_x + 1 / np.pi  # on no voxel, and on no centroid
    left, right, _ = divide_left_right(mask, midline_x)
    mirrored_left, mirrored_right, _ = divide_left_right(mask[..., ::-1], mask.shape[2] - 1 - midline_x)
    assert np.array_equal(mirrored_left[..., ::-1], right)
    assert np.array_equal(mirrored_right[..., ::-1], left)


@pytest.mark.parametrize("axis", [0, 1])
@given(mask=MASKS, midline_x=st.floats(0, 11))
def test_the_other_axes_do_not_matter(axis, mask, midline_x):
    left, _, _ = divide_left_right(mask, midline_x)
    flipped, _, _ = divide_left_right(np.flip(mask, axis), midline_x)
    assert np.array_equal(np.flip(flipped, axis), left)
