"""A patient's build: the size of the abdomen, and where a place of the template lies in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

TEMPLATE_CAVITY_XY = (125.0, 82.0)
"""Semi-axes in mm of the abdominal cavity for which the organs' places are written down."""
KIDNEY_X_MM = 63.0
KIDNEY_Z_MM = {1: 8.0, -1: -14.0}
"""Height of the left (1) and of the right (-1) kidney in the template."""


@dataclass(frozen=True)
class Build:
    """Sizes of one patient, in mm.

    Args:
        cavity_xy: semi-axes of the abdominal cavity, the space inside the muscles.
        wall_mm: thickness of the muscles.
        fat_mm: thickness of the fat under the skin.
        length: size along z, relative to the template.
    """

    cavity_xy: tuple[float, float]
    wall_mm: float
    fat_mm: float
    length: float

    def at(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Where a place of the template is in this patient."""
        return x * self.cavity_xy[0] / TEMPLATE_CAVITY_XY[0], y * self.cavity_xy[1] / TEMPLATE_CAVITY_XY[1], z * self.length

    @property
    def scale(self) -> float:
        """Size of the organs relative to the template's: their volume follows the cavity's cross-section, weakly."""
        cross_section = np.prod(self.cavity_xy) / np.prod(TEMPLATE_CAVITY_XY)
        return float((cross_section * self.length) ** (1 / 3))


def draw_build(rng: np.random.Generator) -> Build:
    """A patient from slim to stout; the body stays narrower than 370 mm."""
    cavity_x = rng.normal(125.0, 5.0)
    return Build(
        cavity_xy=(float(np.clip(cavity_x, 114, 135)), float(np.clip(cavity_x * rng.normal(0.66, 0.025), 72, 96))),
        wall_mm=float(rng.uniform(10.0, 15.0)),
        fat_mm=float(rng.uniform(7.0, 32.0)),
        length=float(np.clip(rng.normal(1.0, 0.05), 0.88, 1.12)),
    )


def near(rng: np.random.Generator, place_xyz: ArrayLike, spread_mm: float) -> tuple[float, float, float]:
    """A place moved at random, by at most twice `spread_mm` along each axis."""
    x, y, z = np.asarray(place_xyz) + spread_mm * np.clip(rng.standard_normal(3), -2, 2)
    return float(x), float(y), float(z)


def size(rng: np.random.Generator, build: Build, spread: float) -> float:
    """Relative size of an organ: the patient's, times a random factor within ±2 `spread`."""
    return build.scale * float(np.exp(spread * np.clip(rng.standard_normal(), -2, 2)))
