"""From a configuration to a trained network in a stage folder."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfpartial.config import TrainConfig
from tfpartial.data.feed.pipeline import case_slices
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.data.hu import window_statistics
from tfpartial.priors.render import PriorRenderer
from tfpartial.priors.spatial_prior import SpatialPrior, read_prior, write_prior
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, build_network, write_card
from tfpartial.segmenter.network import save_network
from tfpartial.segmenter.precision import dtype_policy
from tfpartial.training.callbacks import BEST, LAST, Validate
from tfpartial.training.case_places import training_places, validation_places, with_places
from tfpartial.training.checkpoint import Progress
from tfpartial.training.first_weights import continued_card, take_weights
from tfpartial.training.loop import TENSORBOARD, set_up, train_epochs
from tfpartial.training.objective import Objective
from tfpartial.training.overlays import Overlays, labelled_slices
from tfpartial.training.partial_segmenter import PartialSegmenter
from tfpartial.training.validation import Validator

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
    policy = set_up(config)
    prior = None if config.prior is None else read_prior(config.prior).of_organs(cases.store.organs.names)
    segmenter = _build(config, cases, policy, prior)
    places = None if prior is None else training_places(cases)
    scores = ("val_dsc", *(f"val_dsc_{organ}" for organ in cases.store.organs.names))
    validation = _validation(config, cases, segmenter)
    progress = train_epochs(
        config, cases, segmenter, config.ema, validation, scores, callbacks, places, config.sampling == "organs"
    )
    save_network(segmenter.network, config.out / LAST)
    if not (config.out / BEST).is_file():  # no validation case, or no score that is defined
        save_network(segmenter.network, config.out / BEST)
    return progress


def _build(config: TrainConfig, cases: TrainingCases, policy: str, prior: SpatialPrior | None) -> PartialSegmenter:
    objective = Objective(config.method, len(cases.store.organs), config.loss)
    card = _card(config, cases, objective, prior)
    if config.model is not None:
        card = continued_card(card, config.model)
    write_card(card, config.out)
    if prior is not None:
        write_prior(prior, config.out)  # a segmenter's folder has all that prediction needs
    with dtype_policy(policy):
        network = build_network(card)
    if config.model is not None:
        take_weights(network, config.model, config.checkpoint)
    renderer = None if prior is None else PriorRenderer(prior, card.size)
    statistics = (config.window_hu, card.mean, card.sd)
    return PartialSegmenter(network, objective, *statistics, config.augment, config.seed, renderer, config.prior_use.jitter_mm)


def _card(config: TrainConfig, cases: TrainingCases, objective: Objective, prior: SpatialPrior | None) -> SegmenterCard:
    store = cases.store
    mean, sd = window_statistics(store.hu_histogram(cases.train), config.window_hu)
    spec = NetworkSpec(
        name=config.network.name,
        num_outputs=objective.num_outputs,
        input_shape=(*store.size, store.channels),
        options={"width": config.network.width},
    )
    grid = (store.organs, store.channel_names, config.method, store.size, store.spacing_mm)
    return SegmenterCard(*grid, config.window_hu, mean, sd, spec, None if prior is None else config.prior_use.where)


def _validation(config: TrainConfig, cases: TrainingCases, segmenter: PartialSegmenter) -> list[keras.callbacks.Callback]:
    if not cases.val:
        return []
    slices = case_slices(cases.store, cases.val, cases.annotated, config.batch)
    pictures = labelled_slices(cases, PICTURES)
    if segmenter.renderer is not None:
        places = validation_places(cases)
        slices = with_places(slices, places)
        pictures = next(iter(with_places(tf.data.Dataset.from_tensors(pictures), places)))
    validator = Validator(segmenter, config.method, slices, cases.annotated_vectors(cases.val))
    return [
        Validate(validator, cases.store.organs.names, config.validate_every, config.epochs),
        Overlays(config.out / TENSORBOARD / "pictures", pictures, config.method, config.window_hu, config.validate_every),
    ]
