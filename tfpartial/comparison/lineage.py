"""From a folder of label maps back to the trainings of its network, and to the label layers that these learned from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tfpartial.finished_stages import FoundStage, read_object, stage_in

CHOICE = "choice.json"


def trainings_of(predictions: Path) -> list[FoundStage]:
    """The trainings of the network that made some label maps, the latest first; none when they do not lead to a training.

    The way goes from `predict` to its model, and from each fine-tuning to the model that it started from.

    Args:
        predictions: the folder that was scored.
    """
    return list(_chain(linked(stage_in(predictions), "model")))


def label_steps(trainings: Iterable[FoundStage]) -> Iterator[FoundStage | None]:
    """The stages that made the label layers of some trainings, the latest first; None for one that is gone."""
    for training in trainings:
        stage: FoundStage | None = training
        while stage is not None and stage.options.get("labels") is not None:
            stage = linked(stage, "labels")
            yield stage


def linked(stage: FoundStage | None, option: str) -> FoundStage | None:
    """The stage whose folder an option names."""
    path = None if stage is None else stage.options.get(option)
    return None if stage is None or path is None else _located(stage, path)


def _chain(stage: FoundStage | None) -> Iterator[FoundStage]:
    seen: set[Path] = set()
    while stage is not None and stage.folder not in seen:
        seen.add(stage.folder)
        if stage.verb == "pick":
            stage = _chosen(stage)
        elif stage.verb == "train":
            yield stage
            stage = linked(stage, "model")
        else:
            return


def _chosen(pick: FoundStage) -> FoundStage | None:
    """The training whose model `pick` took."""
    step, models = read_object(pick.folder / CHOICE).get("step"), pick.options.get("models") or []
    return _located(pick, models[step]) if isinstance(step, int) and step < len(models) else None


def _located(stage: FoundStage, path: str) -> FoundStage | None:
    """A stage that another one names: where both have been moved to together, else where it was."""
    began_at = stage.options.get("out")
    moved = [] if began_at is None else [Path(os.path.normpath(stage.folder.absolute() / os.path.relpath(path, began_at)))]
    return next((found for folder in (*moved, Path(path)) if (found := stage_in(folder)) is not None), None)
