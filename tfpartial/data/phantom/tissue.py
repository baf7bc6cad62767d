"""HU of the tissues: a table of ranges, and the draw of one patient's values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

UNENHANCED = 0.2
"""Share of the patients scanned without contrast agent."""


@dataclass(frozen=True)
class Tissue:
    """HU of a tissue over the patients.

    Args:
        hu: range without contrast agent; each patient draws one value. With `like`, a difference to that tissue.
        gain_hu: what a full dose of contrast agent adds in the portal venous phase.
        texture_hu: standard deviation within the tissue, without noise.
        like: name of an earlier tissue that this one follows.
    """

    hu: tuple[float, float]
    gain_hu: float = 0.0
    texture_hu: float = 0.0
    like: str | None = None


TISSUES = {
    # Petit's thesis, Table 2.1
    "gas": Tissue((-1000, -1000)),
    "lung": Tissue((-700, -600), 0, 30),
    "fat": Tissue((-120, -90), 0, 7),
    "muscle": Tissue((35, 55), 14, 9),
    "liver": Tissue((55, 65), 50, 5),
    "kidney_cortex": Tissue((20, 45), 145, 8),
    "kidney_medulla": Tissue((-2, 2), -28, 10, like="kidney_cortex"),
    "spongy_bone": Tissue((300, 340), 0, 35),
    "cortical_bone": Tissue((500, 900), 0, 80),
    # Not in the table: usual values, between water (0 HU) and liver
    "spleen": Tissue((45, 55), 68, 5),
    "pancreas": Tissue((32, 48), 52, 13),
    "blood": Tissue((35, 48), 125, 3),
    "bile": Tissue((2, 18), 0, 3),
    "gallbladder_wall": Tissue((25, 40), 40, 4),
    "stomach_wall": Tissue((30, 45), 45, 8),
    "stomach_content": Tissue((8, 40), 0, 10),
    "bowel": Tissue((-6, 6), 0, 13, like="pancreas"),
    "bowel_fluid": Tissue((8, 35), 12, 8),
    "stool": Tissue((10, 50), 0, 45),
    "disc": Tissue((70, 100), 0, 8),
    "cord": Tissue((20, 35), 0, 4),
    "skin": Tissue((-20, 30), 0, 8),
    "table": Tissue((-650, -350), 0, 5),
}
"""Bowel is like pancreas on purpose: only place and form tell them apart."""


@dataclass(frozen=True)
class TissueHu:
    """HU of a tissue in one patient: mean, and standard deviation of its texture."""

    mean: float
    texture: float


def draw_tissues(rng: np.random.Generator) -> dict[str, TissueHu]:
    """One patient's HU: one dose for all tissues, and each tissue's own value and response."""
    dose = 0.0 if rng.uniform() < UNENHANCED else rng.uniform(0.6, 1.15)
    drawn: dict[str, TissueHu] = {}
    for name, tissue in TISSUES.items():
        mean = rng.uniform(*tissue.hu) + dose * tissue.gain_hu * rng.normal(1, 0.07)
        drawn[name] = TissueHu(float(mean + (drawn[tissue.like].mean if tissue.like else 0)), tissue.texture_hu)
    return drawn
