"""A training that leaves the numbers stops at that step."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from tfpartial.errors import TfpartialError
from tfpartial.segmenter.network import infinite_layers


class StopWhenNotFinite(keras.callbacks.Callback):
    """Ends the training with one line at the first step whose loss is NaN or infinite.

    Nothing is written then: state and networks on disk are those of the last epoch that was finite.
    """

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        wrong = {name: float(value) for name, value in (logs or {}).items() if not math.isfinite(float(value))}
        if wrong:
            terms = [name for name in wrong if name != "loss"] or ["loss"]
            raise TfpartialError(self._message(f"{terms[0]} is {wrong[terms[0]]}"))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        # The last step of an epoch may have had a finite loss, and a gradient that was none.
        layers = infinite_layers(self.model.network)
        if layers:
            raise TfpartialError(self._message(f"the weights of layer {layers[0]} are not finite"))

    def _message(self, what: str) -> str:
        optimizer = self.model.optimizer
        rate = float(np.asarray(optimizer.learning_rate))
        step = int(np.asarray(optimizer.iterations))
        return f"step {step}: {what}, at learning rate {rate:.3g}; what was saved before stays. Lower the learning rate or weight"
