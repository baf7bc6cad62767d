"""The learning curves of a training, from `metrics.csv`."""

from __future__ import annotations

import pandas as pd

from tfpartial.checksums import require_intact
from tfpartial.errors import TfpartialError
from tfpartial.finished_stages import FoundStage

METRICS_FILE = "metrics.csv"
LOSS, DSC = "loss", "val_dsc"
"""Columns of it; the validation DSC of an organ is in `val_dsc_<organ>`."""
STEPS, MINUTES = "steps", "minutes"
"""What a curve runs over: optimiser steps, and minutes of training."""


def read_curves(stage: FoundStage) -> pd.DataFrame:
    """One row per epoch, with `steps` and `minutes` besides the columns of the file; NaN in epochs without validation.

    Raises:
        TfpartialError: the file is no table of epochs.
    """
    path = stage.folder / METRICS_FILE
    require_intact(path)
    try:
        table = pd.read_csv(path)
    except (ValueError, UnicodeDecodeError) as error:
        raise TfpartialError(f"{path}: expected one row per epoch, got {error}") from error
    missing = [name for name in ("epoch", STEPS, "seconds") if name not in table.columns]
    if missing:
        raise TfpartialError(f"{path}: expected a column {missing[0]}, got {', '.join(table.columns)}")
    # A training that goes on at this moment may have written half of a row.
    known = table.apply(pd.to_numeric, errors="coerce").dropna(subset="epoch")
    return known.assign(**{MINUTES: known["seconds"] / 60})


def epochs_done(stage: FoundStage) -> int:
    """The last epoch that a training has written; 0 for none, for an unusable file, and for other stages."""
    if not (stage.folder / METRICS_FILE).is_file():
        return 0
    try:
        epochs = read_curves(stage)["epoch"]
    except TfpartialError:
        return 0
    return int(epochs.max()) if len(epochs) else 0
