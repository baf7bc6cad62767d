"""Epochs on the training slices of a fold, from where a killed run stopped."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from tfpartial.config import ConfidenceConfig, OptimizerConfig, TrainConfig
from tfpartial.data.feed.draws import Draws
from tfpartial.data.feed.pipeline import batch_stream, training_slices
from tfpartial.data.feed.slice_index import count_columns
from tfpartial.data.feed.slices import SliceReader
from tfpartial.segmenter.precision import choose_jit
from tfpartial.tensorflow_files import naming_for_tensorflow
from tfpartial.training.callbacks import STATE, Keep
from tfpartial.training.checkpoint import Progress, load_state
from tfpartial.training.finite import StopWhenNotFinite
from tfpartial.training.learning_rate import WarmDecay
from tfpartial.training.metrics_file import MetricsFile
from tfpartial.training.network_trainer import NetworkTrainer
from tfpartial.training.optimizers import build_optimizer

TENSORBOARD = "tensorboard"
LoopConfig = TrainConfig | ConfidenceConfig


def train_epochs(
    config: LoopConfig,
    reader: SliceReader,
    trainer: NetworkTrainer,
    validation: Sequence[keras.callbacks.Callback] = (),
    scores: Sequence[str] = (),
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Progress:
    """Trains up to the last epoch; leaves `metrics.csv`, the state to resume from and TensorBoard's files in `config.out`.

    Args:
        config: the configuration.
        reader: reads the training slices.
        trainer: the network and what it learns.
        validation: callbacks that add scores to the logs of an epoch.
        scores: names of these scores.
        callbacks: further callbacks, such as a progress bar.

    Returns:
        Epochs, best validation DSC and seconds.
    """
    stream = batch_stream(reader, config.batch, draws_of(config), config.seed)
    steps = config.steps_per_epoch or stream.batches_per_epoch
    trainer.compile(optimizer=_optimizer(config, steps), jit_compile=choose_jit(config.jit))
    state = config.out / STATE
    progress = load_state(state, trainer) if state.is_file() else Progress()
    organs = reader.store.organs.names
    columns = ("epoch", "steps", "slices", "seconds", "learning_rate", *trainer.trackers, *scores, *count_columns(organs))

    def drawn(epoch: int) -> dict[str, int]:
        done = (epoch + 1) * steps
        return {"steps": done, "slices": done * config.batch} | stream.counts(range(epoch * steps, done), organs)

    keep = Keep(config.out, MetricsFile(config.out / "metrics.csv", columns, progress.epochs), progress, drawn)
    tensorboard = keras.callbacks.TensorBoard(config.out / TENSORBOARD, write_graph=False, profile_batch=0)
    batches = training_slices(reader, stream, start_step=progress.epochs * steps)
    with naming_for_tensorflow(config.out / TENSORBOARD):
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


def draws_of(config: LoopConfig) -> Draws:
    return Draws(config.sampling, config.empty_share, config.organ_share, getattr(config, "pseudo_share", 0.0))


def _optimizer(config: LoopConfig, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """The optimiser with the learning rates of the configuration; a confidence network's is Adam."""
    steps = config.epochs * steps_per_epoch
    rates = (config.learning_rate, config.final_learning_rate)
    asked = config.optimizer if isinstance(config, TrainConfig) else OptimizerConfig()
    return build_optimizer(asked, WarmDecay(*rates, steps, config.warmup_steps, config.decay))
