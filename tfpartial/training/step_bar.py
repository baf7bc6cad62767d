"""A progress bar over the steps of a training, on standard error and only where a person looks."""

from __future__ import annotations

import sys
from typing import Any

import keras
from rich.console import Console
from rich.progress import Progress


class StepBar(keras.callbacks.Callback):
    """Shows epoch, steps and the loss."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._progress = Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)
        self._task = self._progress.add_task("train", total=None)
        self._progress.start()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        title = f"epoch {epoch + 1}/{self.params['epochs']}"
        self._progress.reset(self._task, description=title, total=self.params["steps"])

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._progress.advance(self._task)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._progress.stop()
