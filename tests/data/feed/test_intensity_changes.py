"""Random changes of the intensities: what is drawn, and what each does to slices."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from tfpartial.config import IntensityConfig, RandomRange
from tfpartial.data.feed.intensity_changes import IntensityChanges, change_intensity, draw_intensity
from tfpartial.errors import TfpartialError

NEUTRAL = {"noise_sd": 0, "blur_sd": 0, "brightness": 1, "contrast": 1, "scale": 1, "inverted_gamma": 1, "gamma": 1}
ON = RandomRange(1.0, 1.0, 1.0)
ALL = IntensityConfig(*[ON] * 7)


@pytest.fixture
def image():
    return np.random.default_rng(0).normal(size=(2, 12, 16, 2)).astype("float32")


def changed(image, **strengths) -> np.ndarray:
    """The slices with these strengths in all channels, everything else neutral."""
    values = {name: np.full((len(image), image.shape[-1]), value, "float32") for name, value in (NEUTRAL | strengths).items()}
    return np.asarray(change_intensity(tf.constant(image), ALL, IntensityChanges(**values, seed=tf.constant([1, 2]))))


def test_neutral_strengths_change_nothing(image):
    np.testing.assert_allclose(changed(image), image, atol=1e-5)


def test_what_is_left_out_does_not_change_a_slice_whatever_its_strength(image):
    drawn = draw_intensity(ALL, 2, 2, (0, 0))._replace(brightness=np.full((2, 2), 3.0, "float32"))
    assert np.array_equal(change_intensity(image, IntensityConfig(), drawn), image)


def test_brightness_is_a_factor(image):
    np.testing.assert_allclose(changed(image, brightness=1.25), 1.25 * image, atol=1e-5)


def test_contrast_spreads_about_the_mean_within_the_range(image):
    mean, low, high = (function(image, axis=(1, 2), keepdims=True) for function in (np.mean, np.min, np.max))
    np.testing.assert_allclose(changed(image, contrast=0.75), (image - mean) * 0.75 + mean, atol=1e-5)
    wide = changed(image, contrast=1.25)
    np.testing.assert_allclose(wide, np.clip((image - mean) * 1.25 + mean, low, high), atol=1e-5)
    assert (wide == high).sum() > 4, "numbers beyond the range are set to its end"


@pytest.mark.parametrize("name", ["gamma", "inverted_gamma"])
def test_gamma_bends_the_range_and_keeps_mean_and_sd(image, name):
    sign = -1 if name == "inverted_gamma" else 1
    bent = changed(image, **{name: 1.5})
    np.testing.assert_allclose(bent.mean(axis=(1, 2)), image.mean(axis=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(bent.std(axis=(1, 2)), image.std(axis=(1, 2)), atol=1e-5)
    one = sign * image[0, :, :, 1]
    curved = ((one - one.min()) / (one.max() - one.min())) ** 1.5
    expected = (curved - curved.mean()) / curved.std() * one.std() + one.mean()
    np.testing.assert_allclose(bent[0, :, :, 1], sign * expected, atol=1e-4)


def test_a_slice_of_one_number_stays_finite():
    flat = np.full((1, 8, 8, 1), -1.5, "float32")
    for name in ("gamma", "inverted_gamma", "contrast", "blur_sd", "scale"):
        np.testing.assert_allclose(changed(flat, **{name: 0.7}), flat, atol=1e-5)


def test_blur_is_gaussian():
    picture = np.zeros((1, 25, 31, 1), "float32")
    picture[0, 12, 15] = 1
    expected = ndimage.gaussian_filter(picture[0, ..., 0], 0.8, truncate=6)
    np.testing.assert_allclose(changed(picture, blur_sd=0.8)[0, ..., 0], expected, atol=1e-4)


def test_half_the_resolution_takes_every_second_pixel_and_interpolates():
    ramp = np.tile(np.arange(8, dtype="float32")[:, None], (1, 8))[None, ..., None]
    # Coarse pixels 1, 3, 5, 7 lie at 0.5, 2.5, 4.5, 6.5.
    expected = [1, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7]
    np.testing.assert_allclose(changed(ramp, scale=0.5)[0, :, 3, 0], expected, atol=1e-5)


def test_noise_has_the_given_sd_and_differs_by_slice():
    noisy = changed(np.zeros((2, 64, 64, 1), "float32"), noise_sd=0.3)
    np.testing.assert_allclose(noisy.std(axis=(1, 2)), 0.3, atol=0.02)
    assert not np.array_equal(noisy[0], noisy[1])


def test_the_share_of_changed_slices_and_their_range():
    config = IntensityConfig(noise=RandomRange(0.5, 0.01, 0.04), gamma=RandomRange(0.25, 0.7, 1.5))
    drawn = draw_intensity(config, 4000, 2, (3, 0))
    noise, gamma = np.asarray(drawn.noise_sd), np.asarray(drawn.gamma)
    assert (noise > 0).mean() == pytest.approx(0.5, abs=0.03)
    assert (gamma != 1).mean() == pytest.approx(0.25, abs=0.03)
    assert 0.1 <= noise[noise > 0].min() < 0.11 and 0.19 < noise.max() <= 0.2, "the variance is drawn"
    assert 0.7 <= gamma.min() < 0.71 and 1.49 < gamma.max() <= 1.5
    assert np.array_equal(noise[:, 0] > 0, noise[:, 1] > 0), "a slice is changed in all channels or in none"
    assert (noise[noise[:, 0] > 0, 0] != noise[noise[:, 0] > 0, 1]).all(), "each channel draws its strength"
    assert np.all(np.asarray(drawn.brightness) == 1)


def test_the_same_seed_draws_the_same():
    config = IntensityConfig(gamma=RandomRange(1.0, 0.7, 1.5))
    one, same, other = (np.asarray(draw_intensity(config, 3, 1, seed).gamma) for seed in ((0, 1), (0, 1), (0, 2)))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"noise": RandomRange(1.5)}, r"augment\.intensity\.noise\.share: expected 0 to 1, got 1\.5"),
        ({"blur": RandomRange(0.1, 1.0, 0.5)}, r"intensity\.blur: expected a `low` that is not above `high`"),
        ({"noise": RandomRange(0.1, -1.0, 0.5)}, r"intensity\.noise\.low: expected 0 or more, got -1\.0"),
        ({"gamma": RandomRange(0.1, 0.0, 0.5)}, r"intensity\.gamma\.low: expected above 0, got 0\.0"),
        ({"low_resolution": RandomRange(0.1, 0.5, 2.0)}, r"intensity\.low_resolution\.high: expected 1 or less, got 2\.0"),
    ],
)
def test_impossible_ranges_are_named(change, message):
    with pytest.raises(TfpartialError, match=message):
        IntensityConfig(**change)
