"""What a training learns: the voxels, by a weight rule, and the loss terms on them."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, NamedTuple

from keras import ops

from tfpartial.config import Activation, LossConfig, Rule
from tfpartial.errors import TfpartialError
from tfpartial.losses import TERMS, LossInputs, Term, targets_and_weights
from tfpartial.losses.inputs import ALWAYS
from tfpartial.losses.weight_maps import NEEDS
from tfpartial.options import AtLeast, checked_options, choose
from tfpartial.training.scales import at_grid, scale_weights


class Recipe(NamedTuple):
    """What a training method is made of.

    Args:
        rule: the weight rule of `targets_and_weights`.
        activation: `sigmoid` (K logits) or `softmax` (K+1 logits, background first).
    """

    rule: str
    activation: Activation


METHODS = {
    "certain": Recipe("certain", "sigmoid"),  # INERRANT0 (thesis, section 3.3.1), SMILE
    "naive": Recipe("naive", "sigmoid"),  # w = 1 everywhere, in every term
    "naive_softmax": Recipe("naive", "softmax"),  # the multi-class network as published
}


class WeightedTerm(NamedTuple):
    """A term with its weight, and the first and last optimiser step of the weight's linear rise from 0; none does not rise."""

    term: Term
    weight: float
    ramp: tuple[int, int] | None = None

    def factor(self, step: Any) -> Any:
        """The weight at an optimiser step, which counts from 0."""
        if self.ramp is None:
            return self.weight
        first, last = self.ramp
        return self.weight * ops.clip((ops.cast(step, "float32") - first) / max(last - first, 1), 0.0, 1.0)


class Objective:
    """The loss of a method: a weighted sum of terms under one weight map.

    Args:
        method: a key of `METHODS`.
        num_organs: K.
        config: the terms.
        rule: the weight rule; none takes the method's.
        activation: what ends the network; none takes the method's.

    Raises:
        TfpartialError: no term with a weight, or a term or an option that does not exist.
    """

    def __init__(
        self, method: str, num_organs: int, config: LossConfig, rule: Rule | None = None, activation: Activation | None = None
    ) -> None:
        recipe: Recipe = choose(METHODS, method, "method")
        self.rule = rule or recipe.rule
        self.activation: Activation = activation or recipe.activation
        self.num_organs = num_organs
        asked = {name: options for name, options in config.terms.items() if options is not None}
        weighted = {name: _weighted(name, options, self.activation) for name, options in asked.items()}
        self.terms = {name: term for name, term in weighted.items() if term.weight > 0}
        if not self.terms:
            got = f"{', '.join(config.terms)} without one" if config.terms else "no term"
            raise TfpartialError(f"loss.terms: expected a term with a weight above 0, got {got}")

    @property
    def num_logits(self) -> int:
        """Channels of the network's output."""
        return self.num_organs + (self.activation == "softmax")

    def require(self, found: Collection[str], have: str = "these data have") -> None:
        """Raises `TfpartialError` when the rule or a term reads something that is not in the batches, `found`."""
        needs = {"rule": (self.rule, NEEDS.get(self.rule, ()))}
        needs |= {f"loss.terms.{name}": (name, weighted.term.needs) for name, weighted in self.terms.items()}
        for option, (name, needed) in needs.items():
            missing = [entry for entry in needed if entry not in (*ALWAYS, *found)]
            if missing:
                raise TfpartialError(f"{option}: '{name}' needs {', '.join(missing)}; {have} {', '.join(found)}")

    def set_organs(self, organs: Sequence[str]) -> None:
        """Gives the terms the names of the organs. Raises `TfpartialError` when an option of a term names another one."""
        for name, weighted in self.terms.items():
            with _naming(f"loss.terms.{name}"):
                weighted.term.set_organs(organs)

    def __str__(self) -> str:
        """What is learned, in a line."""
        return f"loss {', '.join(map(_text, self.terms.items()))}; rule {self.rule}; {self.activation}"

    def __call__(self, batch: Mapping[str, Any], logits: Any, step: Any = 0) -> dict[str, Any]:
        """The terms, unweighted, and their weighted sum `loss`.

        Args:
            batch: `label` uint8 `[B, H, W]`, `annotated` bool `[B, K]`, and what else the terms need, by the names of
                `LossInputs` or of the batch's entries.
            logits: `[B, H, W, num_logits]`; or a list of such with coarser ones after them, each on a grid that divides H and W.
                Every term is then the mean of its values at all scales, by `scale_weights`.
            step: optimiser steps so far.
        """
        values = self._of_scales(batch, logits) if isinstance(logits, list | tuple) else self._values(batch, logits)
        total = sum(weighted.factor(step) * values[name] for name, weighted in self.terms.items())
        return {"loss": total, **values}

    def _of_scales(self, batch: Mapping[str, Any], logits: Sequence[Any]) -> dict[str, Any]:
        of_each = [self._values(at_grid(batch, each.shape[1:3]), each) for each in logits]
        weighted = list(zip(scale_weights(len(logits)), of_each, strict=True))
        return {name: sum(weight * values[name] for weight, values in weighted) for name in self.terms}

    def _values(self, batch: Mapping[str, Any], logits: Any) -> dict[str, Any]:
        """The terms of logits on the batch's grid."""
        outside_box = batch.get("outside_box")
        targets, weights = targets_and_weights(batch["label"], batch["annotated"], self.num_organs, self.rule, outside_box)
        optional = {name: batch.get(name) for name in ("image", "prior", "spacing_mm")}
        inputs = LossInputs(targets, weights, {1: logits}, batch["annotated"], **optional, batch=batch)
        return {name: weighted.term(inputs) for name, weighted in self.terms.items()}


def _text(named: tuple[str, WeightedTerm]) -> str:
    name, (_, weight, ramp) = named
    return f"{name} {weight:g}" + ("" if ramp is None else f" (rises from step {ramp[0]} to {ramp[1]})")


def shared_options(
    weight: Annotated[float, AtLeast(0)] = 1.0, ramp: tuple[int, int] | None = None
) -> tuple[float, tuple[int, int] | None]:
    """The options that every term has.

    Args:
        weight: factor of the term; at 0 it is left out.
        ramp: first and last optimiser step of a linear rise from 0 to the weight; none has the weight from the start on.
    """
    return weight, ramp


SHARED = inspect.signature(shared_options).parameters


def _weighted(name: str, options: Mapping[str, Any], activation: str) -> WeightedTerm:
    where = f"loss.terms.{name}"
    if not isinstance(options, Mapping):
        raise TfpartialError(f"{where}: expected its options, such as {{weight: 1}}, got {options!r}")
    term = choose(TERMS, name, "loss.terms")
    shared = {key: value for key, value in options.items() if key in SHARED}
    own = {key: value for key, value in options.items() if key not in shared}
    weight, ramp = shared_options(**checked_options(shared_options, shared, where))
    if ramp is not None and not 0 <= ramp[0] < ramp[1]:
        raise TfpartialError(f"{where}.ramp: expected a step from 0 on and a later one, got {ramp[0]} and {ramp[1]}")
    options = checked_options(term, own, where, ("self", "activation"), tuple(SHARED))
    with _naming(where):
        return WeightedTerm(term(activation, **options), weight, ramp)


@contextmanager
def _naming(where: str) -> Iterator[None]:
    """Says in which term an option is wrong."""
    try:
        yield
    except TfpartialError as error:
        raise TfpartialError(f"{where}.{error}") from error
