"""From a trained segmenter to a confidence network in a stage folder."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from tfpartial.artifacts import sha256
from tfpartial.confidence.card import (
    NETWORK,
    ConfidenceCard,
    read_card,
    require_no_prior,
    require_sigmoids,
    require_trained_for,
    write_card,
)
from tfpartial.confidence.first_biases import BATCHES, set_first_biases
from tfpartial.confidence.network import confidence_network
from tfpartial.confidence.out_of_fold import checksums, read_out_of_fold
from tfpartial.confidence.trainer import ConfidenceTrainer
from tfpartial.config import ConfidenceConfig
from tfpartial.data.feed.pipeline import batch_stream, training_slices
from tfpartial.data.feed.read_errors import reading_errors
from tfpartial.data.feed.slices import SliceReader
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.errors import TfpartialError
from tfpartial.segmenter.card import read_card as read_segmenter_card
from tfpartial.segmenter.card import require_same_data
from tfpartial.segmenter.network import load_network, save_network
from tfpartial.segmenter.precision import dtype_policy
from tfpartial.training.callbacks import STATE
from tfpartial.training.checkpoint import Progress
from tfpartial.training.devices import set_up
from tfpartial.training.loop import draws_of, train_epochs


@reading_errors()
def fit(config: ConfidenceConfig, cases: TrainingCases, callbacks: Sequence[keras.callbacks.Callback] = ()) -> Progress:
    """Trains, or goes on where a killed run stopped, and leaves the stage's files in `config.out`.

    The experts' labels of the training cases are the truth; pseudo-labels are the segmenter's own opinion and teach nothing here.

    Args:
        config: the configuration.
        cases: cases of the fold, without pseudo-labels.
        callbacks: further Keras callbacks, such as a progress bar.

    Returns:
        Epochs and seconds; no validation DSC.

    Raises:
        TfpartialError: the segmenter cannot be read, ends in a softmax, takes other slices or organs than the store's, or is not
            the one that the killed run was trained for; a training case that all segmenters out of fold have seen; a file of
            the store that is damaged.
    """
    policy = set_up(config)
    segmenter_card = read_segmenter_card(config.model)
    require_sigmoids(segmenter_card, config.model)
    require_no_prior(segmenter_card, config.model)
    require_same_data(segmenter_card, cases.store, config.model)
    segmenter = load_network(config.model, config.checkpoint)
    out_of_fold = read_out_of_fold(config.segmenters, config.checkpoint, cases, segmenter_card)
    _write_or_check_card(config)
    with dtype_policy(policy):
        network = confidence_network(segmenter, len(segmenter_card.organs), config.mode, config.filters, config.start)
    trainer = ConfidenceTrainer(
        network, segmenter, segmenter_card, config.balance, config.start, config.augment, config.seed, config.loss, out_of_fold
    )
    reader = SliceReader(cases.store, cases.train, cases.annotated)
    new = not (config.out / STATE).is_file()  # a resumed training takes its biases from there
    if new and config.first_biases == "mean" and config.start == "random":
        stream = batch_stream(reader, config.batch, draws_of(config), config.seed)
        set_first_biases(trainer, training_slices(reader, stream).take(BATCHES))
    progress = train_epochs(config, reader, trainer, callbacks=callbacks)
    save_network(network, config.out / NETWORK)
    return progress


def _write_or_check_card(config: ConfidenceConfig) -> None:
    checkpoint = config.model / f"{config.checkpoint}.keras"
    others = checksums(config.segmenters, config.checkpoint)
    if (config.out / STATE).is_file():
        before = read_card(config.out)
        require_trained_for(before, config.out, checkpoint)
        if before.out_of_fold_sha256 != others:
            raise TfpartialError(f"{config.out}: was begun with targets of other segmenters; choose another out")
    filters, segmenter = tuple(config.filters), sha256(checkpoint)
    card = ConfidenceCard(config.mode, filters, config.balance, config.start, segmenter, config.loss, others)
    write_card(card, config.out)
