"""How metrics are written in tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

UNDEFINED = "n/a"


class ShownMetric(NamedTuple):
    """One metric.

    Args:
        name: its name.
        unit: the unit of the table.
        factor: from the unit of `scores.csv` to that of the table.
        decimals: of the table.
        best: which of two means is the better one; None where that is not to be said.
    """

    name: str
    unit: str
    factor: float
    decimals: int
    best: Literal["high", "low"] | None

    def number(self, value: float) -> str:
        """A value of `scores.csv` as the table has it, without its unit."""
        if math.isnan(value):
            return UNDEFINED
        return f"{round(self.factor * value, self.decimals) + 0.0:.{self.decimals}f}"  # + 0.0 makes 0 of -0

    def spread(self, mean: float, sd: float) -> str:
        """`71.8 ± 2.0`; the mean alone where there is no spread."""
        return self.number(mean) if math.isnan(sd) else f"{self.number(mean)} ± {self.number(sd)}"


SHOWN: Mapping[str, ShownMetric] = {
    "dsc": ShownMetric("DSC", "%", 100, 1, "high"),
    "hd_mm": ShownMetric("Hausdorff distance", "mm", 1, 2, "low"),
    "hd95_mm": ShownMetric("HD95", "mm", 1, 2, "low"),
    "asd_mm": ShownMetric("average surface distance", "mm", 1, 2, "low"),
    "nsd": ShownMetric("normalised surface Dice", "%", 100, 1, "high"),
    "volume_error_ml": ShownMetric("volume error", "ml", 1, 2, None),
    "volume_error_relative": ShownMetric("relative volume error", "%", 100, 1, None),
}
"""The metrics of `tfpartial.metrics.scoring.METRICS`."""
