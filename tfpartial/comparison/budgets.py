"""What a scored network was trained with: optimiser steps and slices of its first training and of each fine-tuning."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tfpartial.checksums import require_intact
from tfpartial.finished_stages import FoundStage, read_object, stage_in

METRICS = "metrics.csv"
CHOICE = "choice.json"


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

    The way goes from `predict` to its model, and from each fine-tuning to the model that it started from.

    Args:
        predictions: the folder that was scored.
    """
    trainings = list(_chain(_linked(stage_in(predictions), "model")))
    if not trainings or trainings[-1].options.get("model") is not None:
        return UNKNOWN  # the first training is gone
    counted = [_counted(stage) for stage in trainings]
    return Budget(_sum(steps for steps, _ in counted), _sum(slices for _, slices in counted), _confidence_steps(trainings))


def _chain(stage: FoundStage | None) -> Iterator[FoundStage]:
    """The trainings of a model, the latest first."""
    seen: set[Path] = set()
    while stage is not None and stage.folder not in seen:
        seen.add(stage.folder)
        if stage.verb == "pick":
            stage = _chosen(stage)
        elif stage.verb == "train":
            yield stage
            stage = _linked(stage, "model")
        else:
            return


def _chosen(pick: FoundStage) -> FoundStage | None:
    """The training whose model `pick` took."""
    step, models = read_object(pick.folder / CHOICE).get("step"), pick.options.get("models") or []
    return _located(pick, models[step]) if isinstance(step, int) and step < len(models) else None


def _confidence_steps(trainings: Iterable[FoundStage]) -> int | None:
    """Steps of the confidence networks behind the label layers of some trainings, each network once."""
    networks: dict[Path, FoundStage] = {}
    for training in trainings:
        stage: FoundStage | None = training
        while stage is not None and stage.options.get("labels") is not None:
            stage = _linked(stage, "labels")
            if stage is None:
                return None
            if stage.options.get("confidence") is None or stage.options.get("estimator") not in (None, "learned"):
                continue
            network = _linked(stage, "confidence")
            if network is None:
                return None
            networks[network.folder] = network
    return _sum(_counted(network)[0] for network in networks.values())


def _linked(stage: FoundStage | None, option: str) -> FoundStage | None:
    """The stage whose folder an option names."""
    path = None if stage is None else stage.options.get(option)
    return None if stage is None or path is None else _located(stage, path)


def _located(stage: FoundStage, path: str) -> FoundStage | None:
    """A stage that another one names: where both have been moved to together, else where it was."""
    began_at = stage.options.get("out")
    moved = [] if began_at is None else [Path(os.path.normpath(stage.folder.absolute() / os.path.relpath(path, began_at)))]
    return next((found for folder in (*moved, Path(path)) if (found := stage_in(folder)) is not None), None)


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
