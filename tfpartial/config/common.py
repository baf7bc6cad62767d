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
"""Free options by name: whoever takes them says which there are (`tfpartial info --networks` and so on)."""
OptionGroups = dict[str, dict[str, Any] | None]
"""Name of a part -> its free options."""
StageEntry = str | dict[str, dict[str, Any] | None]
"""A stage of an experiment: its verb, or `{verb: options}` with what differs from the verb's section."""


def require(holds: bool, option: str, expected: str, value: object) -> None:
    """Raises `TfpartialError` when an option's value does not hold."""
    if not holds:
        raise TfpartialError(f"{option}: expected {expected}, got {value}")


def require_shares(empty_share: float | None, organ_share: float, pseudo_share: float = 0.0) -> None:
    """Raises `TfpartialError` when shares of the draws do not hold."""
    expected = "a share of all draws from 0 on, below 1, or none for each empty slice once"
    require(empty_share is None or 0 <= empty_share < 1, "empty_share", expected, empty_share)
    require(0 <= organ_share <= 1, "organ_share", "0 to 1", organ_share)
    together = (empty_share or 0) + pseudo_share
    require(pseudo_share >= 0 and together <= 1, "empty_share and pseudo_share", "0 or more, 1 or less together", together)


def require_rates(first: float, final: float, decay: str) -> None:
    """Raises `TfpartialError` when learning rates do not hold: only a `polynomial` decay reaches 0."""
    require(first > 0, "learning_rate", "more than 0", first)
    if decay == "polynomial":
        require(final >= 0, "final_learning_rate", "0 or more", final)
    else:
        require(final > 0, "final_learning_rate", f"more than 0 for an {decay} decay", final)
