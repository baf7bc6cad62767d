import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.data.store.inplane import InPlane
from tfpartial.errors import TfpartialError

SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9))


def test_pads_around_the_centre_with_air_and_background():
    inplane = InPlane((2, 3), (5, 5))
    image = inplane.image(np.arange(1, 7, dtype=np.int16).reshape(1, 2, 3, 1))
    expected = np.full((5, 5), -1024)
    expected[1:3, 1:4] = [[1, 2, 3], [4, 5, 6]]  # of three rows to add, one goes first
    np.testing.assert_array_equal(image[0, ..., 0], expected)
    label = inplane.label(np.ones((1, 2, 3), np.uint8))
    assert label.sum() == 6
    assert label[0, 0].sum() == 0
    assert not inplane.cropped


def test_crops_around_the_centre():
    inplane = InPlane((5, 4), (2, 4))
    label = np.repeat(np.arange(5, dtype=np.uint8), 4).reshape(1, 5, 4)
    assert inplane.cropped
    assert inplane.label(label)[0, :, 0].tolist() == [1, 2]
    assert inplane.native_label(inplane.label(label))[0, :, 0].tolist() == [0, 1, 2, 0, 0]


@given(SIZES, SIZES, st.integers(0, 2**32 - 1))
def test_the_way_back_is_exact_where_the_network_saw(native_size, size, seed):
    inplane = InPlane(native_size, size)
    label = np.random.default_rng(seed).integers(1, 255, (2, *native_size)).astype(np.uint8)
    back = inplane.native_label(inplane.label(label))
    seen = inplane.native_label(np.ones((2, *size), np.uint8)) == 1
    np.testing.assert_array_equal(back, np.where(seen, label, 0))
    assert seen.all() == (not inplane.cropped)
    probability = np.random.default_rng(seed).random((2, *size, 3)).astype(np.float32)
    native = inplane.native_probability(probability)
    assert native.dtype == np.float32
    assert native.shape == (2, *native_size, 3)
    assert (native[~seen] == 0).all()


def test_image_and_label_stay_aligned():
    inplane = InPlane((7, 6), (4, 9))
    label = np.random.default_rng(0).integers(0, 5, (1, 7, 6)).astype(np.uint8)
    image = label[..., np.newaxis].astype(np.int16)
    moved = inplane.image(image)[..., 0]
    np.testing.assert_array_equal(np.where(moved == -1024, 0, moved), inplane.label(label))


def test_resampling_doubles_a_ramp_exactly():
    # from 2 mm to 1 mm: the centres of new voxels lie a quarter voxel beside the old ones
    inplane = InPlane((1, 4), (1, 8), native_spacing_mm=(1.0, 2.0), spacing_mm=(1.0, 1.0))
    ramp = np.array([0, 100, 200, 300], np.int16).reshape(1, 1, 4, 1)
    assert inplane.image(ramp)[0, 0, :, 0].tolist() == [0, 25, 75, 125, 175, 225, 275, 300]
    label = np.array([[[0, 1, 1, 2]]], np.uint8)
    assert inplane.label(label)[0, 0].tolist() == [0, 0, 1, 1, 1, 1, 2, 2]
    assert inplane.native_label(inplane.label(label))[0, 0].tolist() == [0, 1, 1, 2]


def test_resampling_keeps_the_centre_and_covers_the_field_of_view():
    inplane = InPlane((5, 5), (4, 4), native_spacing_mm=(1.0, 1.0), spacing_mm=(1.5, 1.5))
    assert not inplane.cropped  # 5 mm are 3.3 voxels of 1.5 mm, so 4
    ramp = np.tile(np.arange(-2, 3, dtype=np.int16) * 100, (5, 1)).reshape(1, 5, 5, 1)
    assert inplane.image(ramp)[0, 0, :, 0].tolist() == [-200, -75, 75, 200]
    assert InPlane((5, 5), (3, 4), (1.0, 1.0), (1.5, 1.5)).cropped


@given(SIZES, st.floats(0.4, 3.0), st.floats(0.4, 3.0))
def test_a_constant_stays_constant_both_ways_whatever_the_spacing(native_size, native_mm, new_mm):
    inplane = InPlane(native_size, (40, 40), (native_mm, native_mm), (new_mm, new_mm))
    whole = InPlane(native_size, (80, 80), (native_mm, native_mm), (new_mm, new_mm))
    assert not whole.cropped
    assert (whole.native_label(whole.label(np.full((1, *native_size), 3, np.uint8))) == 3).all()
    image = inplane.image(np.full((1, *native_size, 1), 40, np.int16))
    assert set(np.unique(image)) <= {-1024, 40}
    probability = whole.native_probability(np.full((1, 80, 80, 1), 0.5, np.float32))
    np.testing.assert_allclose(probability, 0.5)


def test_an_equal_spacing_does_not_resample():
    inplane = InPlane((3, 3), (3, 3), native_spacing_mm=(0.78125, 0.78125), spacing_mm=(0.78125001, 0.78125))
    assert not inplane.resampled
    image = np.arange(9, dtype=np.int16).reshape(1, 3, 3, 1)
    np.testing.assert_array_equal(inplane.image(image), image)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": (0, 4)}, "in-plane size: expected positive numbers"),
        ({"spacing_mm": (1.0, 1.0)}, "resampling needs the native spacing, got none"),
        ({"spacing_mm": (1.0, 0.0), "native_spacing_mm": (1.0, 1.0)}, "expected positive mm"),
        ({"spacing_mm": (1.0, float("nan")), "native_spacing_mm": (1.0, 1.0)}, "expected positive mm"),
    ],
)
def test_refuses_what_has_no_meaning(arguments, message):
    with pytest.raises(TfpartialError, match=message):
        InPlane(**({"native_size": (4, 4), "size": (4, 4)} | arguments))
