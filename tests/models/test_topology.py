"""The sizes and strides that nnU-Net v2's rule gives (worked through by hand)."""

import re

import pytest

from tfpartial.errors import TfpartialError
from tfpartial.models.topology import chosen_strides, multiples, padded, planned_strides

BOTH, ROWS, COLUMNS = [2, 2], [2, 1], [1, 2]


@pytest.mark.parametrize(
    ("size", "spacing", "strides"),
    [
        ((512, 512), (1, 1), [BOTH] * 7),  # to 4x4
        ((320, 320), (1, 1), [BOTH] * 6),  # to 5x5
        ((80, 128), (1, 1), [BOTH] * 4),  # to 5x8: 8 alone is not halved, for 12 are wanted
        ((80, 192), (1, 1), [*[BOTH] * 4, COLUMNS]),  # to 5x6
        ((100, 100), (1, 1), [BOTH] * 4),  # 100, 50, 25, 13, 7
        # columns alone until they are as coarse as rows; 16x4 then, and rows alone
        ((64, 64), (4, 1), [COLUMNS, COLUMNS, BOTH, BOTH, ROWS]),
        ((16, 48), (1, 1), [BOTH, BOTH, COLUMNS]),  # 4x12, then 12 alone
        ((7, 7), (1, 1), []),
        ((7, 12), (1, 1), [COLUMNS]),
    ],
)
def test_sides_are_halved_while_four_voxels_are_left(size, spacing, strides):
    assert planned_strides(size, spacing) == strides


def test_multiples_and_the_next_size():
    assert multiples([BOTH, BOTH, COLUMNS]) == (4, 8)
    assert padded((13, 8), [BOTH, BOTH, COLUMNS]) == (16, 8)
    assert multiples([]) == (1, 1)


def test_what_is_asked_for_is_taken():
    assert chosen_strides("n", (32, 48, 1), stages=3) == [BOTH, BOTH]
    assert chosen_strides("n", (32, 48, 1), strides=[[2, 2], [1, 2]]) == [BOTH, COLUMNS]
    assert chosen_strides("n", (32, 48, 1)) == [BOTH, BOTH, BOTH]


@pytest.mark.parametrize(
    ("shape", "asked", "message"),
    [
        ((32, 32), {}, "n: expected input_shape (H, W, C), got (32, 32)"),
        ((100, 100, 1), {}, "n: expected slices whose sides are multiples of 16, got 100x100"),
        ((32, 30, 1), {"stages": 3}, "n: expected slices whose sides are multiples of 4, got 32x30"),
        (
            (32, 30, 1),
            {"strides": [BOTH, COLUMNS]},
            "n: expected slices whose sides are multiples of 2 (rows) and 4 (columns), got 32x30",
        ),
        (
            (32, 64, 1),
            {"stages": 5},
            "n: expected stages that leave 4 voxels of each side (4 for 32x64), got 5, which leave 2x4",
        ),
        ((7, 7, 1), {}, "n: expected 2 stages or more, and slices with a side that can be halved, got 7x7"),
        ((32, 32, 1), {"stages": 4, "strides": [BOTH]}, "n: expected strides of 3 stages after the first, got 1"),
        ((32, 32, 1), {"strides": [[1, 1]]}, "not [1, 1], got [[1, 1]]"),
        ((32, 32, 1), {"strides": [[3, 1]]}, "expected strides [1 or 2, 1 or 2] of each stage after the first"),
        ((32, 32, 1), {"strides": [[2]]}, "expected strides [1 or 2, 1 or 2] of each stage after the first"),
    ],
)
def test_refuses(shape, asked, message):
    with pytest.raises(TfpartialError, match=re.escape(message)):
        chosen_strides("n", shape, **asked)
