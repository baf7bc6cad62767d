"""Fills templates. All that is not marked as HTML is escaped: names of cases and organs are anybody's."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tfpartial.comparison.shown_metrics import ShownMetric
from tfpartial.comparison.tables import p_text

UNDEFINED = "–"
FOLDER = Path(__file__).parent


def fill(template: str, **values: Any) -> Markup:
    """A template with its values.

    Args:
        template: name of a file in `templates`.
        values: what it is filled with.
    """
    return Markup(_ENVIRONMENT.get_template(template).render(values))


def number(value: float | None, digits: int = 3) -> str:
    """A number with so many decimals; a dash for None, NaN and infinity."""
    return f"{value:.{digits}f}" if value is not None and math.isfinite(value) else UNDEFINED


def percent(share: float) -> str:
    """A share as `71.8 %`."""
    return f"{number(100 * share, 1)} %"


def metric_number(value: float | None, metric: ShownMetric) -> str:
    """A value of a metric in the unit of its table; a dash for None and NaN."""
    return UNDEFINED if value is None or math.isnan(value) else metric.number(value)


def spread(mean_and_sd: tuple[float, float], metric: ShownMetric) -> Markup:
    """A mean and its standard deviation, each NaN where undefined: `71.8 ± 2.0`, `71.8`, or a dash."""
    mean, sd = mean_and_sd
    text = metric_number(mean, metric)
    return Markup("{}").format(text) if math.isnan(sd) else Markup("{} <small>± {}</small>").format(text, metric.number(sd))


def bar(value: float, metric: ShownMetric) -> Markup:
    """Attributes of a cell of which a bar fills as much as its share is; none for metrics that are no shares."""
    if metric.unit != "%" or metric.best != "high" or not math.isfinite(value):
        return Markup("")
    return Markup(' style="--share: {}%"').format(number(100 * value, 1))


def minutes(value: float | None) -> str:
    """A time of so many minutes, as a person says it."""
    if value is None:
        return UNDEFINED
    if value < 1:
        return f"{60 * value:.0f} s"
    if value < 120:
        return f"{value:.0f} min"
    return f"{value // 60:.0f} h {value % 60:.0f} min"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {
    "number": number,
    "percent": percent,
    "metric": metric_number,
    "bar": bar,
    "spread": spread,
    "minutes": minutes,
    "p_text": p_text,
    "defined": math.isfinite,
    "capitalize_first": lambda text: text[:1].upper() + text[1:],
}
