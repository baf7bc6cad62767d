"""What a scored network was trained with: optimiser steps and slices of its first training and of each fine-tuning."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tfpartial.checksums import require_intact
from tfpartial.comparison.confidences import LEARNED, estimator_of
from tfpartial.comparison.lineage import label_steps, linked, trainings_of
from tfpartial.finished_stages import FoundStage

METRICS = "metrics.csv"


class Budget(NamedTuple):
    """Optimiser steps and slices; None where an older release did not record them and the configuration does not say.

    Args:
        steps: of the first training and of each fine-tuning of the scored network.
        slices: that these trainings drew.
        confidence_steps: of the networks that ranked the pseudo-labels of these trainings. They are apart: they did not move the
            weights that are scored.
    """

    steps: int | None
    slices: int | None
    confidence_steps: int | None


UNKNOWN = Budget(None, None, None)


def budget_of(predictions: Path) -> Budget:
    """The budget of the network that made some label maps; `UNKNOWN` when they do not lead to a training.

    Args:
        predictions: the folder that was scored.
    """
    trainings = trainings_of(predictions)
    if not trainings or trainings[-1].options.get("model") is not None:
        return UNKNOWN  # the first training is gone
    counted = [_counted(stage) for stage in trainings]
    return Budget(_sum(steps for steps, _ in counted), _sum(slices for _, slices in counted), _confidence_steps(trainings))


def _confidence_steps(trainings: Iterable[FoundStage]) -> int | None:
    """Steps of the confidence networks behind the label layers of some trainings, each network once."""
    networks: dict[Path, FoundStage] = {}
    for step in label_steps(trainings):
        if step is None:
            return None
        if step.verb != "relabel" or estimator_of(step) != LEARNED:
            continue
        network = linked(step, "confidence")
        if network is None:
            return None
        networks[network.folder] = network
    return _sum(_counted(network)[0] for network in networks.values())


def _counted(stage: FoundStage) -> tuple[int | None, int | None]:
    """Steps and slices of one training: as `metrics.csv` has them, else as its configuration says."""
    last = _last_row(stage.folder / METRICS)
    if last.get("steps") and last.get("slices"):
        return round(float(last["steps"])), round(float(last["slices"]))
    epochs, per_epoch = last.get("epoch") or stage.options.get("epochs"), stage.options.get("steps_per_epoch")
    if epochs is None or per_epoch is None:
        return None, None
    steps = int(epochs) * int(per_epoch)
    batch: Any = stage.options.get("batch")
    return steps, None if batch is None else steps * int(batch)


def _last_row(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    require_intact(path)
    with path.open(newline="", encoding="utf-8") as file:
        return next(reversed(list(csv.DictReader(file))), {})


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = list(numbers)
    return None if None in known else sum(number for number in known if number is not None)
