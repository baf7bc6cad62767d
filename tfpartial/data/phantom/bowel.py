"""Bowel: not an organ of the label map, and hard to tell from pancreas and stomach by what it looks like."""

from __future__ import annotations

import numpy as np

from tfpartial.data.phantom.build import Build, near
from tfpartial.data.phantom.parts import Layer, Part
from tfpartial.data.phantom.shapes import Bumps, Tube, tube

BESIDE_PANCREAS = ((38, -18, -22), (66, -14, -8), (12, -24, -36), (84, -12, 6))
"""Where a loop of the jejunum starts next to the pancreas, in the template."""
STEP_MM = 2.5
"""Distance between the balls of a tube with constrictions."""


def draw_bowel(rng: np.random.Generator, build: Build) -> list[Part]:
    """Duodenum, colon and loops of small bowel; each gives way to the parts before it."""
    duodenum = [(-24, -34, 2), (-44, -22, 2), (-54, -6, -16), (-50, 4, -42), (-24, 8, -56), (14, 4, -52), (34, -10, -30)]
    colon = [
        (-92, 22, -210), (-95, 18, -130), (-92, 8, -75), (-78, -22, -58), (-42, -58, -72), (0, -68, -78),
        (45, -64, -62), (84, -36, -24), (102, 2, 10), (104, 28, -20), (104, 32, -90), (98, 32, -210),
    ]  # fmt: skip
    first = [(x, y, z) for x, y, z in BESIDE_PANCREAS]
    lower = [(rng.uniform(-60, 70), rng.uniform(-60, 10), z) for z in np.linspace(-50, -190, 16)]
    small = [_loop(rng, build, n, start) for n, start in enumerate([*first, *lower])]
    return [
        _part(rng, "duodenum", _along(rng, build, duodenum, 11.5, 0.1), collapsed=0.75),
        _part(rng, "colon", _along(rng, build, colon, 18, 0.18), collapsed=0.0),
        *small,
    ]


def _along(rng: np.random.Generator, build: Build, path: list[tuple], radius_mm: float, constriction: float) -> Tube:
    """A tube along a path of the template, with constrictions every few centimetres (haustra, folds)."""
    radii = [radius_mm * rng.uniform(0.85, 1.15) for _ in path]
    smooth = tube([near(rng, build.at(*place), 4) for place in path], radii, STEP_MM)
    wave = np.sin(np.arange(len(smooth.radii_mm)) * STEP_MM * 2 * np.pi / rng.uniform(26, 34))
    return Tube(smooth.points_xyz, smooth.radii_mm * (1 + constriction * wave))


def _loop(rng: np.random.Generator, build: Build, number: int, start: tuple[float, float, float]) -> Part:
    """A winding walk of about 15 cm that stays in the middle of the abdomen."""
    place = np.asarray(near(rng, build.at(*start), 5))
    heading = rng.normal(0, 1, 3) * [1, 1, 0.5]
    points = [place]
    for _ in range(6):
        home = (np.asarray(build.at(5, -25, place[2] / build.length)) - place) / 80
        heading = 0.4 * heading / np.linalg.norm(heading) + rng.normal(0, 0.6, 3) * [1, 1, 0.6] + home
        place = place + 24 * heading / np.linalg.norm(heading)
        points.append(place)
    radii = rng.uniform(9, 13.5) * rng.uniform(0.9, 1.1, len(points))
    return _part(rng, f"small_bowel_{number}", tube(points, radii), collapsed=0.6)


def _part(rng: np.random.Generator, name: str, shape: Tube, collapsed: float) -> Part:
    """Collapsed bowel looks like the pancreas all through; the rest has a wall and holds fluid, stool or gas."""
    bumps = (Bumps.draw(rng, shape.points_xyz[0], 1.2, 14, waves=12), Bumps.draw(rng, shape.points_xyz[0], 0.8, 30))
    offset = float(rng.normal(0, 6))
    layers = [Layer("bowel", offset_hu=offset)]
    if rng.uniform() >= collapsed:
        layers.append(Layer("stool" if name == "colon" else "bowel_fluid", 3.0, offset_hu=float(rng.normal(0, 8))))
        if name == "colon" or rng.uniform() < 0.4:
            level = np.percentile(shape.points_xyz[:, 1], rng.uniform(10, 50))
            layers.append(Layer("gas", 3.0, anterior_of_mm=float(level)))
    return Part(name, (shape,), tuple(layers), "abdomen", 2.0, bumps=bumps, clearance_mm=1.2)
