"""Overlay pictures of validation slices for TensorBoard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfpartial.config import Activation
from tfpartial.data.feed.batch import read_batch
from tfpartial.data.feed.slices import SliceReader
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.data.number_map import NumberMaps, to_numbers
from tfpartial.pictures.blend import blend
from tfpartial.segmenter.decode import decode
from tfpartial.training.case_places import places_of, with_places


class Overlays(keras.callbacks.Callback):
    """Writes image, expert labels and prediction of a few slices side by side, every `every` epochs.

    Args:
        folder: TensorBoard folder.
        batch: slices of the validation cases that show organs.
        activation: what ends the network; it decides how logits become labels.
        window_hu: HU window of the grey values.
        every: epochs between pictures.
        centres_mm: gives where the organs are in these cases, for a network with a prior; none for one without.
        number_maps: what makes numbers of the stored ones, of channels that hold no HU.
    """

    def __init__(
        self,
        folder: Path,
        batch: dict[str, Any],
        activation: Activation,
        window_hu: tuple[float, float],
        every: int,
        centres_mm: Callable[[], np.ndarray | None] = lambda: None,
        number_maps: NumberMaps = (),
    ) -> None:
        super().__init__()
        self.centres_mm, self.number_maps = centres_mm, number_maps
        self.folder, self.batch, self.activation = folder, batch, activation
        self.window_hu, self.every = window_hu, every

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._writer = tf.summary.create_file_writer(str(self.folder))

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._writer.close()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if (epoch + 1) % self.every:
            return
        image, label = np.asarray(self.batch["image"]), np.asarray(self.batch["label"])
        with self.model.averaged():
            logits = self.model(image, places_of(with_places(self.batch, self.centres_mm())), training=False)
        prediction = np.asarray(decode(logits, self.activation))
        shown = to_numbers(image.astype(np.float32), self.number_maps)[..., 0]
        rows = [self._row(*maps) for maps in zip(shown, label, prediction, strict=True)]
        with self._writer.as_default(step=epoch + 1):
            tf.summary.image("image, expert, prediction", np.stack(rows), max_outputs=len(rows))
        self._writer.flush()

    def _row(self, hu: np.ndarray, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        label_maps = (np.zeros_like(label), label, prediction)
        return np.concatenate([blend(hu, label_map, self.window_hu) for label_map in label_maps], axis=1)


def labelled_slices(cases: TrainingCases, number: int) -> dict[str, np.ndarray]:
    """The slice with most labeled voxels of each of the first validation cases.

    Args:
        cases: cases of the fold.
        number: the most slices.

    Returns:
        A batch of at most `number` slices.
    """
    reader = SliceReader(cases.store, cases.val[:number], cases.annotated)
    pairs = zip(reader.voxels, reader.annotated, strict=True)
    z = np.array([np.argmax(voxels[:, kept].sum(axis=1)) for voxels, kept in pairs], np.int32)
    return read_batch(reader, np.arange(len(z), dtype=np.int32), z)
