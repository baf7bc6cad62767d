"""How numbers are written."""

import math

from tfpartial.comparison.shown_metrics import SHOWN


def test_overlaps_are_percent_and_distances_mm():
    assert SHOWN["dsc"].spread(0.71849, 0.0204) == "71.8 ± 2.0"
    assert SHOWN["hd95_mm"].spread(12.345, 0.5) == "12.35 ± 0.50"
    assert SHOWN["volume_error_relative"].number(-0.1234) == "-12.3"


def test_what_is_undefined_is_no_number():
    assert SHOWN["dsc"].number(math.nan) == "n/a"
    assert SHOWN["dsc"].spread(0.5, math.nan) == "50.0"
    assert SHOWN["dsc"].spread(math.nan, math.nan) == "n/a"


def test_a_difference_that_rounds_to_zero_has_no_sign():
    assert SHOWN["dsc"].number(-0.0001) == "0.0"
