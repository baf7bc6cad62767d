"""What of a training's configuration only the library can judge: names and options of network, loss, trainer and optimiser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tfpartial.config import TrainConfig
from tfpartial.config.recipes import recipe_options
from tfpartial.data.feed.batch import seen_by_loss
from tfpartial.errors import TfpartialError
from tfpartial.models.brought import BUILT_WITH, is_brought
from tfpartial.models.build import FIRST_WEIGHTS, network_function
from tfpartial.options import checked_options
from tfpartial.training.objective import Objective
from tfpartial.training.optimizers import build_optimizer
from tfpartial.training.trainers import trainer_options


def check(config: TrainConfig) -> None:
    """Raises `TfpartialError` for a name or option that does not exist, or a value outside its type or range, or first weights
    that are not there."""
    _require_filled_in(config)
    _require_first_weights(config, network_options(config))
    trainer_options(config.trainer)
    build_optimizer(config.optimizer, config.learning_rate)
    objective = Objective(config.method, 1, config.loss, config.rule, config.activation)
    objective.require([*seen_by_loss(), "prior"], "a batch can have")


def network_options(config: TrainConfig) -> dict[str, Any]:
    """The network's options, with the types that its builder asks for."""
    builder = network_function(config.network.name, "network.name: ")
    return checked_options(builder, config.network.options, "network.options", BUILT_WITH)


def _require_filled_in(config: TrainConfig) -> None:
    """A configuration that code made without `tfpartial.arguments.build` may name a recipe and have none of its options."""
    said = set(recipe_options("train", config.recipe))
    plain = TrainConfig(config.store, config.splits, config.out)
    if said and all(getattr(config, name) == getattr(plain, name) for name in said):
        raise TfpartialError(
            f"recipe: '{config.recipe}' is not filled in; expected a configuration of `tfpartial.arguments.build`"
        )


def _require_first_weights(config: TrainConfig, options: dict[str, Any]) -> None:
    """A run finds out before its first stage that the file of first weights is not there."""
    weights = None if is_brought(config.network.name) or config.model is not None else options.get(FIRST_WEIGHTS)
    if weights is not None and not Path(weights).exists():
        raise TfpartialError(f"network.options.{FIRST_WEIGHTS}: {weights}: no such file; expected an encoder's weights")
