"""DSC by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from tfpartial.errors import TfpartialError
from tfpartial.metrics import dice

MASKS = arrays(bool, (3, 4))


def mask(*places):
    return np.isin(np.arange(8), places).reshape(2, 2, 2)


def test_dice_by_hand():
    assert dice(mask(0, 1, 2), mask(2, 3)) == pytest.approx(2 * 1 / (3 + 2))
    assert dice(mask(0, 5), mask(0, 5)) == 1.0
    assert dice(mask(0), mask(1)) == 0.0


def test_one_empty_mask_gives_zero_and_two_give_nan():
    assert dice(mask(), mask(1)) == 0.0
    assert dice(mask(1), mask()) == 0.0
    assert math.isnan(dice(mask(), mask()))


@given(MASKS, MASKS)
def test_dice_is_symmetric_and_between_zero_and_one(first, second):
    score = dice(first, second)
    if first.any() or second.any():
        assert 0.0 <= score <= 1.0
        assert score == dice(second, first)
    else:
        assert math.isnan(score)


def test_unlike_shapes_and_other_types_are_refused():
    with pytest.raises(TfpartialError, match=r"expected equal shapes, got reference \(2, 2, 2\) and prediction \(8,\)"):
        dice(mask(1), mask(1).ravel())
    with pytest.raises(TfpartialError, match="expected bool arrays, got reference bool and prediction uint8"):
        dice(mask(1), mask(1).astype("uint8"))
