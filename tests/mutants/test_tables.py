"""Rows of a mutation run and the tables made of them."""

import dataclasses

import pytest

from benchmarks.mutants.results import COLUMNS, Row, read_rows, write_rows
from benchmarks.mutants.tables import FOLDER, Reason, read_reasons, scores, survivors, tables, wilson
from tfpartial.errors import TfpartialError


def row(line, outcome, now=None, package="losses"):
    place = (f"tfpartial/{package}/dice.py", line, 4, "ReplaceBinaryOperator_BitOr_BitAnd")
    return Row(package, *place, "a | b", "a & b", outcome, 1.5, "", now or outcome)


ROWS = [row(1, "killed"), row(2, "timeout"), row(3, "survived", "killed"), row(4, "survived"), row(5, "survived")]
REASONS = {ROWS[3].key: Reason("equivalent", "both are one."), ROWS[4].key: Reason("untested", "nobody looks.")}


def test_rows_come_back_from_their_file(tmp_path):
    write_rows(tmp_path / "new" / "rows.csv", ROWS)
    assert read_rows(tmp_path / "new" / "rows.csv") == ROWS
    assert read_rows(tmp_path / "none.csv") == []


def test_a_file_of_other_columns_is_refused(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TfpartialError, match=f"expected the columns {COLUMNS[0]}, .* found \\['a', 'b'\\]"):
        read_rows(tmp_path / "rows.csv")


def test_intervals_of_shares_by_hand():
    """Newcombe 1998, table II: 81 of 263 has 0.2553 to 0.3662, 0 of 20 has 0 to 0.1611."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0, 1)


def test_scores_leave_out_what_is_equivalent():
    table = scores(ROWS, REASONS, {"losses": 30}).splitlines()
    low, high = wilson(2, 4)
    assert table[2] == f"| losses | 30 | 5 | 1 | 2 | 50.0 | {100 * low:.1f} to {100 * high:.1f} | 3 | 75.0 |"


def test_packages_count_by_their_places():
    """0.5 * 30 % + 1 * 70 %; variances with two more of each kind: 4 of 8, and 4 of 6."""
    rows = [*ROWS, *(dataclasses.replace(row(line, "killed"), package="priors") for line in range(2))]
    total = scores(rows, REASONS, {"losses": 30, "priors": 70}).splitlines()[-1]
    half = 1.96 * (0.3**2 * 0.25 / 8 + 0.7**2 * (2 / 9) / 6) ** 0.5
    assert total == f"| all | 100 | 7 | 1 | 4 | 85.0 | {85 - 100 * half:.1f} to 100.0 | 5 | 92.5 |"


def test_survivors_have_their_reasons():
    table = survivors(ROWS, REASONS).splitlines()
    assert table[2:] == [
        "| `losses/dice.py:4` | `a \\| b` | `a & b` | equivalent: both are one. |",
        "| `losses/dice.py:5` | `a \\| b` | `a & b` | untested: nobody looks. |",
    ]


def test_a_survivor_without_a_reason_is_named():
    with pytest.raises(TfpartialError, match=r"dice\.py:5: ReplaceBinaryOperator_BitOr_BitAnd survives; expected its reason"):
        survivors(ROWS, {ROWS[3].key: REASONS[ROWS[3].key]})


def test_a_reason_of_another_kind_is_refused(tmp_path):
    (tmp_path / "reasons.csv").write_text("module,line,column,operator,kind,reason\na.py,3,4,AddNot,lazy,none\n")
    with pytest.raises(TfpartialError, match=r"a\.py:3: expected one of equivalent, message, speed, untested; found lazy"):
        read_reasons(tmp_path / "reasons.csv")


def test_the_committed_tables_are_those_of_the_committed_rows():
    found = tables()
    assert len(found) >= 2
    assert {name: (FOLDER / name).read_text(encoding="utf-8") for name in found} == found
