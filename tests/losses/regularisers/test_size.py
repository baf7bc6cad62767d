"""Bounds of sizes: numbers by hand, units, which slices count, and bounds that cannot be."""

import numpy as np
import pytest

from tfpartial.artifacts import write_json
from tfpartial.config import LossConfig
from tfpartial.errors import TfpartialError
from tfpartial.losses import LossInputs
from tfpartial.losses.regularisers.size import Size
from tfpartial.training import Objective

ORGANS = ("liver", "spleen")
LARGE = 40.0  # a logit whose probability is 1 in float32
LIVER = [[LARGE, LARGE], [0.0, 0.0]]  # 3 voxels of a slice of 4
SPLEEN = [[0.0, 0.0], [0.0, 0.0]]  # 2 voxels


def inputs(*slices, annotated=((False, False),), spacing_mm=((5.0, 2.0, 1.0),)):
    """Slices of logits, each `(liver, spleen)` of 2x2 voxels of 2 mm²."""
    logits = np.moveaxis(np.array(slices or [(LIVER, SPLEEN)], "float32"), 1, -1)  # (B, 2, 2, 2)
    nothing = np.zeros_like(logits)
    return LossInputs(nothing, nothing, {1: logits}, np.array(annotated), spacing_mm=np.array(spacing_mm, "float32"))


def size(activation="sigmoid", **options):
    term = Size(activation, **options)
    term.set_organs(ORGANS)
    return term


@pytest.mark.parametrize(
    ("bounds", "excess"),
    [((1, 4), 1), ((0, 6), 0), ((7, 9), 0.5), ((0, 0), 3), ((6, 6), 0), ((8, np.inf), 1), ((6, np.inf), 0)],
)
def test_the_excess_of_bounds_in_mm2(bounds, excess):
    """The liver has 3 voxels, which are 6 mm²."""
    assert float(size(bounds_mm2={"liver": bounds})(inputs())) == pytest.approx((excess / 4) ** 2, rel=1e-6)
    voxels = tuple(bound / 2 for bound in bounds)
    assert float(size(bounds_voxels={"liver": voxels})(inputs())) == pytest.approx((excess / 4) ** 2, rel=1e-6)


def test_the_excess_in_voxels_is_the_published_penalty():
    assert float(size(bounds_mm2={"liver": (1, 4)}, excess="voxel")(inputs())) == pytest.approx(1.0, rel=1e-6)


def test_organs_in_mm2_and_in_voxels_stand_side_by_side():
    """The liver is 1 voxel too large, the spleen 2 too small."""
    both = size(bounds_mm2={"liver": (1, 4)}, bounds_voxels={"spleen": (4, 5)})
    assert float(both(inputs())) == pytest.approx(((1 / 4) ** 2 + (2 / 4) ** 2) / 2, rel=1e-6)


def test_each_slice_has_its_own_spacing():
    """3 voxels are 6 mm² in one slice, and 12 mm² in the other one, where 10 mm² are 2.5 voxels."""
    two = inputs((LIVER, SPLEEN), (LIVER, SPLEEN), annotated=[(False,) * 2] * 2, spacing_mm=[(5, 2, 1), (5, 2, 2)])
    assert float(size(bounds_mm2={"liver": (0, 10)})(two)) == pytest.approx((0.5 / 4) ** 2 / 2, rel=1e-6)


def test_only_slices_count_in_which_the_organ_is_not_annotated():
    two = inputs((LIVER, SPLEEN), (SPLEEN, SPLEEN), annotated=[(False, True), (True, False)])
    bounds = {"liver": (0, 0)}
    assert float(size(bounds_voxels=bounds)(two)) == pytest.approx((3 / 4) ** 2, rel=1e-6)
    assert float(size(bounds_voxels=bounds, slices="all")(two)) == pytest.approx(((3 / 4) ** 2 + (2 / 4) ** 2) / 2, rel=1e-6)
    assert float(size(bounds_voxels=bounds)(inputs(annotated=[(True, False)]))) == 0


def test_a_softmax_leaves_out_its_background():
    """Background ln 2, organs 0: probabilities 1/2, 1/4, 1/4 at each of 4 voxels."""
    logits = np.broadcast_to(np.array([np.log(2), 0, 0], "float32"), (1, 2, 2, 3))
    nothing = np.zeros((1, 2, 2, 2), "float32")
    asked = LossInputs(nothing, nothing, {1: logits}, np.array([[False, False]]))
    assert float(size("softmax", bounds_voxels={"spleen": (3, 4)})(asked)) == pytest.approx((2 / 4) ** 2, rel=1e-6)


def test_slices_of_a_volume_are_bounded_one_by_one():
    """Sizes of 3 and 2 voxels; together they would be within the bounds."""
    logits = np.moveaxis(np.array([[(LIVER, SPLEEN), (SPLEEN, SPLEEN)]], "float32"), 2, -1)  # (1, 2, 2, 2, 2)
    nothing = np.zeros_like(logits)
    spacing_mm = np.array([[5.0, 2.0, 1.0]], "float32")
    asked = LossInputs(nothing, nothing, {1: logits}, np.array([[False, False]]), spacing_mm=spacing_mm)
    assert float(size(bounds_mm2={"liver": (8, 10)})(asked)) == pytest.approx(((1 / 4) ** 2 + (2 / 4) ** 2) / 2, rel=1e-6)


def quantiles(*numbers):
    return {"n": 9, **dict(zip(("min", "p5", "median", "p95", "max"), numbers, strict=True))}


@pytest.fixture
def sizes(tmp_path):
    """The liver has 1, 2, 3, 4, 5 mm² by quantile; nobody drew a spleen."""
    nothing = {"n": 0, **dict.fromkeys(("min", "p5", "median", "p95", "max"))}
    areas = {"liver": quantiles(1.0, 2.0, 3.0, 4.0, 5.0), "spleen": nothing}
    path = tmp_path / "sizes.json"
    write_json(path, {"format": 1, "name": "n", "organs": {organ: {"area_mm2": area} for organ, area in areas.items()}})
    return path


@pytest.mark.parametrize(
    ("options", "excess"),
    [
        ({}, 0.5),
        ({"high": "p95"}, 1),
        ({"low": "median", "high": "median"}, 1.5),
        ({"high": "none"}, 0),
        ({"bounds_mm2": {"liver": (0, 2)}}, 2),
        ({"bounds_voxels": {"liver": (0, 0)}}, 3),
    ],
)
def test_bounds_from_a_file_are_its_quantiles(sizes, options, excess):
    """The liver has 6 mm²; bounds of the configuration go first."""
    assert float(size(bounds_from=sizes, **options)(inputs())) == pytest.approx((excess / 4) ** 2, rel=1e-6)


def test_lower_bounds_from_a_file_are_asked_for(sizes):
    small = inputs((SPLEEN, SPLEEN), spacing_mm=[(5, 1, 0.5)])  # 1 mm² of liver
    assert float(size(bounds_from=sizes)(small)) == 0
    assert float(size(bounds_from=sizes, low="p5")(small)) == pytest.approx((2 / 4) ** 2, rel=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "bounds_mm2: expected bounds here, in bounds_voxels or in bounds_from, got none"),
        ({"bounds_mm2": {"liver": [3, 2]}}, "bounds_mm2: liver: expected 0 or more and no less than that, got 3 and 2"),
        ({"bounds_voxels": {"spleen": [-1, 2]}}, "bounds_voxels: spleen: expected 0 or more and no less than that, got -1 and 2"),
        (
            {"bounds_mm2": {"liver": [0, float("nan")]}},
            "bounds_mm2: liver: expected 0 or more and no less than that, got 0 and nan",
        ),
        (
            {"bounds_mm2": {"liver": [float("inf"), float("inf")]}},
            "bounds_mm2: liver: expected 0 or more and no less than that, got inf and inf",
        ),
        (
            {"bounds_mm2": {"liver": [0, 1]}, "bounds_voxels": {"liver": [0, 1]}},
            "bounds_voxels: expected organs that are not in bounds_mm2, got liver",
        ),
        (
            {"bounds_from": "x.json", "low": "p95", "high": "p5"},
            "low: expected a quantile up to that of high, got p95 and p5",
        ),
        ({"bounds_mm2": {"brain": [0, 1]}}, "bounds_mm2: no organ 'brain'; expected some of liver, spleen"),
        ({"bounds_voxels": {"brain": [0, 1]}}, "bounds_voxels: no organ 'brain'; expected some of liver, spleen"),
        ({"bounds_from": "nothing.json"}, "bounds_from: nothing.json: no such file; expected the sizes of organs"),
    ],
)
def test_bounds_that_cannot_be_are_one_line(options, message):
    with pytest.raises(TfpartialError) as raised:
        Objective("certain", 2, LossConfig({"size": options})).set_organs(ORGANS)
    assert str(raised.value) == f"loss.terms.size.{message}"


def areas(organ, **area):
    return {"format": 1, "organs": {organ: {"area_mm2": area}}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"format": 2}, "expected sizes of organs in format 1, got 2"),
        ([], "expected sizes of organs in format 1, got list"),
        ({"format": 1}, "expected sizes of organs; a value in it is missing or of another type"),
        (areas("liver", n=1), "expected sizes of organs; a value in it is missing or of another type"),
        (areas("liver", n=1, max="x"), "expected sizes of organs; a value in it is missing or of another type"),
        (areas("liver", n=0), "expected the size of an organ, got none"),
        (areas("brain", n=1, max=2), "no organ 'brain'; expected some of liver, spleen"),
        (areas("liver", n=1, max=-2), "liver: expected 0 or more and no less than that, got 0 and -2"),
    ],
)
def test_a_file_of_something_else_is_one_line(content, message, tmp_path):
    path = tmp_path / "sizes.json"
    write_json(path, content)
    with pytest.raises(TfpartialError) as raised:
        size(bounds_from=path)
    assert str(raised.value) == f"bounds_from: {path}: {message}"


def test_only_bounds_in_mm2_need_a_spacing():
    assert Size("sigmoid", bounds_voxels={"liver": (0, 1)}).needs == ()
    assert Size("sigmoid", bounds_mm2={"liver": (0, 1)}).needs == ("spacing_mm",)
    lacking = Objective("certain", 2, LossConfig({"size": {"bounds_from": "x.json"}}))
    with pytest.raises(TfpartialError, match="'size' needs spacing_mm; these data have image"):
        lacking.require(["image"])
