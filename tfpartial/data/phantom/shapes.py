"""Smooth shapes as signed distance in mm: negative inside, zero on the surface, positive outside.

Positions are `(x, y, z)` in mm, LPS (x to the patient's left, y to the back, z to the head). A shape is evaluated on three axes
and gives float32 `[z, y, x]`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

FAR_MM = 10.0
"""Outside a tube, distances are exact up to here and stay at this value beyond."""

Axes = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Coordinates in mm of a lattice: z `[Z]`, y `[Y]`, x `[X]`, ascending and float32."""


class Shape(Protocol):
    """What a part is made of."""

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest `(x, y, z)` in mm; the shape lies between."""

    def distance(self, axes: Axes) -> np.ndarray:
        """Signed distance in mm, float32 `[Z, Y, X]`."""


@dataclass(frozen=True)
class Ellipsoid:
    """A superellipsoid: `sum |q_i / semi_i| ** exponent = 1` along its own axes q.

    Args:
        centre_xyz: centre in mm.
        semi_xyz: semi-axes in mm; infinite along an axis on which the shape does not end.
        turn_deg: rotations in degrees about x, y and z, in this order, about the centre.
        exponent: 2 is an ellipsoid; larger is boxier.
    """

    centre_xyz: ArrayLike
    semi_xyz: ArrayLike
    turn_deg: ArrayLike = (0.0, 0.0, 0.0)
    exponent: float = 2.0

    def _rotation(self) -> np.ndarray:
        """Columns are the ellipsoid's own axes."""
        return Rotation.from_euler("xyz", np.asarray(self.turn_deg, dtype=np.float64), degrees=True).as_matrix()

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        share = np.abs(self._rotation())
        reach = np.multiply(share, self.semi_xyz, out=np.zeros((3, 3)), where=share > 0).sum(axis=1)
        return np.asarray(self.centre_xyz) - reach, np.asarray(self.centre_xyz) + reach

    def distance(self, axes: Axes) -> np.ndarray:
        """`(r - 1) / |grad r|`, r the superellipsoidal radius: the distance to first order, exact on the surface."""
        power, rotation = self.exponent, self._rotation().astype(np.float32)
        semi, centre = np.asarray(self.semi_xyz, dtype=np.float32), np.asarray(self.centre_xyz, dtype=np.float32)
        offsets = [axis - c for axis, c in zip(_columns(axes), centre, strict=True)]
        total = slope = np.zeros((1, 1, 1), dtype=np.float32)
        # Zero terms are left out: an upright ellipsoid costs powers of vectors, not of volumes, and an endless one is flat.
        for i in np.flatnonzero(np.isfinite(semi)):
            q = np.abs(sum(rotation[j, i] * offsets[j] for j in range(3) if rotation[j, i]) / semi[i])
            total = total + q**power
            slope = slope + (q ** (power - 1) / semi[i]) ** 2
        radius = np.maximum(total, 1e-6) ** np.float32(1 / power)
        gradient = radius ** np.float32(1 - power) * np.sqrt(slope)
        distance = (radius - 1) / np.maximum(gradient, 1 / semi[np.isfinite(semi)].max())
        return np.broadcast_to(distance, [len(axis) for axis in axes])


@dataclass(frozen=True)
class Tube:
    """Balls strung along a curve.

    Args:
        points_xyz: centres in mm, `[N, 3]`, close together.
        radii_mm: radii, `[N]`.
    """

    points_xyz: np.ndarray
    radii_mm: np.ndarray

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        radii = self.radii_mm[:, None]
        return (self.points_xyz - radii).min(axis=0), (self.points_xyz + radii).max(axis=0)

    def distance(self, axes: Axes) -> np.ndarray:
        """Distance to the nearest ball; each ball is evaluated only where it is nearer than `FAR_MM`."""
        out = np.full([len(axis) for axis in axes], FAR_MM, dtype=np.float32)
        points, radii = self.points_xyz.astype(np.float32), self.radii_mm.astype(np.float32)
        places = points[:, ::-1]  # (N, zyx)
        first = [np.searchsorted(axis, places[:, i] - radii - FAR_MM) for i, axis in enumerate(axes)]
        last = [np.searchsorted(axis, places[:, i] + radii + FAR_MM) for i, axis in enumerate(axes)]
        squares = [(axis - places[:, i, None]) ** 2 for i, axis in enumerate(axes)]  # (N, Z), (N, Y), (N, X)
        for n, radius in enumerate(radii):
            z, y, x = (slice(int(low[n]), int(high[n])) for low, high in zip(first, last, strict=True))
            squared = squares[0][n, z, None, None] + squares[1][n, y, None] + squares[2][n, x]
            np.minimum(out[z, y, x], np.sqrt(squared) - radius, out=out[z, y, x])
        return out


@dataclass(frozen=True)
class Bumps:
    """A smooth random field, a sum of plane waves, that makes a surface irregular.

    Args:
        origin_xyz: where the waves' phases count from, in mm.
        waves_xyz: wave vectors in rad/mm, `[N, 3]`.
        phases: `[N]`, radians.
        height_mm: standard deviation of the field.
    """

    origin_xyz: ArrayLike
    waves_xyz: np.ndarray = field(repr=False)
    phases: np.ndarray = field(repr=False)
    height_mm: float

    @classmethod
    def draw(cls, rng: np.random.Generator, origin_xyz: ArrayLike, height_mm: float, length_mm: float, waves: int = 8) -> Bumps:
        """Waves in random directions, of lengths around `length_mm`."""
        direction = rng.standard_normal((waves, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        number = 2 * np.pi / (length_mm * rng.uniform(0.75, 1.5, (waves, 1)))
        return cls(origin_xyz, direction * number, rng.uniform(0, 2 * np.pi, waves), height_mm)

    def moved(self, origin_xyz: ArrayLike, mirrored: bool) -> Bumps:
        """The same field about another origin; `mirrored` exchanges left and right."""
        return replace(self, origin_xyz=origin_xyz, waves_xyz=self.waves_xyz * [-1 if mirrored else 1, 1, 1])

    @property
    def highest_mm(self) -> float:
        """No value is above this: all waves at their crest."""
        return float(self.height_mm * np.sqrt(2 * len(self.phases)))

    def values(self, axes: Axes) -> np.ndarray:
        """float32 `[Z, Y, X]` in mm: `sum_n cos(k_n · (position - origin) + phase_n)`, scaled to `height_mm`."""
        origin = np.asarray(self.origin_xyz, dtype=np.float32)
        z, y, x = (axis - o for axis, o in zip(axes, origin[::-1], strict=True))
        waves = self.waves_xyz.astype(np.float32)
        along_zy = np.multiply.outer(z, waves[:, 2])[:, None] + np.multiply.outer(y, waves[:, 1]) + self.phases.astype(np.float32)
        along_x = np.multiply.outer(x, waves[:, 0])
        # cos(a + b) = cos a cos b - sin a sin b: cosines of planes and lines, not of the volume.  # (Z, Y, 2N), (X, 2N)
        left = np.concatenate([np.cos(along_zy), -np.sin(along_zy)], axis=-1)
        right = np.concatenate([np.cos(along_x), np.sin(along_x)], axis=-1)
        scale = np.float32(self.height_mm * np.sqrt(2 / len(waves)))
        return scale * np.einsum("zyn,xn->zyx", left, right)


def tube(points_xyz: ArrayLike, radii_mm: ArrayLike, step_mm: float | None = None) -> Tube:
    """A tube along a smooth curve through a few points, its radius running linearly from one to the next.

    The balls stand `step_mm` apart; by default so that the surface is even to 2 % of the smallest radius.
    """
    step_mm = step_mm or 0.4 * float(np.min(radii_mm))
    points = np.asarray(points_xyz, dtype=np.float64)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    knots = np.linspace(0.0, along[-1], max(2, int(np.ceil(along[-1] / step_mm)) + 1))
    return Tube(
        CubicSpline(along, points, bc_type="natural")(knots), np.interp(knots, along, np.asarray(radii_mm, dtype=np.float64))
    )


def smooth_union(a: np.ndarray, b: np.ndarray, blend_mm: float) -> np.ndarray:
    """The union of two shapes, with the crease between them filled over `blend_mm` (polynomial smooth minimum)."""
    if blend_mm <= 0:
        return np.minimum(a, b)
    overlap = np.maximum(blend_mm - np.abs(a - b), 0)
    return np.minimum(a, b) - overlap**2 / np.float32(4 * blend_mm)


def smooth_cut(a: np.ndarray, b: np.ndarray, blend_mm: float) -> np.ndarray:
    """`a` without `b`, the edge between them rounded over `blend_mm`."""
    return -smooth_union(-a, b, blend_mm)


def _columns(axes: Axes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x `[1, 1, X]`, y `[1, Y, 1]` and z `[Z, 1, 1]`."""
    z, y, x = axes
    return x[None, None, :], y[None, :, None], z[:, None, None]


def window_of(axes: Axes, low_xyz: np.ndarray, high_xyz: np.ndarray) -> tuple[slice, slice, slice]:
    """The part of the lattice between two corners."""
    z, y, x = (
        slice(int(np.searchsorted(axis, low)), int(np.searchsorted(axis, high, side="right")))
        for axis, low, high in zip(axes, low_xyz[::-1], high_xyz[::-1], strict=True)
    )
    return z, y, x
