"""Spine and ribs."""

from __future__ import annotations

import numpy as np

from tfpartial.data.phantom.build import Build
from tfpartial.data.phantom.parts import Layer, Part
from tfpartial.data.phantom.shapes import Ellipsoid, Tube, tube
from tfpartial.data.phantom.trunk import BACK_MM, CAVITY_Y_MM

BONE = (Layer("cortical_bone"), Layer("spongy_bone", 2.5))
VERTEBRA_MM = 33.0
"""Height of a vertebra with its disc."""
RIB_REACH_RAD = {7: 2.5, 8: 2.45, 9: 2.4, 10: 2.25, 11: 1.55, 12: 0.95}
"""How far round the trunk each rib reaches, in radians from the spine."""


def draw_spine(rng: np.random.Generator, build: Build) -> list[Part]:
    """Vertebral column with discs, arch with canal, and the processes."""
    y = build.at(0, 52, 0)[1]
    radius = 19 * build.scale * rng.uniform(0.94, 1.06)
    heights = VERTEBRA_MM * build.length * (np.arange(-9, 8) + rng.uniform())
    column = Ellipsoid((0, y, 0), (radius * 1.1, radius * 0.9, np.inf), exponent=2.2)
    arch = Ellipsoid((0, y + radius + 5, 0), (17, 13, np.inf))
    canal = Ellipsoid((0, y + radius + 5, 0), (10, 7.5, np.inf))
    discs = tuple(Ellipsoid((0, y, z), (40, 40, 4), exponent=4) for z in heights)
    back = y + radius + 14
    spines = tuple(tube([(0, back, z), (0, back + 24, z - 12)], [5, 4]) for z in heights)
    wings = tuple(tube([(side * 12, y + radius, z), (side * 36, y + radius + 8, z)], [5, 4]) for side in (-1, 1) for z in heights)
    return [
        Part("vertebrae", (column,), BONE, "body", clearance_mm=0),
        Part("discs", discs, (Layer("disc"),), "vertebrae", solid=False),
        Part("arch", (arch, *spines, *wings), BONE, "body", 3.0, clearance_mm=0),
        Part("canal", (canal,), (Layer("cord"),), solid=False),
    ]


def draw_ribs(rng: np.random.Generator, build: Build) -> list[Part]:
    """The lower ribs: each runs round the wall of the cavity and down towards the front; left and right are alike."""
    step = 30 * build.length * rng.uniform(0.93, 1.07)
    lowest = rng.uniform(0, 20)
    ribs = [_rib(build, side, lowest + (12 - n) * step, reach) for n, reach in RIB_REACH_RAD.items() for side in (-1, 1)]
    return [Part("ribs", tuple(ribs), BONE, "body", 3.0, clearance_mm=0)]


def _rib(build: Build, side: int, z_at_spine: float, reach_rad: float) -> Tube:
    angle = np.linspace(0.32, reach_rad, 12)
    a, b = np.asarray(build.cavity_xy) + build.wall_mm * 0.6 + 1
    y = CAVITY_Y_MM + BACK_MM * 0.3 + b * np.cos(angle)
    points = np.stack([side * a * np.sin(angle), y, z_at_spine - 38 * build.length * angle], axis=1)
    return tube(points, np.full(len(angle), 5.2))
