"""Each list of choices in a configuration class says what the table that it mirrors has."""

import dataclasses
import typing

import pytest

from tfpartial import config as configs
from tfpartial.comparison.shown_metrics import SHOWN
from tfpartial.confidence.estimators import ESTIMATORS
from tfpartial.confidence.lessons import LESSONS
from tfpartial.config.recipes import RECIPES
from tfpartial.data.layouts import LAYOUTS
from tfpartial.data.number_map import Values
from tfpartial.losses import RULES
from tfpartial.losses.certain_mean import REDUCTIONS
from tfpartial.losses.dice import ACTIVATIONS, FORMS, ORGANS
from tfpartial.losses.focal import BALANCED
from tfpartial.losses.regularisers.extremal_area import CHOICES as EXTREMAL_SLICES
from tfpartial.losses.regularisers.pairwise import PAIRS
from tfpartial.losses.regularisers.size import SLICES as COUNTED
from tfpartial.losses.regularisers.size import UNITS_OF_EXCESS
from tfpartial.losses.regularisers.size_bounds import NO_BOUND, QUANTILES
from tfpartial.losses.terms import CROSS_ENTROPIES, SLICES, TERMS
from tfpartial.metrics.scoring import METRICS
from tfpartial.metrics.surfaces import SurfaceKind
from tfpartial.models.layers.prior_driven_activation import ACTIVATIONS as PRIOR_DRIVEN
from tfpartial.models.with_prior import PLACES
from tfpartial.options import options_of
from tfpartial.pictures.planes import VIEWS
from tfpartial.planning.slice_plan import PLANNED
from tfpartial.priors.build import Unit
from tfpartial.ranking.table import ESTIMATORS as NAMED_ESTIMATORS
from tfpartial.training import METHODS
from tfpartial.training.callbacks import BEST, LAST
from tfpartial.training.learning_rate import SHAPES

CHECKPOINTS = [name.removesuffix(".keras") for name in (BEST, LAST)]
MIRRORED = {
    "AlignConfig.checkpoint": CHECKPOINTS,
    "CompareConfig.metrics": SHOWN,
    "ConfidenceConfig.decay": SHAPES,
    "TrainConfig.decay": SHAPES,
    "ConfidenceConfig.checkpoint": CHECKPOINTS,
    "ConfidenceConfig.loss": LESSONS,
    "CurriculumConfig.estimator": ESTIMATORS,
    "ExportConfig.checkpoint": CHECKPOINTS,
    "InspectConfig.checkpoint": CHECKPOINTS,
    "OverlayConfig.animation": [*VIEWS, "none"],
    "OverlayConfig.planes": VIEWS,
    "PlanConfig.network": PLANNED,
    "PredictConfig.checkpoint": CHECKPOINTS,
    "PriorConfig.unit": typing.get_args(Unit),
    "PriorUseConfig.where": PLACES,
    "RankConfig.checkpoint": CHECKPOINTS,
    "RankConfig.estimators": ESTIMATORS,
    "RelabelConfig.checkpoint": CHECKPOINTS,
    "PrepareConfig.values": typing.get_args(Values),
    "RelabelConfig.estimator": ESTIMATORS,
    "ScoreConfig.surface": typing.get_args(SurfaceKind),
    "TrainConfig.activation": ACTIVATIONS,
    "TrainConfig.checkpoint": CHECKPOINTS,
    "TrainConfig.method": METHODS,
    "TrainConfig.recipe": RECIPES["train"],
    "TrainConfig.rule": RULES,
}
SWITCHES = {
    "ConfidenceConfig.balance",
    "ConfidenceConfig.first_biases",
    "ConfidenceConfig.jit",
    "ConfidenceConfig.mode",
    "ConfidenceConfig.precision",
    "ConfidenceConfig.sampling",
    "ConfidenceConfig.start",
    "CurriculumConfig.pseudo_labels",
    "CurriculumConfig.start_from",
    "ExportConfig.precision",
    "IngestConfig.intensities",
    "PlanConfig.spacing",
    "PredictConfig.nifti_form",
    "InspectConfig.heads",
    "InspectConfig.precision",
    "PredictConfig.outside_box",
    "PriorConfig.least",
    "PriorConfig.reference",
    "RankConfig.among",
    "RelabelConfig.among",
    "SplitConfig.score_on",
    "SourceConfig.empty",
    "SourceConfig.label_grid",
    "SourceConfig.nifti_form",
    "SourceConfig.uneven",
    "SourceConfig.unlisted",
    "TrainConfig.first_biases",
    "TrainConfig.jit",
    "TrainConfig.precision",
    "TrainConfig.pseudo_labels",
    "TrainConfig.sampling",
}
"""Choices that no table has: they are told apart where they are used."""


def choices_of(hint):
    """The choices of an annotation, also inside lists and beside None; none when it lists none."""
    if typing.get_origin(hint) is typing.Literal:
        return set(typing.get_args(hint))
    return set().union(*(choices_of(part) for part in typing.get_args(hint)))


def listed():
    """Option -> its choices, of every configuration class."""
    found = {}
    classes = [each for each in vars(configs).values() if dataclasses.is_dataclass(each)]
    for each in classes:
        hints = typing.get_type_hints(each)
        found |= {f"{each.__name__}.{name}": choices for name, hint in hints.items() if (choices := choices_of(hint))}
    return found


def test_every_list_is_compared_or_known_to_have_no_table():
    assert set(listed()) == set(MIRRORED) | SWITCHES


@pytest.mark.parametrize("option", MIRRORED)
def test_a_list_says_what_its_table_has(option):
    assert listed()[option] == set(MIRRORED[option])


def test_tables_of_the_same_thing_agree():
    assert set(ACTIVATIONS) == set(PRIOR_DRIVEN) == set(CROSS_ENTROPIES)
    assert set(SHOWN) == set(METRICS)
    assert set(NAMED_ESTIMATORS) == set(ESTIMATORS)
    assert {recipe.rule for recipe in METHODS.values()} <= set(RULES)


def test_the_choices_of_the_terms_are_those_of_the_losses():
    types = {name: {option.name: option.type.split(" or ") for option in options_of(term)} for name, term in TERMS.items()}
    assert set(types["bce"]["reduction"]) == set(REDUCTIONS)
    assert set(types["dice"]["organs"]) == set(ORGANS)
    assert set(types["dice"]["form"]) == set(FORMS)
    assert set(types["dice"]["slices"]) == set(SLICES)
    assert set(types["focal"]["reduction"]) == set(REDUCTIONS)
    assert BALANCED in types["focal"]["positive_weight"]
    assert set(types["extremal_area"]["slices"]) == set(EXTREMAL_SLICES)


def test_the_choices_of_sizes_are_those_of_their_term():
    types = {option.name: set(option.type.split(" or ")) for option in options_of(TERMS["size"])}
    assert types["low"] == types["high"] == {NO_BOUND, *QUANTILES}
    assert (types["slices"], types["excess"]) == (set(COUNTED), set(UNITS_OF_EXCESS))


def test_the_choices_of_pairs_are_those_of_their_terms():
    types = [{option.name: option.type.split(" or ") for option in options_of(TERMS[name])} for name in ("crf", "laplacian")]
    assert [set(each["pairs"]) for each in types] == [set(PAIRS)] * 2


def test_every_layout_is_named_where_it_is_chosen():
    text = configs.SourceConfig.__doc__ or ""
    assert [name for name in LAYOUTS if f"`{name}`" not in text] == []
