"""Suspects a CT whose numbers are not HU, by where air, fat, soft tissue and bone would be.

In HU air is at -1000, fat at -100, water at 0, soft tissue at 20..80, bone above 200. So a CT of a body has numbers well below 0,
even one that is cropped to the body. Only what no such volume can have is suspected: a false alarm costs more trust than a miss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tfpartial.data.hu import DEEPEST, HU_HIGHEST, HU_LOWEST

Kind = Literal["shifted", "shifted_twice", "eight_bit", "scaled", "not_ct"]
RESCALE_8_BIT = "take the original volumes; or, if the HU that are black (a) and white (b) are known, rescale: [(b - a) / 255, a]"
RESCALE_UNIT = "take the original volumes; or, if it is known which HU became 0 (a) and 1 (b), rescale: [b - a, a]"
OTHER_NAME = "name the channel something other than CT if it is none, else take the original volumes"
BODY_HU = (-150, 250)
"""Fat, water, soft tissue, enhanced vessels and spongy bone."""
AIR_NOISE = 100
"""How far the noise of air reaches."""


@dataclass(frozen=True)
class Suspicion:
    """Why the numbers of a CT are not HU.

    Args:
        kind: `shifted` stored numbers without their intercept; `shifted_twice` the intercept was added again; `eight_bit` a
            window as 0..255; `scaled` to 0..1 or to unit variance; `not_ct` another modality.
        reason: what is seen, what a CT has.
        fix: what to do.
    """

    kind: Kind
    reason: str
    fix: str


def check_intensities(histogram: np.ndarray, deep: np.ndarray, lowest: float, highest: float) -> str | None:
    """The suspicion as one line; None when the numbers may be HU. Arguments as of `suspect`."""
    found = suspect(histogram, deep, lowest, highest)
    return None if found is None else f"does not look like HU: {found.reason}; {found.fix}"


def suspect(histogram: np.ndarray, deep: np.ndarray, lowest: float, highest: float) -> Suspicion | None:
    """What is wrong with the numbers of a volume that is said to be a CT; None when they may be HU.

    A volume of nothing but one organ, without air and fat, is never suspected unless its range gives it away.

    Args:
        histogram: int64 `[4096]`, of `hu.hu_histogram`; what lies outside of -1024..3071 counts at its ends.
        deep: int64 `[3072]`, of `hu.deep_histogram`.
        lowest, highest: the least and the greatest number of the volume.
    """
    seen = _Seen.of(histogram, deep, lowest, highest)
    return next((found for check in CHECKS if (found := check(seen))), None)


@dataclass(frozen=True)
class _Seen:
    """Counts of -1023..3070 without what is no tissue: the ends, where all that is outside was counted, and padding."""

    counts: np.ndarray
    deep: np.ndarray
    above: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, histogram: np.ndarray, deep: np.ndarray, lowest: float, highest: float) -> _Seen:
        counts = histogram.astype(np.float64)
        total = max(1.0, counts.sum())
        above = counts[-1] / total
        counts[[0, -1]] = 0
        return cls(counts, deep, above, lowest, highest)

    def count(self, low: int, high: int) -> float:
        """Voxels of low..high."""
        return self.counts[max(low, HU_LOWEST) - HU_LOWEST : min(high, HU_HIGHEST) - HU_LOWEST + 1].sum()

    def share(self, low: int, high: int) -> float:
        """Their share of the voxels that are tissue or air."""
        return self.count(low, high) / max(1.0, self.counts.sum())

    def varied(self, low: int, high: int) -> float:
        """As `share`, without the most frequent number of the range: padding is a single number, tissue is many."""
        part = self.counts[low - HU_LOWEST : high - HU_LOWEST + 1]
        return (part.sum() - part.max()) / max(1.0, self.counts.sum())

    def deep_air(self, centre: int) -> float:
        """Voxels around a number below all HU. Padding and what lies outside of the field of view is a single number, and left
        out; the noise of air makes many."""
        part = self.deep[centre - AIR_NOISE - DEEPEST : centre + AIR_NOISE + 1 - DEEPEST]
        return float(part.sum() - part.max())

    @property
    def span(self) -> float:
        return self.highest - self.lowest


def _scaled(seen: _Seen) -> Suspicion | None:
    """Noise alone spreads a CT over more numbers than this."""
    if seen.span > 32:
        return None
    reason = f"all numbers lie in {seen.lowest:g}..{seen.highest:g}, where a CT of a body spans hundreds of HU"
    return Suspicion("scaled", reason, RESCALE_UNIT)


def _eight_bit(seen: _Seen) -> Suspicion | None:
    """A brain without its skull also lies in 0..255, but hardly a voxel of it above 100."""
    if seen.lowest < 0 or seen.highest > 255 or seen.count(101, 255) < 0.005 * seen.count(1, 255):
        return None
    reason = f"all numbers lie in {seen.lowest:g}..{seen.highest:g}, like a picture of 8 bits, and neither air nor fat is below 0"
    return Suspicion("eight_bit", reason, RESCALE_8_BIT)


def _shifted(seen: _Seen) -> Suspicion | None:
    """Nothing that varies is below -200 (in HU: lung, the body's surface), less is at fat's place than at dense bone's, and what
    is there stands apart as a body does from its surroundings; the numbers of an MR pass into each other."""
    low, high = (edge + 1000 for edge in BODY_HU)
    body = seen.count(low, high)
    if seen.varied(-1023, -200) > 0.005 or body <= seen.count(-200, -30) or body < 0.25 * seen.count(200, HU_HIGHEST):
        return None
    if seen.count(low - 250, low - 25) > 0.2 * body:
        return None
    where = f"{body / seen.counts.sum():.0%} of the voxels are at {low}..{high} instead of around 0"
    reason = f"nothing is below -200, and {where}: the intercept is missing"
    return Suspicion("shifted", reason, f"rescale: [1, {-_shift(seen)}]; air must then be at -1000")


def _shift(seen: _Seen) -> int:
    """What was not subtracted: 1024, as of most scanners, or 1000. Air, which is at -1000 HU, is at 24 or at 0."""
    air = seen.counts[-100 - HU_LOWEST : 150 - HU_LOWEST].copy()
    spike = int(air.argmax())
    others = air.sum() - air[spike]
    if others > 0.25 * air[spike]:  # the spike is padding, at the least number that the file can hold
        air[spike] = 0
        spike = int(np.convolve(air, np.ones(5), mode="same").argmax())
    return 1000 if spike - 100 < 12 else 1024


def _shifted_twice(seen: _Seen) -> Suspicion | None:
    """Air is at -2024 then, with its noise, and soft tissue where air was; padding alone is no air."""
    body, air = seen.count(BODY_HU[0] - 1024, BODY_HU[1] - 1024), seen.deep_air(-2024)
    voxels = max(1.0, seen.counts.sum() + seen.deep.sum())
    if air < 0.05 * voxels or body < 0.05 * voxels or seen.count(*BODY_HU) > 0.2 * body:
        return None
    where = f"{air / voxels:.0%} of the voxels vary around -2024, as air does around -1000"
    reason = f"{where}, and hardly one is at {BODY_HU[0]}..{BODY_HU[1]}: the intercept was added twice"
    return Suspicion("shifted_twice", reason, "rescale: [1, 1024]; air must then be at -1000")


def _not_ct(seen: _Seen) -> Suspicion | None:
    """Nothing below 0 and much of what would be dense bone; or what no 12 bits hold."""
    if seen.above > 0.2:
        return Suspicion("not_ct", f"{seen.above:.0%} of the voxels are at {HU_HIGHEST} or more, above any bone", OTHER_NAME)
    bone = seen.share(300, HU_HIGHEST)
    if seen.lowest < 0 or bone < 0.2:
        return None
    return Suspicion("not_ct", f"nothing is below 0, neither air nor fat, and {bone:.0%} of the voxels are above 300", OTHER_NAME)


CHECKS: tuple[Callable[[_Seen], Suspicion | None], ...] = (_scaled, _eight_bit, _shifted, _shifted_twice, _not_ct)
"""In this order: the first that suspects something is believed."""
