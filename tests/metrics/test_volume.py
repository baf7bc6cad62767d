"""Volume error by hand."""

import math

import numpy as np
import pytest

from tfpartial.errors import TfpartialError
from tfpartial.metrics import VolumeError, volume_error

SPACING_MM = (5.0, 4.0, 2.0)


def mask(voxels):
    return (np.arange(60) < voxels).reshape(3, 4, 5)


def test_the_error_is_signed_in_ml_and_relative_to_the_reference():
    assert volume_error(mask(20), mask(25), SPACING_MM) == VolumeError(pytest.approx(5 * 0.04), pytest.approx(0.25))
    assert volume_error(mask(20), mask(0), SPACING_MM) == VolumeError(pytest.approx(-0.8), -1.0)
    assert volume_error(mask(7), mask(7), SPACING_MM) == VolumeError(0.0, 0.0)


def test_relative_to_nothing_it_is_undefined():
    error = volume_error(mask(0), mask(5), SPACING_MM)
    assert error.ml == pytest.approx(0.2)
    assert math.isnan(error.relative)
    assert math.isnan(volume_error(mask(0), mask(0), SPACING_MM).relative)


def test_unlike_shapes_are_refused():
    with pytest.raises(TfpartialError, match=r"volume error: expected equal shapes, got reference \(3, 4, 5\) and"):
        volume_error(mask(1), mask(1)[1:], SPACING_MM)
