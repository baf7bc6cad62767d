"""A patient's anatomy: all parts, in the order in which they keep their room."""

from __future__ import annotations

import numpy as np

from tfpartial.data.phantom.bones import draw_ribs, draw_spine
from tfpartial.data.phantom.bowel import draw_bowel
from tfpartial.data.phantom.build import draw_build
from tfpartial.data.phantom.organs import draw_organs
from tfpartial.data.phantom.parts import Part
from tfpartial.data.phantom.trunk import draw_heart, draw_trunk
from tfpartial.data.phantom.vessels import draw_liver_vessels, draw_vessels


def draw_anatomy(rng: np.random.Generator) -> list[Part]:
    """Draws one patient: spaces, bones, vessels, organs (kidneys, pancreas, gallbladder, stomach, spleen, liver), bowel.

    Of two solid parts that meet, the earlier in the list keeps its shape.
    """
    build = draw_build(rng)
    return [
        *draw_trunk(rng, build),
        *draw_heart(rng, build),
        *draw_spine(rng, build),
        *draw_ribs(rng, build),
        *draw_vessels(rng, build),
        *draw_organs(rng, build),
        *draw_liver_vessels(rng, build),
        *draw_bowel(rng, build),
    ]
