"""What is done with a batch, by name. A new way is a subclass of `PartialSegmenter` in a file of its own, and a line here."""

from __future__ import annotations

import inspect
from typing import Any

from tfpartial.config import TrainerConfig
from tfpartial.options import checked_options, choose
from tfpartial.training.partial_segmenter import PartialSegmenter

TRAINERS: dict[str, type[PartialSegmenter]] = {"supervised": PartialSegmenter}
"""A trainer declares what else is its state (`state_variables`) and what follows a step (`after_step`)."""
COMMON = tuple(inspect.signature(PartialSegmenter).parameters)
"""What each of them is given; its further keyword arguments are its options."""


def build_trainer(config: TrainerConfig, **common: Any) -> PartialSegmenter:
    """The trainer that is asked for.

    Args:
        config: its name and options.
        common: the arguments of `PartialSegmenter`.

    Raises:
        TfpartialError: a trainer or an option that does not exist.
    """
    options = trainer_options(config)
    return TRAINERS[config.name](**common, **options)


def trainer_options(config: TrainerConfig) -> dict[str, Any]:
    """The trainer's options, with the types that it asks for. Raises as `build_trainer`."""
    return checked_options(choose(TRAINERS, config.name, "trainer.name"), config.options, "trainer.options", COMMON)
