"""The labeled organs: their shapes, places and variation. Numbers are mm in the template (see `build.Build.at`)."""

from __future__ import annotations

import numpy as np

from tfpartial.data.phantom.build import KIDNEY_X_MM, KIDNEY_Z_MM, Build, near, size
from tfpartial.data.phantom.parts import Layer, Part
from tfpartial.data.phantom.shapes import Bumps, Ellipsoid, tube
from tfpartial.data.phantom.vessels import draw_renal_vessels

ORGANS = ("liver", "gallbladder", "spleen", "left_kidney", "right_kidney", "stomach", "pancreas")
"""The labels 1..7."""
CHOLECYSTECTOMY = 0.1
"""Share of the patients without a gallbladder."""


def draw_organs(rng: np.random.Generator, build: Build) -> list[Part]:
    """The organs in the order in which they keep their room: kidneys, pancreas, gallbladder, stomach, spleen, liver."""
    kidneys, pancreas, gallbladder = _kidneys(rng, build), _pancreas(rng, build), _gallbladder(rng, build)
    removed = rng.uniform() < CHOLECYSTECTOMY
    rest = [_stomach(rng, build), _spleen(rng, build), _liver(rng, build)]
    return [*kidneys, pancreas, *([] if removed else [gallbladder]), *rest]


def _kidneys(rng: np.random.Generator, build: Build) -> list[Part]:
    """Two mirror images of one draw, up to a few per cent; the right one lower."""
    shared_size, tilt, facing = size(rng, build, 0.06), rng.uniform(6, 14), rng.uniform(20, 40)
    bumps = Bumps.draw(rng, (0, 0, 0), 1.2, 35)
    kidneys = [_kidney(rng, build, side, shared_size, (tilt, facing), bumps) for side in (1, -1)]
    return [*kidneys, draw_renal_vessels(rng, build)]


def _kidney(
    rng: np.random.Generator, build: Build, side: int, shared_size: float, turn: tuple[float, float], bumps: Bumps
) -> Part:
    """`side` is 1 on the left, -1 on the right. The hilum looks inwards and forwards; the upper pole leans inwards."""
    tilt, facing = np.asarray(turn) + rng.normal(0, 2, 2)
    centre = near(rng, build.at(side * KIDNEY_X_MM, 34, KIDNEY_Z_MM[side]), 3.5)
    scale = shared_size * rng.normal(1, 0.02)
    inwards = np.array([-side * np.cos(np.radians(facing)), -np.sin(np.radians(facing)), 0.0])
    turn_deg = (0.0, -side * tilt, side * facing)
    body = Ellipsoid(centre, scale * np.array([27, 24, 53]), turn_deg, exponent=2.2)
    hilum = Ellipsoid(centre + inwards * 24 * scale, scale * np.array([17, 6.5, 14]), turn_deg)
    layers = (Layer("kidney_cortex"), Layer("kidney_medulla", 7.0))
    name = "left_kidney" if side > 0 else "right_kidney"
    return Part(
        name,
        (body,),
        layers,
        "abdomen",
        4.0,
        carved=(hilum,),
        bumps=(bumps.moved(centre, side < 0),),
        clearance_mm=2.5,
        in_one_piece=True,
    )


def _pancreas(rng: np.random.Generator, build: Build) -> Part:
    """A lobulated band from the duodenum, before the great vessels, up to the spleen's hilum."""
    path = [
        (-30, 0, -36, 10), (-26, -4, -18, 15), (-14, -12, -4, 13), (4, -18, 5, 10),
        (24, -14, 11, 10.5), (46, -5, 17, 11.5), (68, 3, 24, 11), (86, 9, 31, 8),
    ]  # fmt: skip
    lift = np.linspace(0, 1, len(path)) * np.clip(rng.normal(0, 4), -8, 8)  # the tail lies higher or lower
    scale = 1.1 * size(rng, build, 0.07)
    move = near(rng, (0, 0, 0), 3)
    points = [near(rng, np.add(build.at(x, y, z + dz), move), 2.5) for (x, y, z, _), dz in zip(path, lift, strict=True)]
    lobules = (Bumps.draw(rng, points[3], 1.3, 14, waves=12), Bumps.draw(rng, points[3], 1.2, 35))
    shape = tube(points, [scale * radius for *_, radius in path])
    return Part("pancreas", (shape,), (Layer("pancreas"),), "abdomen", 3.0, bumps=lobules, clearance_mm=1.2, in_one_piece=True)


def _gallbladder(rng: np.random.Generator, build: Build) -> Part:
    """A pear under the liver, its fundus down and in front; full or contracted."""
    scale = size(rng, build, 0.14)
    move = near(rng, (0, 0, 0), 5)
    path = [(-52, -60, -26, 11), (-48, -50, -14, 15), (-42, -38, 2, 13), (-34, -26, 18, 7), (-28, -18, 24, 3.5)]
    points = [near(rng, np.add(build.at(*place[:3]), move), 1.5) for place in path]
    shape = tube(points, [scale * place[3] for place in path])
    layers = (Layer("gallbladder_wall"), Layer("bile", 1.5))
    bumps = (Bumps.draw(rng, points[1], 0.8, 30),)
    return Part("gallbladder", (shape,), layers, "abdomen", 4.0, bumps=bumps, in_one_piece=True)


def _stomach(rng: np.random.Generator, build: Build) -> Part:
    """A bent sack from the fundus under the left dome to the pylorus; its gas lies in front, its content behind."""
    scale = size(rng, build, 0.08) * rng.uniform(0.85, 1.08)
    move = near(rng, (0, 0, 0), 4)
    path = [
        (54, 22, 86, 24), (64, 8, 78, 31), (70, -22, 57, 29), (66, -40, 31, 26),
        (46, -52, 4, 22), (16, -54, -10, 19), (-10, -44, -6, 15), (-22, -34, 0, 9),
    ]  # fmt: skip
    points = [near(rng, np.add(build.at(*place[:3]), move), 3) for place in path]
    shape = tube(points, [scale * place[3] for place in path])
    gas_behind = np.percentile([p[1] for p in points], rng.uniform(10, 55)) - rng.uniform(0, 12)
    layers = (Layer("stomach_wall"), Layer("stomach_content", 3.5), Layer("gas", 3.5, anterior_of_mm=float(gas_behind)))
    bumps = (Bumps.draw(rng, points[3], 1.8, 45),)
    return Part("stomach", (shape,), layers, "abdomen", 3.0, bumps=bumps, clearance_mm=1.5, in_one_piece=True)


def _spleen(rng: np.random.Generator, build: Build) -> Part:
    """A curved wedge between the left dome, the stomach and the left kidney."""
    scale = 1.07 * size(rng, build, 0.09)
    centre = near(rng, build.at(96, 29, 54), 4)
    body = Ellipsoid(centre, scale * np.array([41, 56, 54]), (-15, 0, 30), exponent=2.2)
    hollow = Ellipsoid(np.add(centre, scale * np.array([-42, -28, 0])), scale * np.array([25, 52, 70]), (0, 0, 30))
    bumps = (Bumps.draw(rng, centre, 2.2, 45),)
    layers = (Layer("spleen"),)
    return Part("spleen", (body,), layers, "abdomen", 3.0, carved=(hollow,), bumps=bumps, clearance_mm=2.0, in_one_piece=True)


def _liver(rng: np.random.Generator, build: Build) -> Part:
    """Right lobe under the right dome, left lobe across the midline, hollowed from below; gives way to all the others."""
    scale = 1.03 * size(rng, build, 0.05)
    right_centre = near(rng, build.at(-68, -4, 42), 4)
    left_centre = near(rng, build.at(6, -48, 62), 5)
    right = Ellipsoid(right_centre, scale * np.array([70, 84, 84]), (0, 12, 0), exponent=2.3)
    left = Ellipsoid(left_centre, scale * np.array([76, 34, 34]) * rng.uniform(0.85, 1.12, 3), (0, -14, 8))
    carved = (
        Ellipsoid(near(rng, build.at(2, 8, -22), 4), scale * np.array([60, 66, 62]), (0, 25, 0)),  # stomach, bowel
        Ellipsoid(build.at(-48, 54, -15), scale * np.array([62, 40, 84])),  # right kidney and its fat
        Ellipsoid(build.at(4, 46, 60), (36, 36, 300)),  # spine and great vessels
    )
    bumps = (Bumps.draw(rng, right_centre, 2.5, 70), Bumps.draw(rng, right_centre, 1.0, 30))
    lobes, layers = (right, left), (Layer("liver"),)
    return Part("liver", lobes, layers, "abdomen", 3.0, carved, bumps, blend_mm=14, clearance_mm=1.0, in_one_piece=True)
