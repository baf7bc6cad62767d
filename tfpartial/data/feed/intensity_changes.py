"""Random changes of a slice's intensities on the device, as nnU-Net makes them. Drawing the strengths is apart from applying.

Isensee et al. 2021, supplement 4. The slices are normalised; every channel draws its own strength.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf
from keras import ops

from tfpartial.config import IntensityConfig, RandomRange

TINY = 1e-7
REACH = 4
"""The blur is cut off at so many standard deviations."""


class IntensityChanges(NamedTuple):
    """Strengths per slice and channel, float32 `[B, C]`; the neutral ones leave a slice as it is.

    Args:
        noise_sd: standard deviation of the noise, in standard deviations of the normalised numbers; 0 is neutral.
        blur_sd: standard deviation of the blur in pixels; 0 is neutral.
        brightness: factor of the numbers; 1 is neutral, here and below.
        contrast: factor of the distance from the mean.
        scale: share of the pixels of a side that are left.
        inverted_gamma: exponent of the negative slice.
        gamma: exponent of the slice.
        seed: int `[2]`, seed of the noise.
    """

    noise_sd: Any
    blur_sd: Any
    brightness: Any
    contrast: Any
    scale: Any
    inverted_gamma: Any
    gamma: Any
    seed: Any


def draw_intensity(config: IntensityConfig, batch: int, channels: int, seed: Any) -> IntensityChanges:
    """Draws the strengths of one batch.

    Args:
        config: shares and ranges.
        batch: number of slices, B.
        channels: number of channels, C.
        seed: int `[2]`; the same seed draws the same changes, so a resumed training goes on as if never interrupted.
    """
    draws = iter(tf.unstack(tf.random.stateless_uniform([7, 2, batch, channels], seed)))

    def drawn(change: RandomRange, neutral: float) -> Any:
        chance, place = tf.unstack(next(draws))
        # One chance for all channels of a slice.
        return tf.where(chance[:, :1] < change.share, change.low + place * (change.high - change.low), neutral)

    noise, blur = tf.sqrt(drawn(config.noise, 0.0)), drawn(config.blur, 0.0)
    brightness, contrast = drawn(config.brightness, 1.0), drawn(config.contrast, 1.0)
    scale = drawn(config.low_resolution, 1.0)
    return IntensityChanges(
        noise, blur, brightness, contrast, scale, drawn(config.inverted_gamma, 1.0), drawn(config.gamma, 1.0), seed
    )


def change_intensity(image: Any, config: IntensityConfig, changes: IntensityChanges) -> Any:
    """Changes normalised slices; what `config` leaves out costs nothing.

    Args:
        image: float32 `[B, H, W, C]`.
        config: which changes there are.
        changes: how strong they are.

    Returns:
        The same shape and dtype.
    """
    if config.noise.share:
        noise = tf.random.stateless_normal(tf.shape(image), changes.seed)
        image = image + noise * _per_slice(changes.noise_sd)
    if config.blur.share:
        image = _separable(image, lambda size: _blur_matrices(changes.blur_sd, size))
    if config.brightness.share:
        image = image * _per_slice(changes.brightness)
    if config.contrast.share:
        image = _with_contrast(image, _per_slice(changes.contrast))
    if config.low_resolution.share:
        image = _separable(image, lambda size: _coarse_matrices(changes.scale, size))
    if config.inverted_gamma.share:
        image = -_with_gamma(-image, _per_slice(changes.inverted_gamma))
    if config.gamma.share:
        image = _with_gamma(image, _per_slice(changes.gamma))
    return image


def _per_slice(strength: Any) -> Any:
    return strength[:, None, None, :]


def _with_contrast(image: Any, factor: Any) -> Any:
    low, high, mean = (function(image, axis=(1, 2), keepdims=True) for function in (ops.min, ops.max, ops.mean))
    return ops.minimum(ops.maximum((image - mean) * factor + mean, low), high)


def _with_gamma(image: Any, gamma: Any) -> Any:
    """The exponent on the slice's range as 0..1; mean and standard deviation are kept."""
    low, width = ops.min(image, axis=(1, 2), keepdims=True), _width(image)
    curved = ops.power(ops.maximum((image - low) / (width + TINY), 0.0), gamma)
    mean, sd = _moments(image)
    curved_mean, curved_sd = _moments(curved)
    kept = (curved - curved_mean) / (curved_sd + TINY) * sd + mean
    return ops.where(gamma == 1.0, image, kept)


def _width(image: Any) -> Any:
    return ops.max(image, axis=(1, 2), keepdims=True) - ops.min(image, axis=(1, 2), keepdims=True)


def _moments(image: Any) -> tuple[Any, Any]:
    return ops.mean(image, axis=(1, 2), keepdims=True), ops.std(image, axis=(1, 2), keepdims=True)


def _separable(image: Any, matrices: Any) -> Any:
    """A linear map of rows, and the same of columns; `matrices` gives `[B, C, size, size]` for a side."""
    height, width = image.shape[1:3]
    planes = ops.transpose(image, (0, 3, 1, 2))  # [B, C, H, W]
    planes = ops.matmul(ops.matmul(matrices(height), planes), ops.swapaxes(matrices(width), -1, -2))
    return ops.transpose(planes, (0, 2, 3, 1))


def _blur_matrices(sd: Any, size: int) -> Any:
    """Gaussian weights whose rows sum to 1, so that the border stays as bright as it is."""
    places = ops.arange(size, dtype="float32")
    distance = places[:, None] - places[None, :]
    width = ops.maximum(sd, TINY)[:, :, None, None]
    weights = ops.where(ops.abs(distance) <= REACH * width, ops.exp(-0.5 * ops.square(distance / width)), 0.0)
    return weights / ops.sum(weights, axis=-1, keepdims=True)


def _coarse_matrices(scale: Any, size: int) -> Any:
    """Nearest pixels of a coarser grid, and linear interpolation between them."""
    coarse = ops.maximum(ops.round(size * scale), 1.0)[:, :, None]  # pixels of the coarse side
    places = ops.arange(size, dtype="float32")
    at = ops.clip((places + 0.5) * coarse / size - 0.5, 0.0, coarse - 1.0)  # where a fine pixel lies among the coarse ones
    lower = ops.floor(at)
    upper = ops.minimum(lower + 1.0, coarse - 1.0)
    share = (at - lower)[..., None]

    def nearest(number: Any) -> Any:
        fine = ops.clip(ops.floor((number + 0.5) * size / coarse), 0, size - 1)
        return ops.one_hot(ops.cast(fine, "int32"), size, dtype="float32")

    return (1.0 - share) * nearest(lower) + share * nearest(upper)
