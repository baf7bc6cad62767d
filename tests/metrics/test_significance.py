"""Paired comparisons against textbook values, and what must not change them."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from tfpartial.errors import TfpartialError
from tfpartial.metrics.significance import compare_pairs, holm

ZEA_MAYS = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]
"""Darwin's plants, crossed minus self-fertilised, in eighths of an inch (Fisher, The Design of Experiments, 1935)."""
SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
"""Additional hours of sleep, second drug minus first (Student 1908)."""
PAIRS = hnp.arrays(float, st.tuples(st.just(2), st.integers(0, 25)), elements=st.integers(0, 1000).map(lambda value: value / 1000))


def of(differences, **options):
    return compare_pairs([0.0] * len(differences), differences, **options)


def numbers(comparison):
    return [value for value in vars(comparison).values() if isinstance(value, float)]


def test_darwins_plants():
    found = of(ZEA_MAYS)
    assert (found.n, found.mean_difference) == (15, pytest.approx(314 / 15))
    assert found.t == pytest.approx(2.148, abs=5e-4)  # Fisher's own number
    assert found.t_p == pytest.approx(0.0497, abs=5e-5)
    assert (found.wilcoxon, found.wilcoxon_p) == (24, 2 * 675 / 2**15)  # W- = 9 + 15 - ... of the 2^15 signs, see below
    assert found.rank_biserial == pytest.approx((96 - 24) / 120)
    assert found.cohens_dz == pytest.approx(found.t / math.sqrt(15))
