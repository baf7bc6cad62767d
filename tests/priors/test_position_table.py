"""The table of the places, with their errors."""

import numpy as np
import pytest

from tfpartial.data.fold.positions import OrganPosition
from tfpartial.data.fold.training_cases import TrainingCases, read_training_cases
from tfpartial.priors.from_store import label_centres_mm
from tfpartial.priors.position_table import table


@pytest.fixture(scope="module")
def cases(tiny_run) -> TrainingCases:
    return read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations)


@pytest.fixture(scope="module")
def place(cases):
    """A validation case, an organ that its expert drew, and where."""
    case = cases.val[0]
    organ = cases.store.cases[case].annotated[0]
    return case, organ, label_centres_mm(cases.store, case, [organ])[cases.store.organs.ids[organ] - 1].astype(float)


def row(cases, place, position):
    case, organ, _ = place
    (found,) = table(cases, (), {case: {organ: position}})
    return found


def test_errors_are_distances_in_mm_and_numbers_have_four_decimals(cases, place):
    case, organ, true = place
    coarse, searched = (tuple(np.add(true, away)) for away in ((3, 0, 4), (0, 0, 1)))
    numbers = {"divergence": 0.123456, "sharpness": 0.5, "overlap": 0.75, "spread_mm": 6.0, "displacement": 2.0}
    found = row(cases, place, OrganPosition("aligned", searched, coarse, searched, **numbers))
    assert {name: found[name] for name in ("case", "part", "organ", "state")} == {
        "case": case,
        "part": "val",
        "organ": organ,
        "state": "aligned",
    }
    assert (found["coarse_error_mm"], found["searched_error_mm"]) == pytest.approx((5, 1), abs=1e-3)
    assert [found[f"coarse_{axis}_mm"] for axis in "zyx"] == pytest.approx(coarse, abs=1e-4)
    assert {name: found[name] for name in numbers} == numbers | {"divergence": 0.1235}


def test_what_is_not_known_is_empty(cases, place):
    found = row(cases, place, OrganPosition("absent"))
    assert {name for name, value in found.items() if value is None} == set(found) - {"case", "part", "organ", "state"}


def test_an_organ_that_the_expert_did_not_draw_has_a_place_and_no_error(cases, place, monkeypatch):
    nowhere = np.full((len(cases.store.organs), 3), np.nan)
    monkeypatch.setattr("tfpartial.priors.position_table.label_centres_mm", lambda store, case, organs: nowhere)
    found = row(cases, place, OrganPosition("aligned", (1.0, 2.0, 3.0), (1.0, 2.0, 3.0), (1.0, 2.0, 3.0)))
    assert (found["searched_z_mm"], found["searched_error_mm"]) == (1.0, None)


def test_organs_that_an_expert_labelled_have_no_row(cases, place):
    case, organ, true = place
    assert table(cases, (), {case: {organ: OrganPosition("labelled", tuple(true))}}) == []
