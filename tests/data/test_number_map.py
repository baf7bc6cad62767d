"""How the numbers of a channel become int16, and back."""

import numpy as np
import pytest

from tfpartial.data.number_map import NumberMap, NumberRange, choose_map, exact, to_numbers

HU = NumberRange(-1024, 3071, -1000, 900, 0.0)
UNIT = NumberRange(0.0, 1.0, 0.0, 0.9, 0.5)


@pytest.mark.parametrize(
    ("ranges", "clip", "expected"),
    [
        ([HU], True, NumberMap()),
        ([NumberRange(-1024, 40_000, -1000, 900, 0.0)], True, NumberMap()),  # metal
        ([NumberRange(-1024.5, 3071.5, -1000, 900, 0.5)], False, NumberMap()),  # half HU are 1/3800 of the range
        ([UNIT], False, NumberMap(2**-14, 2**-4)),
        ([UNIT, NumberRange(0.0, 2.0, 0.0, 0.9, 0.4)], False, NumberMap(2**-13, 2**-3)),  # one map for all cases
        ([NumberRange(-3.0, 5000.0, -2.0, 2.0, 0.5)], False, NumberMap(5003 / 2**14, -3 + 5003 / 16)),  # one bright voxel
        ([NumberRange(0, 33_000, 0, 9000, 0.0)], False, NumberMap(1.0, 1024)),
        ([NumberRange(0, 2**18, 0, 9000, 0.0)], False, NumberMap(16.0, 16 * 1024)),
        ([UNIT, HU], True, NumberMap(4095 / 2**14, -1024 + 4095 / 16)),
    ],
)
def test_the_map_is_plain_where_whole_numbers_lose_nothing(ranges, clip, expected):
    assert choose_map(ranges, clip) == expected


@pytest.mark.parametrize("numbers", [[0.0, 1.0], [-3.2, 4.7], [1e-6, 3e-6], [0.0, 1e6]])
def test_a_scaled_number_comes_back_to_a_30000th_of_the_range(numbers):
    numbers = np.linspace(*numbers, 1001, dtype=np.float32)
    span = numbers[-1] - numbers[0]
    scaled = choose_map([NumberRange(numbers[0].item(), numbers[-1].item(), *numbers[[5, -5]].tolist(), 0.5)], clip=False)
    stored, clipped = scaled.stored(numbers)
    assert (stored.dtype, clipped, stored[0], stored[-1]) == (np.int16, 0, -1024, 15360)
    assert np.abs(to_numbers(stored[:, None], (scaled,))[:, 0] - numbers).max() <= span / 30_000
    assert scaled.stored(numbers + span)[1] == 0, "there is room for a brighter volume"


@pytest.mark.parametrize(
    ("numbers", "dtype"),
    [
        (np.array([1.0, -32768.0], np.float32), np.int16),
        (np.array([0.5, 1.0], np.float64), np.float32),
        (np.array([40_000, 1], np.uint16), np.float32),
        (np.array([4, 1], np.uint8), np.int16),
    ],
)
def test_exact_numbers_are_int16_where_they_can_be(numbers, dtype):
    assert exact(numbers).dtype == dtype
    assert exact(numbers).tolist() == numbers.tolist()
