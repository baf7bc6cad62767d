"""From a configuration to a trained network in a stage folder."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import keras
import numpy as np

from tfpartial.config import TrainConfig
from tfpartial.data.feed.batch import entries_of
from tfpartial.data.feed.pipeline import case_slices
from tfpartial.data.feed.read_errors import reading_errors
from tfpartial.data.feed.slices import SliceReader
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.data.hu import window_statistics
from tfpartial.data.number_map import map_of
from tfpartial.priors.render import PriorRenderer
from tfpartial.priors.spatial_prior import SpatialPrior, read_prior, write_prior
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, build_network, read_card, write_card
from tfpartial.segmenter.find_organs import OrganFinder
from tfpartial.segmenter.network import save_network
from tfpartial.segmenter.precision import dtype_policy
from tfpartial.training.callbacks import BEST, LAST, Validate
from tfpartial.training.case_places import ValidationPlaces, search_errors_mm, training_centres_mm
from tfpartial.training.check import network_options
from tfpartial.training.checkpoint import Progress
from tfpartial.training.deep_supervision import DeepSupervision
from tfpartial.training.devices import set_up
from tfpartial.training.first_biases import first_biases, organ_frequencies, set_first_biases
from tfpartial.training.first_weights import continued_card, take_weights
from tfpartial.training.loop import TENSORBOARD, train_epochs
from tfpartial.training.norm_momentum import set_norm_momentum
from tfpartial.training.objective import Objective
from tfpartial.training.overlays import Overlays, labelled_slices
from tfpartial.training.partial_segmenter import PartialSegmenter
from tfpartial.training.trainers import build_trainer
from tfpartial.training.validation import Validator

logger = logging.getLogger(__name__)

PICTURES = 4
"""Validation slices that TensorBoard shows."""


@reading_errors()
def fit(config: TrainConfig, cases: TrainingCases, callbacks: Sequence[keras.callbacks.Callback] = ()) -> Progress:
    """Trains, or goes on where a killed run stopped, and leaves the stage's files in `config.out`.

    Args:
        config: the configuration.
        cases: cases of the fold.
        callbacks: further Keras callbacks, such as a progress bar.

    Returns:
        Epochs, best validation DSC and seconds.

    Raises:
        TfpartialError: a network, term, trainer or option that does not exist; a rule or term that reads what the data lack; a
            first model or a state that does not fit; a file of the store that is damaged.
    """
    policy = set_up(config)
    prior = None if config.prior is None else read_prior(config.prior).of_organs(cases.store.organs.names)
    centres = None if prior is None else training_centres_mm(cases)
    reader = SliceReader(cases.store, cases.train, cases.annotated, cases.pseudo, centres)
    objective = _objective(config, reader)
    _warn_of_no_background(objective, cases)
    segmenter = _build(config, cases, objective, policy, prior)
    scores = ("val_dsc", *(f"val_dsc_{organ}" for organ in cases.store.organs.names))
    validation = _validation(config, cases, segmenter, prior)
    progress = train_epochs(config, reader, segmenter, validation, scores, callbacks)
    with segmenter.averaged():
        save_network(segmenter.network, config.out / LAST)
        if not (config.out / BEST).is_file():  # no validation case, or no score that is defined
            save_network(segmenter.network, config.out / BEST)
    return progress


def _objective(config: TrainConfig, reader: SliceReader) -> Objective:
    objective = Objective(config.method, len(reader.store.organs), config.loss, config.rule, config.activation)
    seen = [name for name, entry in entries_of(reader).items() if entry.loss]
    objective.set_organs(reader.store.organs.names)
    objective.require([*seen, *(["prior"] if reader.centres_mm is not None else [])])
    logger.info("%s", objective)
    return objective


def _warn_of_no_background(objective: Objective, cases: TrainingCases) -> None:
    """In a softmax a voxel of background is certain only where every organ was looked for."""
    if objective.activation == "softmax" and objective.rule == "certain":
        complete = int(cases.annotated_vectors(cases.train).all(axis=1).sum())
        if complete < len(cases.train):
            what = "background is learned in them alone; sigmoids learn each organ's own wherever it is annotated"
            logger.warning("softmax: %d of %d training cases have all organs annotated; %s", complete, len(cases.train), what)


def _build(
    config: TrainConfig, cases: TrainingCases, objective: Objective, policy: str, prior: SpatialPrior | None
) -> PartialSegmenter:
    card = _card(config, cases, objective, None if prior is None else prior.epsilon)
    if config.model is not None:
        card = continued_card(card, config.model)
    write_card(card, config.out)
    if prior is not None:
        write_prior(prior, config.out)  # a segmenter's folder has all that prediction needs
    with dtype_policy(policy):
        network = build_network(card, first_weights=config.model is None)
        deep = DeepSupervision(network) if config.deep_supervision else None
    set_norm_momentum(network, config.norm_momentum)
    if config.model is not None:
        take_weights(network, config.model, config.checkpoint)
    if config.first_biases == "frequency" and (deep is not None or config.model is None):
        biases = first_biases(organ_frequencies(cases, everywhere=objective.rule == "naive"), objective.activation)
        if config.model is None:
            set_first_biases(network, biases)
        if deep is not None:
            deep.set_first_biases(biases)
    return build_trainer(
        config.trainer,
        network=network,
        objective=objective,
        window_hu=config.window_hu,
        mean=card.mean,
        sd=card.sd,
        augment=config.augment,
        seed=config.seed,
        renderer=None if prior is None else PriorRenderer(prior, card.size),
        jitter_mm=0.0 if prior is None else _jitter_mm(config, cases),
        ema=config.ema,
        number_maps=card.number_maps,
        deep=deep,
    )


def _jitter_mm(config: TrainConfig, cases: TrainingCases) -> float | np.ndarray:
    """Of all organs, or of each as the search errs."""
    if config.prior_use.jitter_mm is not None:
        return config.prior_use.jitter_mm
    errors = search_errors_mm(cases)
    named = zip(cases.store.organs.names, errors, strict=True)
    logger.info("errors of the places along each axis, in mm: %s", ", ".join(f"{organ} {error:.1f}" for organ, error in named))
    return errors


def _card(config: TrainConfig, cases: TrainingCases, objective: Objective, prior_epsilon: float | None) -> SegmenterCard:
    store = cases.store
    first = map_of(store.number_maps, 0)  # the statistics are of channel 0
    mean, sd = window_statistics(store.hu_histogram(cases.train), config.window_hu, first)
    return SegmenterCard(
        organs=store.organs,
        channel_names=store.channel_names,
        method=config.method,
        activation=objective.activation,
        size=store.size,
        spacing_mm=store.spacing_mm,
        window_hu=config.window_hu,
        mean=mean,
        sd=sd,
        network=NetworkSpec(
            name=config.network.name,
            num_logits=objective.num_logits,
            input_shape=(*store.size, store.channels),
            options=network_options(config),
        ),
        prior=None if config.prior is None else config.prior_use.where,
        rule=objective.rule,
        prior_epsilon=prior_epsilon,
        number_maps=store.number_maps,
    )


def _validation(
    config: TrainConfig, cases: TrainingCases, segmenter: PartialSegmenter, prior: SpatialPrior | None
) -> list[keras.callbacks.Callback]:
    if not cases.val:
        return []
    places = None
    if prior is not None:
        finder = OrganFinder(segmenter.network, read_card(config.out), config.batch, segmenter.renderer)
        places = ValidationPlaces(cases, finder, prior, config.prior_use.search)
    slices = case_slices(cases.store, cases.val, cases.annotated, config.batch)
    pictures = labelled_slices(cases, PICTURES)
    activation, every = segmenter.objective.activation, config.validate_every
    validator = Validator(segmenter, activation, slices, cases.annotated_vectors(cases.val), places)
    maps = cases.store.number_maps
    folder = config.out / TENSORBOARD / "pictures"
    return [
        Validate(validator, cases.store.organs.names, every, config.epochs),
        Overlays(folder, pictures, activation, config.window_hu, every, lambda: validator.centres_mm, maps),
    ]
