"""Which places of a source file are mutated."""

from pathlib import Path

import pytest

from benchmarks.mutants.left_out import left_out

SOURCE = '''\
@cache(1 + 2)
def area(side: int | None = 3, *, unit: Literal["a"] | int) -> int | float:
    """Of a square."""
    half: int | None = side * 2
    if side < 4:
        raise ValueError("ä", f"{side - 1}")
    logger.warning("small: %s", side + 6)
    return [a + b for a, b in zip(side, half, strict=True)]
'''


def words_left_out(source):
    lines = source.splitlines()
    return [lines[span.start[0] - 1][span.start[1] : span.stop[1]] for span in sorted(left_out(source))]


def test_annotations_decorators_messages_and_strict_are_left_out():
    expected = ["cache(1 + 2)", "int | None", 'Literal["a"] | int', "int | float", "int | None"]
    assert words_left_out(SOURCE) == [*expected, '"ä"', 'f"{side - 1}"', '"small: %s"', "side + 6", "True"]


def test_a_span_ends_before_its_stop():
    (span,) = left_out("x: int = 1")
    assert [column for column in range(10) if span.holds((1, column))] == [3, 4, 5]


def test_columns_are_characters_not_bytes():
    assert words_left_out("size(unit='µµ'); x: int = 1") == ["int"]


@pytest.fixture
def mutants():
    pytest.importorskip("cosmic_ray", reason="make mutants installs it")
    from benchmarks.mutants import mutants

    return mutants


@pytest.fixture
def source(tmp_path) -> Path:
    (tmp_path / "area.py").write_text(SOURCE)
    return tmp_path


def test_places_are_those_of_the_code_that_counts(mutants, source):
    found = [(site.line, site.operator) for site in mutants.sites(source, "area.py")]
    expected = [(2, "NumberReplacer"), (4, "ReplaceBinaryOperator"), (4, "NumberReplacer"), (5, "AddNot")]
    assert found == [*expected, (5, "ReplaceComparisonOperator"), (5, "NumberReplacer"), (8, "ReplaceBinaryOperator")]


def test_an_operator_is_replaced_by_one_of_its_kind(mutants, source):
    site = next(site for site in mutants.sites(source, "area.py") if site.operator == "ReplaceBinaryOperator")
    assert {name.split("_")[-1] for name, _ in site.ways} == {"Add", "Sub", "Div", "FloorDiv", "Mod", "Pow"}


def test_a_sample_changes_one_line_of_each_mutant_and_is_that_of_its_seed(mutants, source):
    drawn = mutants.sample(source, ["area.py"], 5, "0")
    assert drawn == mutants.sample(source, ["area.py"], 5, "0") != mutants.sample(source, ["area.py"], 5, "1")
    assert len({(one.line, one.column, one.operator) for one in drawn}) == 5
    for mutant in drawn:
        lines = zip(SOURCE.split("\n"), mutant.code.split("\n"), strict=True)
        assert [number for number, (before, after) in enumerate(lines, 1) if before != after] == [mutant.line]
        assert mutant.was != mutant.becomes


def test_a_package_with_fewer_places_gives_them_all(mutants, source):
    assert len(mutants.sample(source, ["area.py"], 100, "0")) == 7
