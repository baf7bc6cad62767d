"""The box from near: around what is shown, never too small, always inside."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.pictures.close_up import MARGIN_MM, SMALLEST_MM, close_up


def shown_at(rows, columns, shape=(200, 200)):
    mask = np.zeros(shape, bool)
    mask[rows, columns] = True
    return mask


def test_a_large_organ_has_a_margin():
    rows, columns = close_up(shown_at(slice(50, 150), slice(60, 160)), (1.0, 2.0))
    assert (rows.start, rows.stop) == (50 - MARGIN_MM, 150 + MARGIN_MM)
    assert (columns.start, columns.stop) == (60 - MARGIN_MM / 2, 160 + MARGIN_MM / 2)


def test_a_speck_is_shown_with_its_surroundings():
    rows, _ = close_up(shown_at(100, 100), (1.0, 1.0))
    assert rows.stop - rows.start == SMALLEST_MM
    assert rows.start < 100 < rows.stop


@given(st.integers(0, 39), st.integers(0, 59), st.floats(0.3, 5))
def test_the_box_holds_what_is_shown_and_stays_in_the_slice(row, column, size_mm):
    mask = shown_at(row, column, (40, 60))
    rows, columns = close_up(mask, (size_mm, size_mm))
    assert mask[rows, columns].any()
    assert 0 <= rows.start < rows.stop <= 40
    assert 0 <= columns.start < columns.stop <= 60
