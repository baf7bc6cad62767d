"""What options of several stages are made of."""

from __future__ import annotations

from typing import Any, Literal

from tfpartial.errors import TfpartialError

Method = Literal["certain", "naive", "naive_softmax"]
Rule = Literal["certain", "naive", "positives", "any", "any_or_outside_box"]
Activation = Literal["sigmoid", "softmax"]
Metric = Literal["dsc", "hd_mm", "hd95_mm", "asd_mm", "nsd", "volume_error_ml", "volume_error_relative"]
Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
Options = dict[str, Any]
"""Free options by name: whoever takes them says which there are (`tfpartial info --networks`, `--losses`, `--trainers`)."""
OptionGroups = dict[str, dict[str, Any] | None]
"""Name of a part -> its free options."""
StageEntry = str | dict[str, dict[str, Any] | None]
"""A stage of an experiment: its verb, or `{verb: options}` with what differs from the verb's section."""


def require(holds: bool, option: str, expected: str, value: object) -> None:
    """Raises `TfpartialError` when an option's value does not hold."""
    if not holds:
        raise TfpartialError(f"{option}: expected {expected}, got {value}")
