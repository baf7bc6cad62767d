"""What the Keras models that train a network on slices have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfpartial.config import AugmentConfig
from tfpartial.data.feed.augment import Affine, draw_affine, warp, warp_batch
from tfpartial.data.feed.batch import seen_by_loss
from tfpartial.data.feed.intensity_changes import change_intensity, draw_intensity
from tfpartial.data.number_map import NumberMaps
from tfpartial.errors import TfpartialError
from tfpartial.priors.inputs import network_inputs
from tfpartial.priors.render import PriorRenderer, SlicePlaces
from tfpartial.segmenter.preprocess import normalise, normalised_air
from tfpartial.training.averaging import WeightAverage
from tfpartial.training.case_places import places_of

Batch = Mapping[str, Any]
JITTER_SEED, INTENSITY_SEED = 1, 2
"""Added to the seed of the augmentation, so that errors of the places and changes of the intensities are drawn apart from it."""


class NetworkTrainer(keras.Model):
    """A network, its preprocessing and its augmentation; a subclass adds what is learned: `targets` and `terms`.

    A batch is a dictionary as `tfpartial.data.feed.batch.ENTRIES` declares it. Windowing, augmentation, priors and weight maps
    are part of the compiled step: a slice travels to the device as bytes.

    Args:
        network: functional model from normalised slices `[B, H, W, C]`, and their priors, to logits.
        terms: names of what `terms` gives.
        window_hu: HU window.
        mean: mean of the clipped HU.
        sd: their standard deviation.
        augment: ranges of the augmentation; none trains on the slices as they are.
        seed: seed of the augmentation.
        name: name of the Keras model.
        renderer: renders the priors that the network takes; none for a network without.
        jitter_mm: standard deviation of the random errors of the organs' places, along each axis; of all, or `[K]` of each.
        ema: momentum of the average of the network that is validated and kept; 0 keeps the last step's.
        number_maps: what makes numbers of the stored ones, of channels that hold no HU.
    """

    reads: tuple[str, ...] = ()
    """Entries of a batch that `targets` reads besides those that every loss sees."""

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
        renderer: PriorRenderer | None = None,
        jitter_mm: float | np.ndarray = 0.0,
        ema: float = 0.0,
        number_maps: NumberMaps = (),
    ) -> None:
        # Under mixed_float16 Keras scales the loss by the policy; places in mm would lose their digits if they were cast.
        super().__init__(name=name, dtype=network.dtype_policy, autocast=False)
        self.network = network
        self._scale = window_hu, mean, sd, number_maps
        self.augment = augment
        self.seed = seed
        self.renderer, self.jitter_mm = renderer, jitter_mm
        self.average = WeightAverage(network, ema) if ema else None
        self.trackers = {term: keras.metrics.Mean(name=term) for term in terms}
        self.built = True  # the network is; Keras would otherwise call the model once more to build it

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The means over an epoch of the loss and its terms."""
        return list(self.trackers.values())

    @property
    def state_variables(self) -> list[keras.Variable]:
        """What a resumed training needs beyond the variables of network and optimiser: a teacher's weights, a counter."""
        return []

    @property
    def head_variables(self) -> list[keras.Variable]:
        """What is learned beside the network and not kept with it, such as heads of coarser scales."""
        return []

    @property
    def learned_variables(self) -> list[keras.Variable]:
        """What the optimiser changes."""
        return [*self.network.trainable_variables, *self.head_variables]

    def averaged(self) -> AbstractContextManager[None]:
        """Inside the block the network is the one that is kept: the average of the last steps, where there is one."""
        return nullcontext() if self.average is None else self.average.in_place()

    def call(self, hu: Any, places: SlicePlaces | None = None, training: bool = False) -> Any:
        """Logits, float32 `[B, H, W, num_logits]`, of int16 HU slices `[B, H, W, C]` with the organs at these places."""
        image = normalise(hu, *self._scale)
        return self.network(network_inputs(image, self.renderer, places), training=training)

    def learner(self, inputs: Any) -> Any:
        """What `terms` compares, of a normalised, augmented batch (and its priors): the network's logits in training mode."""
        return self.network(inputs, training=True)

    def targets(self, batch: Batch) -> Any:
        """What the logits of a normalised, augmented batch are compared with; no gradient passes through it."""
        raise NotImplementedError

    def terms(self, logits: Any, targets: Any) -> dict[str, Any]:
        """The `loss` to lower, a scalar, and what else is reported of the batch."""
        raise NotImplementedError

    def after_step(self, batch: Batch) -> None:
        """What follows the optimiser's step, in the compiled step as well; `batch` as of `targets`."""

    def compile(self, optimizer: keras.optimizers.Optimizer, jit_compile: bool = False) -> None:
        """Prepares the training; `jit_compile` lets XLA compile the step but for the augmentation, which it has no kernel for."""
        super().compile(optimizer=optimizer, jit_compile=False)
        self._compiled_update = tf.function(self._update, jit_compile=True) if jit_compile else self._update

    def train_step(self, data: dict[str, Any]) -> dict[str, Any]:
        """One optimiser step on a batch; returns the epoch's means so far."""
        affine = None if self.augment is None else self._draw(self.augment, data["image"].shape[0])
        batch = self._augmented({name: data[name] for name in (*seen_by_loss(), *self.reads) if name in data}, affine)
        if self.renderer is not None:
            batch |= {"prior": self._prior(self.renderer, data, affine)}
        terms = self._compiled_update(batch)
        if self.average is not None:
            self.average.update(self.optimizer.iterations)
        self.after_step(batch)
        for name, value in terms.items():
            self.trackers[name].update_state(value)
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    def _update(self, batch: Batch) -> dict[str, Any]:
        targets = self.targets(batch)
        inputs = [batch["image"], batch["prior"]] if "prior" in batch else batch["image"]
        with tf.GradientTape() as tape:
            terms = self.terms(self.learner(inputs), targets)
            scaled = self.optimizer.scale_loss(terms["loss"])
        variables = self.learned_variables
        self.optimizer.apply(tape.gradient(scaled, variables), variables)
        return terms

    def _augmented(self, batch: dict[str, Any], affine: Affine | None) -> dict[str, Any]:
        batch = batch | {"image": normalise(batch["image"], *self._scale)}
        if affine is None:
            return batch
        moved = warp_batch(batch, affine, {"image": normalised_air(*self._scale)})
        return moved | {"image": self._with_changed_intensity(moved["image"])}

    def _with_changed_intensity(self, image: Any) -> Any:
        if self.augment is None or not self.augment.intensity.used:
            return image
        config, (batch, *_, channels) = self.augment.intensity, image.shape
        return change_intensity(image, config, draw_intensity(config, batch, channels, self._step_seed(INTENSITY_SEED)))

    def _prior(self, renderer: PriorRenderer, data: dict[str, Any], affine: Affine | None) -> Any:
        """The prior of each slice, moved as the slice is."""
        places = places_of(data)
        if places is None:
            raise TfpartialError("a network with a prior learns from batches with places; these have no `prior_offset`")
        if np.any(self.jitter_mm):
            seed = self._step_seed(JITTER_SEED)
            sd_mm = tf.reshape(tf.constant(self.jitter_mm, tf.float32), [-1, 1])  # (1, 1) or (K, 1)
            errors = tf.random.stateless_normal(tf.shape(places.centre_mm), seed) * sd_mm
            places = places._replace(centre_mm=places.centre_mm + errors)
        rendered = renderer(places)
        return renderer.finish(rendered if affine is None else warp(rendered, affine, "bilinear", 0.0), places)

    def _draw(self, augment: AugmentConfig, batch: int) -> Affine:
        return draw_affine(augment, batch, self._step_seed())

    def _step_seed(self, apart: int = 0) -> Any:
        # The step number is the seed: a resumed training draws what the uninterrupted one would have drawn.
        return tf.stack([self.seed + apart, tf.cast(self.optimizer.iterations, "int32")])
