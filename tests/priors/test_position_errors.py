"""Errors of the places that `align` found, by hand."""

import math

import pytest

from tfpartial.errors import TfpartialError
from tfpartial.priors.position_errors import (
    STATES,
    PlaceErrors,
    error_table,
    errors_by_organ,
    errors_of_all,
    fell_back,
    read_position_table,
    unseen,
)
from tfpartial.priors.position_table import write_table
from tfpartial.text_table import markdown

ROWS = (
    ("007", "train", "liver", "displaced", 0.9, 9.0, 90.0, 91.0),
    ("008", "val", "liver", "aligned", 0.9, 1.0, 3.0, 1.0),
    ("008", "val", "NA", "absent", None, None, None, None),
    ("009", "test", "liver", "displaced", 0.8, 5.0, 8.0, 2.0),
    ("009", "test", "NA", "poor", 0.2, None, None, None),
    ("010", "test", "liver", "aligned", 1.1, 0.5, 4.0, 6.0),
    ("010", "test", "NA", "poor", 0.1, None, None, None),
    ("011", "test", "liver", "displaced", 0.7, 7.0, None, None),
)
"""Case, part, organ, state, overlap, displacement, errors before and after the search in mm."""
NAMES = ("case", "part", "organ", "state", "overlap", "displacement", "coarse_error_mm", "searched_error_mm")


def records():
    return [dict(zip(NAMES, row, strict=True)) for row in ROWS]


@pytest.fixture
def table(tmp_path):
    write_table(records(), tmp_path)
    return read_position_table(tmp_path)


def test_names_that_look_like_numbers_or_gaps_stay_names(table):
    assert table["case"].tolist()[0] == "007"
    assert set(table["organ"]) == {"liver", "NA"}
    assert table["overlap"].tolist()[1] == 0.9
    assert math.isnan(table["overlap"].tolist()[2])


def test_means_and_worst_errors_are_of_unseen_cases_with_a_truth(table):
    liver, other = errors_by_organ(unseen(table))
    assert (liver.organ, liver.cases) == ("liver", 4)
    assert liver.states == {"aligned": 2, "absent": 0, "poor": 0, "displaced": 2}
    assert liver.coarse == (5.0, 8.0)  # of 3, 8 and 4
    assert liver.searched == (3.0, 6.0)  # of 1, 2 and 6
    assert liver.most_lost == 2.0  # from 4 to 6
    assert other.states == {"aligned": 0, "absent": 1, "poor": 2, "displaced": 0}
    assert all(map(math.isnan, (*other.coarse, *other.searched, other.most_lost)))


def test_all_organs_together_are_means_over_places(table):
    found = errors_of_all(unseen(table))
    assert (found.organ, found.cases) == ("all organs", 7)
    assert found.states == {"aligned": 2, "absent": 1, "poor": 2, "displaced": 2}
    assert found.coarse_mm == (3.0, 8.0, 4.0)


def test_as_a_table_what_is_unknown_stays_so(table):
    lines = markdown(error_table(errors_by_organ(unseen(table)))).splitlines()
    assert lines[0].startswith(
        "| organ | cases | aligned | absent | poor | displaced | coarse, mm | worst | searched, mm | worst | most lost |"
    )
    assert len(lines) == 2 + len(errors_by_organ(unseen(table))) + 2
    nothing = PlaceErrors("spleen", 1, dict.fromkeys(STATES, 0), (), ())
    assert markdown(error_table([nothing])).splitlines()[2] == "| spleen | 1 | 0 | 0 | 0 | 0 | n/a | n/a | n/a | n/a | n/a |"


def test_the_farthest_displaced_come_first_then_the_poorest_overlap(table):
    found = fell_back(table)
    assert list(zip(found["case"], found["organ"], strict=True)) == [
        *(("007", "liver"), ("011", "liver"), ("009", "liver")),
        *(("010", "NA"), ("009", "NA")),
    ]
    assert fell_back(unseen(table))["case"].tolist()[0] == "011"
    assert list(found.columns) == list(table.columns)


def test_a_table_without_rows_has_no_organs(tmp_path):
    write_table([], tmp_path)
    table = read_position_table(tmp_path)
    assert errors_by_organ(unseen(table)) == []
    assert errors_of_all(table).cases == len(fell_back(table)) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a row per case and organ, got No columns to parse from file"),
        ("case,part\na,test\n", "expected a column organ, got case, part"),
        (",".join(NAMES) + "\na,test,liver,aligned,much,,,\n", "expected a row per case and organ, got .*much"),
        (",".join(NAMES) + "\na,test,liver,lost,,,,\n", "expected the state aligned, absent, poor, displaced, got lost"),
        (",".join(NAMES) + "\na,tent,liver,poor,,,,\n", "expected the part train, val, test, got tent"),
        (",".join(NAMES) + "\na,test,liver,,,,,\n", "expected the state aligned, absent, poor, displaced, got nothing"),
        (",".join(NAMES) + "\na,test,li", "expected a row per case and organ, got 3 cells for 8 columns in row 1"),
    ],
)
def test_what_is_no_table_of_places_is_named(tmp_path, text, message):
    with pytest.raises(TfpartialError, match=r"positions\.csv: no such file; expected a row per case and organ"):
        read_position_table(tmp_path)
    (tmp_path / "positions.csv").write_text(text)
    with pytest.raises(TfpartialError, match=rf"positions\.csv: {message}"):
        read_position_table(tmp_path)
