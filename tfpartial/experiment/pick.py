"""Which model of a curriculum to keep: the last one before the validation DSC falls."""

from __future__ import annotations

import csv
import math
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from tfpartial.artifacts import atomic_file
from tfpartial.checksums import require_intact
from tfpartial.errors import TfpartialError
from tfpartial.segmenter.seen_cases import SEEN_CASES

METRICS = "metrics.csv"
FILES = ("segmenter.json", METRICS, "last.keras")
"""What makes a folder of use as a `model`."""
OPTIONAL = ("best.keras", "prior.npz", SEEN_CASES)
"""There is no best network where no validation had a DSC, no prior in a segmenter without, and older ones do not say what they
have seen."""


def last_validation_dsc(model: Path) -> float:
    """The mean validation DSC over the annotated organs after the last epoch that was validated.

    Args:
        model: stage folder that `train` wrote.

    Returns:
        NaN when no epoch was validated, or the DSC was undefined: no validation case has an annotated organ.

    Raises:
        TfpartialError: the folder has no metrics of a training.
    """
    path = model / METRICS
    if not path.is_file():
        raise TfpartialError(f"{path}: no such file; expected the metrics of a training")
    require_intact(path)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    try:
        values = [float(row["val_dsc"]) for row in rows if row["val_dsc"]]
    except (KeyError, TypeError, ValueError) as error:
        raise TfpartialError(f"{path}: expected a column val_dsc of numbers, got {error!r}") from error
    return values[-1] if values else math.nan


def pick(dsc: Sequence[float]) -> tuple[int, str]:
    """Goes from model to model while the DSC does not fall.

    A DSC that is undefined (NaN) is neither known to fall nor known not to: a step to or from it is not made.

    Args:
        dsc: validation DSC of the models in the order of their training; one or more.

    Returns:
        Place of the chosen model, and why it goes no further.
    """
    for place, (now, following) in enumerate(pairwise(dsc)):
        if math.isnan(now) or math.isnan(following):
            return place, "the validation DSC of this step or of the next is undefined"
        if following < now:
            return place, f"the next step lowers the validation DSC from {now:.4f} to {following:.4f}"
    return len(dsc) - 1, "no step lowers the validation DSC"


def copy_model(model: Path, folder: Path) -> None:
    """Copies what makes a stage folder of `train` of use as a `model`. Copies, since a training that is redone changes its files.

    Raises:
        TfpartialError: the folder has no trained segmenter, or a damaged one.
    """
    for name in (*FILES, *OPTIONAL):
        source = model / name
        if source.is_file():
            require_intact(source)
            with atomic_file(folder / name) as temporary:
                shutil.copyfile(source, temporary)
        elif name in OPTIONAL:
            (folder / name).unlink(missing_ok=True)  # that of an earlier choice
        else:
            raise TfpartialError(f"{source}: no such file; expected the folder of a trained segmenter")
