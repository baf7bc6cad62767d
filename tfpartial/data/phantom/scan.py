"""How a patient is scanned: coverage, slice thickness, field of view, sharpness and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

LOWEST_HU, HIGHEST_HU = -1024, 3071
NOISE_LENGTH_MM = 0.6
"""Standard deviation of the Gaussian that correlates the noise in plane."""


@dataclass(frozen=True)
class Scan:
    """Geometry and quality of one scan. z = 0 is at the pancreas.

    Args:
        size: rows and columns.
        slices: number of slices.
        spacing_mm_zyx: spacing.
        origin_mm_zyx: position of the first voxel's centre.
        blur_mm: standard deviation of the in-plane point spread.
        noise_hu: standard deviation of the noise.
    """

    size: tuple[int, int]
    slices: int
    spacing_mm_zyx: tuple[float, float, float]
    origin_mm_zyx: tuple[float, float, float]
    blur_mm: float
    noise_hu: float

    def centres_mm(self, axis: int) -> np.ndarray:
        """Voxel centres along axis 0 (z), 1 (y) or 2 (x)."""
        count = (self.slices, *self.size)[axis]
        return self.origin_mm_zyx[axis] + self.spacing_mm_zyx[axis] * np.arange(count)


def draw_scan(rng: np.random.Generator, size: tuple[int, int], slice_mm: tuple[float, float]) -> Scan:
    """From the lungs' bases to below the kidneys, a little more or less; a square field of view of 385 to 415 mm."""
    thickness = float(np.round(rng.uniform(*slice_mm), 2))
    top, bottom = rng.uniform(105, 155), rng.uniform(-170, -85)
    slices = int(np.ceil((top - bottom) / thickness))
    width = rng.uniform(385, 415)
    centre_yx = rng.uniform(-6, 6, 2)
    spacing = (thickness, width / size[0], width / size[1])
    first_yx = centre_yx - width / 2 + np.asarray(spacing[1:]) / 2
    return Scan(
        size,
        slices,
        spacing,
        (float(bottom + thickness / 2), float(first_yx[0]), float(first_yx[1])),
        blur_mm=float(rng.uniform(0.5, 0.8)),
        noise_hu=float(rng.uniform(9, 18)),
    )


def expose(rng: np.random.Generator, clean_hu: np.ndarray, scan: Scan) -> np.ndarray:
    """One slice as the scanner would give it: point spread, then correlated noise.

    Args:
        clean_hu: float32 `[Y, X]`.

    Returns:
        int16 `[Y, X]`, -1024 to 3071 HU.
    """
    spacing = np.asarray(scan.spacing_mm_zyx[1:])
    sharp = gaussian_filter(clean_hu, scan.blur_mm / spacing, truncate=3.0)
    noise = gaussian_filter(rng.standard_normal(clean_hu.shape, dtype=np.float32), NOISE_LENGTH_MM / spacing, truncate=3.0)
    noisy = sharp + noise * np.float32(scan.noise_hu / noise.std())
    return np.clip(np.rint(noisy), LOWEST_HU, HIGHEST_HU).astype(np.int16)
