"""Random affine maps: what is drawn, and what applying them does to slices."""

import numpy as np
import pytest
import tensorflow as tf

from tfpartial.config import AugmentConfig
from tfpartial.data.feed.augment import Affine, draw_affine, unwarp, warp


def affine(shift=(0.0, 0.0), rotation=0.0, scale=1.0, flip=1.0):
    return Affine(*(np.array([value], dtype="float32") for value in (shift, rotation, scale, flip)))


def moved(picture, interpolation="nearest", fill=0, **parameters):
    slices = np.asarray(picture)[None, ..., None]
    return np.asarray(warp(slices, affine(**parameters), interpolation, fill))[0, ..., 0]


@pytest.fixture
def label():
    return np.random.default_rng(0).integers(0, 4, (8, 8)).astype(np.uint8)


def test_the_identity_changes_nothing(label):
    assert np.array_equal(moved(label), label)
    image = np.random.default_rng(0).normal(size=(6, 9)).astype("float32")
    np.testing.assert_allclose(moved(image, "bilinear"), image, atol=1e-6)


def test_shifts_by_a_share_of_the_side_and_fills_the_rest():
    picture = np.arange(16, dtype=np.uint8).reshape(4, 4) + 1
    expected = np.zeros((4, 4), dtype=np.uint8)
    expected[1:, 2:] = picture[:3, :2]
    assert np.array_equal(moved(picture, shift=(0.25, 0.5)), expected)
    assert moved(picture.astype("float32"), "bilinear", fill=-7.0, shift=(0.25, 0.0))[0].tolist() == [-7.0] * 4


def test_each_channel_is_filled_with_its_own_number():
    slices = np.ones((1, 4, 4, 2), np.float32)
    result = np.asarray(warp(slices, affine(shift=(0.25, 0.0)), "bilinear", np.array([-7.0, 3.0], np.float32)))
    assert result[0, 0].tolist() == [[-7.0, 3.0]] * 4
    assert (result[0, 1:] == 1).all()


def test_rotates_a_quarter_about_the_centre(label):
    turned = moved(label, rotation=np.pi / 2)
    assert any(np.array_equal(turned, np.rot90(label, times)) for times in (1, 3))


def test_flips_left_and_right_only(label):
    assert np.array_equal(moved(label, flip=-1.0), label[:, ::-1])


def test_scale_two_doubles_the_size():
    picture = np.zeros((8, 8), dtype=np.uint8)
    picture[3:5, 3:5] = 1
    assert moved(picture, scale=2.0).sum() == 16


def test_labels_keep_their_codes_and_dtype():
    label = np.random.default_rng(1).choice(np.array([0, 1, 3, 255], dtype=np.uint8), (16, 16))
    turned = moved(label, rotation=0.3, scale=1.1, shift=(0.1, -0.1))
    assert turned.dtype == np.uint8
    assert set(np.unique(turned)) <= {0, 1, 3, 255}


def test_image_and_label_move_together():
    label = np.zeros((32, 32), dtype=np.uint8)
    label[10:20, 8:16] = 1
    parameters = {"rotation": 0.4, "scale": 1.2, "shift": (0.1, 0.05)}
    image = moved(label.astype("float32"), "bilinear", **parameters)
    assert np.abs((image > 0.5) ^ (moved(label, **parameters) == 1)).sum() <= 4  # ties on the edge only


def test_draws_stay_in_their_ranges_and_differ_between_slices():
    config = AugmentConfig(translation=0.1, rotation_deg=20, scale=0.3, flip=False)
    drawn = draw_affine(config, 500, tf.constant([0, 1]))
    assert np.abs(drawn.shift).max() <= 0.1 and np.abs(drawn.shift).max() > 0.09
    assert np.abs(drawn.rotation).max() <= np.radians(20) and np.abs(drawn.rotation).max() > np.radians(18)
    assert np.abs(np.asarray(drawn.scale) - 1).max() <= 0.3
    assert np.all(np.asarray(drawn.flip) == 1)
    assert len(np.unique(drawn.rotation)) == 500


def test_a_range_of_sizes_is_drawn_half_below_and_half_above_one():
    scale = np.asarray(draw_affine(AugmentConfig(scale=(0.7, 1.4)), 2000, tf.constant([0, 1])).scale)
    assert 0.7 <= scale.min() < 0.71 and 1.39 < scale.max() <= 1.4
    assert 900 < (scale < 1).sum() < 1100
    assert np.median(scale[scale > 1]) == pytest.approx(1.2, abs=0.03)


def test_shares_of_the_slices_are_rotated_and_scaled_each_by_its_own_chance():
    all_slices, some = AugmentConfig(), AugmentConfig(rotation_share=0.2, scale_share=0.4)
    drawn, chosen = (draw_affine(config, 2000, tf.constant([0, 1])) for config in (all_slices, some))
    rotated, scaled = np.asarray(chosen.rotation) != 0, np.asarray(chosen.scale) != 1
    assert rotated.mean() == pytest.approx(0.2, abs=0.03) and scaled.mean() == pytest.approx(0.4, abs=0.03)
    assert (rotated & scaled).mean() == pytest.approx(0.08, abs=0.02)
    np.testing.assert_array_equal(np.asarray(chosen.rotation)[rotated], np.asarray(drawn.rotation)[rotated])
    np.testing.assert_array_equal(np.asarray(chosen.scale)[scaled], np.asarray(drawn.scale)[scaled])
    np.testing.assert_array_equal(chosen.shift, drawn.shift)


def test_nothing_changes_at_a_share_of_0():
    drawn = draw_affine(AugmentConfig(rotation_share=0.0, scale_share=0.0), 50, tf.constant([0, 1]))
    assert not np.any(drawn.rotation) and np.all(np.asarray(drawn.scale) == 1)


def test_flips_about_half_of_the_slices_when_asked():
    flips = np.asarray(draw_affine(AugmentConfig(flip=True), 400, tf.constant([0, 1])).flip)
    assert 150 < (flips == -1).sum() < 250


def test_the_same_seed_draws_the_same_in_a_compiled_step_and_eagerly():
    config = AugmentConfig()
    compiled = tf.function(lambda seed: draw_affine(config, 3, seed))(tf.constant([5, 7]))
    for one, other in zip(compiled, draw_affine(config, 3, tf.constant([5, 7])), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(compiled.rotation, draw_affine(config, 3, tf.constant([5, 8])).rotation)


def test_moving_back_undoes_the_move_where_nothing_left_the_slice():
    rows, columns = np.mgrid[0:24, 0:32] / 8.0
    image = (np.sin(rows) + np.cos(columns)).astype("float32")[None, ..., None]
    motion = affine(shift=(0.1, -0.05), rotation=0.2, scale=1.1, flip=-1.0)
    there = warp(image, motion, "bilinear", 0.0)
    back = np.asarray(unwarp(there, motion, "bilinear", 0.0))
    assert not np.allclose(there, image, atol=0.1)
    np.testing.assert_allclose(back[0, 8:16, 12:20], image[0, 8:16, 12:20], atol=0.02)
