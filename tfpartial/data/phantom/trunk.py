"""The trunk: skin, fat, muscles, the cavity with the lungs' bases above the diaphragm and the abdomen below, and the table."""

from __future__ import annotations

import numpy as np

from tfpartial.data.phantom.build import Build
from tfpartial.data.phantom.parts import Layer, Part
from tfpartial.data.phantom.shapes import Bumps, Ellipsoid

CAVITY_Y_MM = -6.0
"""The cavity's centre lies in front of the trunk's."""
BACK_MM = 9.0
"""The muscles of the back are thicker than those in front, by twice this."""


def draw_trunk(rng: np.random.Generator, build: Build) -> list[Part]:
    """Parts from the outside inwards; `abdomen` is the space of the organs."""
    a, b = build.cavity_xy
    wall, fat = build.wall_mm, build.fat_mm
    body_y = BACK_MM + CAVITY_Y_MM
    body_b = b + wall + BACK_MM + fat * 0.85
    body = Ellipsoid((0, body_y, 0), (a + wall + fat, body_b, np.inf), exponent=2.35)
    muscles = Ellipsoid((0, body_y, 0), (a + wall, b + wall + BACK_MM, np.inf), exponent=2.3)
    cavity = Ellipsoid((0, CAVITY_Y_MM, 0), (a, b, np.inf), exponent=2.3)
    table = Ellipsoid((0, body_y + body_b + 9, 0), (205, 3, np.inf), exponent=8)
    return [
        Part("table", (table,), (Layer("table"),), solid=False),
        Part("body", (body,), (Layer("skin"), Layer("fat", 2.0)), bumps=(_bumps(rng, 2.0, 150),), solid=False),
        Part("muscles", (muscles,), (Layer("muscle"),), "body", 5.0, bumps=(_bumps(rng, 1.5, 90),), solid=False),
        Part("lungs", (cavity,), (Layer("lung"),), "muscles", 6.0, bumps=(_bumps(rng, 1.0, 120),), solid=False),
        _abdomen(rng, build),
    ]


def _abdomen(rng: np.random.Generator, build: Build) -> Part:
    """What lies under the two domes of the diaphragm, the right one higher; the lungs reach down around its edge."""
    right = Ellipsoid(build.at(-60, -10, 15), (80, 96, 104 + rng.uniform(-8, 8)))
    left = Ellipsoid(build.at(62, -8, 8), (78, 92, 98 + rng.uniform(-8, 8)))
    middle = Ellipsoid(build.at(4, -30, 10), (74, 66, 84))
    below = Ellipsoid((0, 0, -1000), (np.inf, np.inf, 1025))
    layers = (Layer("muscle"), Layer("fat", 2.5))
    bumps = (_bumps(rng, 1.5, 70),)
    # It ends 1.5 mm outside the lungs' space: where both ended together, a rim of lung would shine through at the edge.
    return Part("abdomen", (right, left, middle, below), layers, "lungs", -1.5, bumps=bumps, blend_mm=12.0, solid=False)


def _bumps(rng: np.random.Generator, height_mm: float, length_mm: float) -> Bumps:
    return Bumps.draw(rng, (0, 0, 0), height_mm, length_mm, waves=6)


def draw_heart(rng: np.random.Generator, build: Build) -> list[Part]:
    """The heart on the diaphragm and the fat around it, before the spine: what is between the lungs."""
    heart = Ellipsoid(build.at(22, -38, 138), (62, 44, 40), (0, 15, -25), exponent=2.1)
    middle = Ellipsoid(build.at(2, 22, 150), (34, 42, 85))
    return [
        Part("mediastinum", (middle,), (Layer("fat"),), "lungs", solid=False),
        Part("heart", (heart,), (Layer("muscle"), Layer("blood", 9.0)), "lungs", 4.0, bumps=(_bumps(rng, 2.0, 50),), solid=False),
    ]
