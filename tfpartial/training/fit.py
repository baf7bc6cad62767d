"""From a configuration to a trained network in a stage folder."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import keras
import tensorflow as tf

from tfpartial import models
from tfpartial.config import TrainConfig
from tfpartial.data.hu import window_statistics
from tfpartial.data.pipeline import case_slices, steps_in_epoch, training_slices
from tfpartial.training.callbacks import BEST, LAST, STATE, Keep, Validate, save_network
from tfpartial.training.card import NetworkSpec, SegmenterCard, write_card
from tfpartial.training.cases import TrainingCases
from tfpartial.training.checkpoint import Progress, load_state
from tfpartial.training.metrics_file import MetricsFile
from tfpartial.training.objective import Objective
from tfpartial.training.overlays import Overlays, labelled_slices
from tfpartial.training.precision import choose_jit, choose_policy, dtype_policy
from tfpartial.training.segmenter import PartialSegmenter
from tfpartial.training.validation import Validator

logger = logging.getLogger(__name__)

TENSORBOARD = "tensorboard"
PICTURES = 4
"""Validation slices that TensorBoard shows."""


def fit(config: TrainConfig, cases: TrainingCases, callbacks: Sequence[keras.callbacks.Callback] = ()) -> Progress:
    """Trains, or goes on where a killed run stopped, and leaves the stage's files in `config.out`.

    Args:
        config: the configuration.
        cases: cases of the fold.
        callbacks: further Keras callbacks, such as a progress bar.

    Returns:
        Epochs, best validation DSC and seconds.
    """
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(config.seed)
    policy, jit = choose_policy(config.precision), choose_jit(config.jit)
    devices = ", ".join(device.name for device in tf.config.list_physical_devices())
    logger.info("precision %s, XLA %s, devices %s", policy, "on" if jit else "off", devices)
    steps = config.steps_per_epoch or steps_in_epoch(cases.store, cases.train, cases.annotated, config.batch, config.empty_share)
    segmenter = _build(config, cases, policy)
    segmenter.compile(optimizer=_optimizer(config, steps), jit_compile=jit)
    state = config.out / STATE
    progress = load_state(state, segmenter) if state.is_file() else Progress()
    keep = _keep(config, cases, segmenter, progress)
    segmenter.fit(
        training_slices(
            cases.store,
            cases.train,
            cases.annotated,
            config.batch,
            config.empty_share,
            config.seed,
            start_step=progress.epochs * steps,
        ),
        initial_epoch=progress.epochs,
        epochs=config.epochs,
        steps_per_epoch=steps,
        callbacks=[*_validation(config, cases, segmenter), _tensorboard(config), keep, *callbacks],
        shuffle=False,
        verbose=0,
    )
    save_network(segmenter.network, config.out / LAST)
    if not (config.out / BEST).is_file():  # no validation case, or no score that is defined
        save_network(segmenter.network, config.out / BEST)
    return keep.progress


def _build(config: TrainConfig, cases: TrainingCases, policy: str) -> PartialSegmenter:
    store = cases.store
    mean, sd = window_statistics(store.hu_histogram(cases.train), config.window_hu)
    objective = Objective(config.method, len(store.organs), config.loss)
    spec = NetworkSpec(
        name=config.network.name,
        num_outputs=objective.num_outputs,
        input_shape=(*store.size, store.channels),
        options={"width": config.network.width},
    )
    write_card(
        SegmenterCard(
            store.organs, store.channel_names, config.method, store.size, store.spacing_mm, config.window_hu, mean, sd, spec
        ),
        config.out,
    )
    with dtype_policy(policy):
        network = models.build(spec.name, spec.num_outputs, spec.input_shape, **spec.options)
    return PartialSegmenter(network, objective, config.window_hu, mean, sd, config.augment, config.seed)


def _optimizer(config: TrainConfig, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Adam, from the first learning rate to the final one exponentially (thesis, section 3.4.1)."""
    rate = keras.optimizers.schedules.ExponentialDecay(
        config.learning_rate,
        decay_steps=config.epochs * steps_per_epoch,
        decay_rate=config.final_learning_rate / config.learning_rate,
    )
    averages = {"use_ema": True, "ema_momentum": config.ema} if config.ema else {}  # `fit` puts them in place at its end
    return keras.optimizers.Adam(rate, **averages)


def _validation(config: TrainConfig, cases: TrainingCases, segmenter: PartialSegmenter) -> list[keras.callbacks.Callback]:
    if not cases.val:
        return []
    slices = case_slices(cases.store, cases.val, cases.annotated, config.batch)
    validator = Validator(segmenter, config.method, slices, cases.annotated_vectors(cases.val))
    pictures = labelled_slices(cases, PICTURES)
    return [
        Validate(validator, cases.store.organs.names, config.validate_every, config.epochs),
        Overlays(config.out / TENSORBOARD / "pictures", pictures, config.method, config.window_hu, config.validate_every),
    ]


def _tensorboard(config: TrainConfig) -> keras.callbacks.Callback:
    return keras.callbacks.TensorBoard(config.out / TENSORBOARD, write_graph=False, profile_batch=0)


def _keep(config: TrainConfig, cases: TrainingCases, segmenter: PartialSegmenter, progress: Progress) -> Keep:
    scores = ("val_dsc", *(f"val_dsc_{organ}" for organ in cases.store.organs.names))
    columns = ("epoch", "seconds", "learning_rate", *segmenter.trackers, *scores)
    return Keep(config.out, MetricsFile(config.out / "metrics.csv", columns, progress.epochs), progress)
