"""What the Keras models that train a network on slices have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from tfpartial.config import AugmentConfig
from tfpartial.data.augment import Affine, draw_affine, warp
from tfpartial.labels import BACKGROUND
from tfpartial.training.preprocess import normalise, normalised_air


class SliceTrainer(keras.Model):
    """A network, its preprocessing and its augmentation; a subclass adds what is learned: `targets` and `terms`.

    A batch is a dictionary as `tfpartial.data.pipeline.training_slices` gives it: `image` int16 HU `[B, H, W, C]`, `label` uint8
    `[B, H, W]`, `annotated` bool `[B, K]`. Windowing, augmentation and weight maps are part of the compiled step: a slice
    travels to the device as bytes.

    Args:
        network: functional model from normalised slices `[B, H, W, C]` to logits.
        terms: names of what `terms` gives.
        window_hu: HU window.
        mean: mean of the clipped HU.
        sd: their standard deviation.
        augment: ranges of the augmentation; none trains on the slices as they are.
        seed: seed of the augmentation.
        name: name of the Keras model.
    """

    def __init__(
        self,
        network: keras.Model,
        terms: Iterable[str],
        window_hu: tuple[float, float],
        mean: float,
        sd: float,
        augment: AugmentConfig | None,
        seed: int,
        name: str,
    ) -> None:
        super().__init__(name=name, dtype=network.dtype_policy)  # under mixed_float16 Keras scales the loss by it
        self.network = network
        self.window_hu, self.mean, self.sd = window_hu, mean, sd
        self.augment = augment
        self.seed = seed
        self.trackers = {term: keras.metrics.Mean(name=term) for term in terms}
        self.built = True  # the network is; Keras would otherwise call the model once more to build it

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The means over an epoch of the loss and its terms."""
        return list(self.trackers.values())

    def call(self, hu: Any, training: bool = False) -> Any:
        """Logits, float32 `[B, H, W, num_outputs]`, of int16 HU slices `[B, H, W, C]`."""
        return self.network(normalise(hu, self.window_hu, self.mean, self.sd), training=training)

    def targets(self, image: Any, label: Any, annotated: Any) -> tuple[Any, ...]:
        """What the logits of a normalised, augmented batch are compared with; no gradient passes through it."""
        raise NotImplementedError

    def terms(self, logits: Any, *targets: Any) -> dict[str, Any]:
        """The `loss` to lower, a scalar, and what else is reported of the batch."""
        raise NotImplementedError

    def compile(self, optimizer: keras.optimizers.Optimizer, jit_compile: bool = False) -> None:
        """Prepares the training; `jit_compile` lets XLA compile the step but for the augmentation, which it has no kernel for."""
        super().compile(optimizer=optimizer, jit_compile=False)
        self._compiled_update = tf.function(self._update, jit_compile=True) if jit_compile else self._update

    def train_step(self, data: dict[str, Any]) -> dict[str, Any]:
        """One optimiser step on a batch; returns the epoch's means so far."""
        terms = self._compiled_update(*self._augmented(data["image"], data["label"]), data["annotated"])
        for name, value in terms.items():
            self.trackers[name].update_state(value)
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    def _update(self, image: Any, label: Any, annotated: Any) -> dict[str, Any]:
        targets = self.targets(image, label, annotated)
        with tf.GradientTape() as tape:
            terms = self.terms(self.network(image, training=True), *targets)
            scaled = self.optimizer.scale_loss(terms["loss"])
        variables = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(scaled, variables), variables)
        return terms

    def _augmented(self, hu: Any, label: Any) -> tuple[Any, Any]:
        image = normalise(hu, self.window_hu, self.mean, self.sd)
        if self.augment is None:
            return image, label
        affine = self._draw(self.augment, image.shape[0])
        image = warp(image, affine, "bilinear", normalised_air(self.window_hu, self.mean, self.sd))
        label = warp(ops.expand_dims(label, -1), affine, "nearest", BACKGROUND)
        return image, ops.squeeze(label, -1)

    def _draw(self, augment: AugmentConfig, batch: int) -> Affine:
        # The step number is the seed: a resumed training draws what the uninterrupted one would have drawn.
        return draw_affine(augment, batch, tf.stack([self.seed, tf.cast(self.optimizer.iterations, "int32")]))
