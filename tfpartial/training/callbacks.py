"""What happens at the end of an epoch: validate, keep the best, write curves and pictures, save the state."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfpartial.segmenter.network import save_network
from tfpartial.training.checkpoint import Progress, save_state
from tfpartial.training.metrics_file import MetricsFile
from tfpartial.training.network_trainer import NetworkTrainer
from tfpartial.training.validation import Validator, mean_per_organ, organ_scores

logger = logging.getLogger(__name__)

BEST, LAST, STATE = "best.keras", "last.keras", "state.npz"
Logs = dict[str, Any]


class Validate(keras.callbacks.Callback):
    """Adds the validation DSC to the logs every `every` epochs, and after the last one.

    Args:
        validator: scores the model.
        organs: organ names.
        every: epochs between validations.
        epochs: number of epochs.
    """

    def __init__(self, validator: Validator, organs: tuple[str, ...], every: int, epochs: int) -> None:
        super().__init__()
        self.validator, self.organs, self.every, self.epochs = validator, organs, every, epochs

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None and ((epoch + 1) % self.every == 0 or epoch + 1 == self.epochs):
            with self.model.averaged():
                logs.update(organ_scores(self.organs, mean_per_organ(self.validator.dsc())))


class Keep(keras.callbacks.Callback):
    """Keeps the best and the last network, the metrics, and the state to resume from.

    The state is written last: what a killed run left of an epoch is done again, and overwritten.

    Args:
        folder: stage folder.
        metrics: the file of one row per epoch.
        progress: where the training starts.
        drawn: epoch -> what the file tells of its slices.
    """

    def __init__(self, folder: Path, metrics: MetricsFile, progress: Progress, drawn: Callable[[int], dict[str, int]]) -> None:
        super().__init__()
        self.folder, self.metrics, self.progress, self.drawn = folder, metrics, progress, drawn

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        trainer: NetworkTrainer = self.model
        seconds = self.progress.seconds + time.monotonic() - self._began
        dsc = logs.get("val_dsc", math.nan)
        better = dsc > self.progress.best_dsc or (math.isnan(self.progress.best_dsc) and not math.isnan(dsc))
        if better:
            with trainer.averaged():
                save_network(trainer.network, self.folder / BEST)
        best = dsc if better else self.progress.best_dsc
        self.progress = Progress(epoch + 1, best, seconds)
        rate = float(np.asarray(trainer.optimizer.learning_rate))
        row: dict[str, float | int | str] = {"epoch": epoch + 1, "seconds": round(seconds, 1), "learning_rate": rate}
        self.metrics.append(row | _rounded(logs) | self.drawn(epoch))
        logger.info("epoch %d: %s", epoch + 1, ", ".join(f"{name} {value:.4f}" for name, value in logs.items()))
        save_state(self.folder / STATE, trainer, self.progress)


def _rounded(logs: Logs) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in logs.items()}
