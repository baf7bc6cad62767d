"""Large vessels, psoas muscles and gullet: what runs along the spine."""

from __future__ import annotations

import numpy as np

from tfpartial.data.phantom.build import KIDNEY_X_MM, KIDNEY_Z_MM, Build, near
from tfpartial.data.phantom.parts import Layer, Part
from tfpartial.data.phantom.shapes import Tube, tube

BLOOD = (Layer("blood"),)


def draw_vessels(rng: np.random.Generator, build: Build) -> list[Part]:
    """Aorta with the common iliac arteries, inferior vena cava, mesenteric vessels and portal vein, psoas, gullet."""
    wide = rng.uniform(0.9, 1.15)

    def run(*places: tuple[float, float, float, float], spread_mm: float = 1.5) -> Tube:
        return tube([near(rng, build.at(*p[:3]), spread_mm) for p in places], [wide * p[3] for p in places])

    aorta = run((8, 22, -80, 9), (8, 21, -20, 9.5), (10, 20, 50, 10.5), (14, 26, 100, 11), (18, 34, 190, 11.5))
    iliac = [run((8, 22, -78, 7), (side * 18 + 4, 24, -115, 6), (side * 38, 34, -200, 6)) for side in (-1, 1)]
    cava = run((-18, 25, -200, 10), (-18, 24, -60, 11), (-19, 20, 20, 12), (-24, 8, 80, 12), (-22, 4, 118, 12))
    mesenteric = [
        run((8, 10, 6, 3.5), (6, -4, -12, 3.5), (4, -8, -110, 3)),
        run((-8, -4, 4, 5.5), (-8, -8, -30, 5), (-6, -12, -110, 4)),
    ]
    portal = run((-8, -4, 4, 6.5), (-18, -4, 20, 6.5), (-32, -8, 38, 6.5))
    splenic = run((-8, -3, 6, 4.5), (15, 2, 12, 4), (45, 12, 26, 3.8), (78, 18, 33, 3.2))
    psoas = tuple(run((side * 26, 52, 10, 8), (side * 38, 48, -60, 17), (side * 48, 40, -200, 21)) for side in (-1, 1))
    crura = tuple(run((side * 12, 32, -20, 5), (side * 13 - 2, 28, 40, 6), (side * 10, 20, 95, 5)) for side in (-1, 1))
    gullet = run((6, 16, 190, 8), (10, 12, 110, 8), (30, 12, 92, 8), spread_mm=2.0)
    return [
        Part("aorta", (aorta,), (*BLOOD, Layer("blood", 1.5, offset_hu=float(rng.uniform(10, 25)))), clearance_mm=0.5),
        Part("iliac_arteries", tuple(iliac), BLOOD, clearance_mm=0),
        Part("vena_cava", (cava,), BLOOD, clearance_mm=1),
        Part("psoas", psoas, (Layer("muscle"),), clearance_mm=0.5),
        Part("crura", crura, (Layer("muscle"),), clearance_mm=0.5),
        Part("gullet", (gullet,), (Layer("muscle"),), clearance_mm=1),
        Part("mesenteric_vessels", (*mesenteric, portal, splenic), BLOOD, clearance_mm=0.5, blend_mm=3),
    ]


def draw_renal_vessels(rng: np.random.Generator, build: Build) -> Part:
    """From the kidneys' hila to the great vessels."""

    def run(side: int) -> Tube:
        hilum = build.at(side * (KIDNEY_X_MM - 14), 24, KIDNEY_Z_MM[side])
        return tube([near(rng, hilum, 2), near(rng, build.at(side * 24 - 4, 20, KIDNEY_Z_MM[side] + 5), 2)], [4.5, 5])

    return Part("renal_vessels", (run(1), run(-1)), BLOOD, clearance_mm=0.8)


def draw_liver_vessels(rng: np.random.Generator, build: Build) -> list[Part]:
    """Branches of the portal vein and the hepatic veins, inside the liver and part of it."""

    def branch(*places: tuple[float, float, float, float]) -> Tube:
        return tube([near(rng, build.at(*p[:3]), 4.0) for p in places], [p[3] for p in places])

    branches = (
        branch((-32, -8, 38, 6), (-60, -4, 46, 5), (-88, 12, 52, 3.5), (-108, 22, 58, 2.2)),
        branch((-60, -4, 46, 4), (-72, -30, 38, 3.2), (-80, -55, 25, 2.2)),
        branch((-32, -8, 38, 5), (-20, -32, 56, 4), (8, -52, 66, 2.6)),
        branch((-24, 4, 104, 5.5), (-58, 12, 88, 4.2), (-95, 22, 72, 2.4)),
        branch((-24, 2, 104, 5), (-48, -25, 88, 4), (-70, -52, 66, 2.4)),
        branch((-22, 0, 104, 4.5), (-12, -30, 88, 3.5), (14, -50, 76, 2.2)),
    )
    contrast = Layer("blood", offset_hu=float(np.clip(rng.normal(-8, 6), -20, 5)))
    return [Part("liver_vessels", branches, (contrast,), "liver", 3.0, solid=False)]
