"""Overlay pictures of validation slices for TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfpartial.config import Method
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.labels import keep_annotated
from tfpartial.pictures.blend import blend
from tfpartial.segmenter.decode import decode
from tfpartial.training.case_places import places_of


class Overlays(keras.callbacks.Callback):
    """Writes image, expert labels and prediction of a few slices side by side, every `every` epochs.

    Args:
        folder: TensorBoard folder.
        batch: slices of the validation cases that show organs: `image` int16 `[n, H, W, C]`, `label` uint8 `[n, H, W]`; for a
            network with a prior also their places.
        method: training method; it decides how logits become labels.
        window_hu: HU window of the grey values.
        every: epochs between pictures.
    """

    def __init__(self, folder: Path, batch: dict[str, Any], method: Method, window_hu: tuple[float, float], every: int) -> None:
        super().__init__()
        self.folder, self.batch, self.method, self.window_hu, self.every = folder, batch, method, window_hu, every

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._writer = tf.summary.create_file_writer(str(self.folder))

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._writer.close()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if (epoch + 1) % self.every:
            return
        image, label = np.asarray(self.batch["image"]), np.asarray(self.batch["label"])
        prediction = np.asarray(decode(self.model(image, places_of(self.batch), training=False), self.method))
        rows = [self._row(*maps) for maps in zip(image[..., 0], label, prediction, strict=True)]
        with self._writer.as_default(step=epoch + 1):
            tf.summary.image("image, expert, prediction", np.stack(rows), max_outputs=len(rows))
        self._writer.flush()

    def _row(self, hu: np.ndarray, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        label_maps = (np.zeros_like(label), label, prediction)
        return np.concatenate([blend(hu, label_map, self.window_hu) for label_map in label_maps], axis=1)


def labelled_slices(cases: TrainingCases, number: int) -> dict[str, np.ndarray]:
    """The slice with most labeled voxels of each of the first validation cases.

    Returns:
        `image` int16 `[n, H, W, C]`, `label` uint8 `[n, H, W]`, `case` and `z` int32 `[n]`, n at most `number`.
    """
    images, labels, places = [], [], []
    for case in cases.val[:number]:
        kept = cases.store.organs.vector(cases.annotated[case])
        z = int(np.argmax(cases.store.voxels(case)[:, kept].sum(axis=1)))
        images.append(np.asarray(cases.store.image(case)[z]))
        labels.append(keep_annotated(np.asarray(cases.store.label(case)[z]), kept))
        places.append(z)
    numbers = {"case": np.arange(len(places), dtype=np.int32), "z": np.array(places, np.int32)}
    return {"image": np.stack(images), "label": np.stack(labels), **numbers}
