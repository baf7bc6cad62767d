"""The page of odd inputs has a row for every row of the tests' tables, and names tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "reference" / "odd-inputs.md").read_text(encoding="utf-8")
*SECTIONS, OTHERS = PAGE.split("\n## ")[1:]
ODD = TESTS / "data" / "formats" / "odd"


def cells(section):
    """The rows of a section's table, without its head."""
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


@cache
def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def functions_of(path):
    return {node.name: node for node in parsed(path).body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def table_of(test):
    """The name of the dictionary whose keys are a test's rows; None for a test without such a table."""
    for call in test.decorator_list:
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.parametrize":
            return ast.unparse(call.args[1])
    return None


def rows_of(path):
    """The keys of the tables that the tests of a file run through, and the names of its other tests as words."""
    tables = {ast.unparse(node.targets[0]): node.value for node in parsed(path).body if isinstance(node, ast.Assign)}
    named = {name: table_of(test) for name, test in functions_of(path).items()}
    rows = [key.value for table in named.values() if table for key in tables[table].keys]
    return sorted(rows + [name.removeprefix("test_").replace("_", " ") for name, table in named.items() if not table])


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.splitlines()[0])
def test_a_section_has_the_rows_of_its_tests(section):
    (path,) = re.findall(r"^Tests: `tests/(.*)`$", section, re.MULTILINE)
    assert sorted(row[0] for row in cells(section)) == rows_of(TESTS / path)


def test_every_file_of_odd_inputs_has_a_section():
    assert sorted(re.findall(r"^Tests: `(.*)`$", PAGE, re.MULTILINE)) == sorted(
        path.relative_to(TESTS.parent).as_posix() for path in ODD.glob("test_*.py")
    )


@pytest.mark.parametrize("row", cells(OTHERS), ids=lambda row: row[0])
def test_a_row_names_a_test_that_is_there(row):
    path, name, key = re.fullmatch(r"`(.*)::(\w+)(?:\[(.*)\])?`", row[2]).groups()
    file = TESTS / path
    assert name in functions_of(file)
    assert key is None or any(isinstance(node, ast.Constant) and node.value == key for node in ast.walk(parsed(file)))


def test_sources_are_issues_that_the_text_of_their_link_names():
    links = re.findall(r"\[([^\]]+) (\d+)\]\(https://github\.com/([^)]+)/issues/(\d+)\)", PAGE)
    assert len(links) > 100
    assert [link for link in links if link[1] != link[3] or not link[2].endswith(link[0])] == []
