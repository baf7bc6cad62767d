"""Epochs on the training slices of a fold, from where a killed run stopped."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from tfpartial.config import ConfidenceConfig, TrainConfig
from tfpartial.data.feed.pipeline import steps_in_epoch, training_slices
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.segmenter.precision import choose_jit
from tfpartial.training.callbacks import STATE, Keep
from tfpartial.training.checkpoint import Progress, load_state
from tfpartial.training.finite import StopWhenNotFinite
from tfpartial.training.metrics_file import MetricsFile
from tfpartial.training.network_trainer import NetworkTrainer

TENSORBOARD = "tensorboard"
LoopConfig = TrainConfig | ConfidenceConfig


def train_epochs(
    config: LoopConfig,
    cases: TrainingCases,
    trainer: NetworkTrainer,
    validation: Sequence[keras.callbacks.Callback] = (),
    scores: Sequence[str] = (),
    callbacks: Sequence[keras.callbacks.Callback] = (),
    centres_mm: np.ndarray | None = None,
    balanced: bool = False,
) -> Progress:
    """Trains up to the last epoch; leaves `metrics.csv`, the state to resume from and TensorBoard's files in `config.out`.

    Args:
        config: the configuration.
        cases: cases of the fold.
        trainer: the network and what it learns.
        validation: callbacks that add scores to the logs of an epoch.
        scores: names of these scores.
        callbacks: further callbacks, such as a progress bar.
        centres_mm: where the organs are, for a network with a prior; see `training_slices`.
        balanced: see `training_slices`.

    Returns:
        Epochs, best validation DSC and seconds.
    """
    source = (cases.store, cases.train, cases.annotated, config.batch, config.empty_share)
    steps = config.steps_per_epoch or steps_in_epoch(*source, cases.pseudo)
    trainer.compile(optimizer=_optimizer(config, steps), jit_compile=choose_jit(config.jit))
    state = config.out / STATE
    progress = load_state(state, trainer) if state.is_file() else Progress()
    columns = ("epoch", "seconds", "learning_rate", *trainer.trackers, *scores)
    keep = Keep(config.out, MetricsFile(config.out / "metrics.csv", columns, progress.epochs), progress)
    tensorboard = keras.callbacks.TensorBoard(config.out / TENSORBOARD, write_graph=False, profile_batch=0)
    start = progress.epochs * steps
    batches = training_slices(*source, config.seed, start, cases.pseudo, balanced, centres_mm)
    trainer.fit(
        batches,
        initial_epoch=progress.epochs,
        epochs=config.epochs,
        steps_per_epoch=steps,
        callbacks=[StopWhenNotFinite(), *validation, tensorboard, keep, *callbacks],
        shuffle=False,
        verbose=0,
    )
    return keep.progress


def _optimizer(config: LoopConfig, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Adam, from the first learning rate to the final one exponentially (thesis, section 3.4.1)."""
    rate = keras.optimizers.schedules.ExponentialDecay(
        config.learning_rate,
        decay_steps=config.epochs * steps_per_epoch,
        decay_rate=config.final_learning_rate / config.learning_rate,
    )
    return keras.optimizers.Adam(rate)
