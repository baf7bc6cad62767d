"""Which test files run which lines, as coverage.py measures it: each test file once, in a process of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.mutants.workshop import Workshop
from tfpartial.artifacts import read_json, write_json

LONGEST_S = 1200.0


class Covered(NamedTuple):
    """A test file: path, whether it passes unmutated and in how many seconds, module -> lines that it runs, from 1.

    A file that does not pass would kill every mutant: it counts as running no lines.
    """

    path: str
    passes: bool
    seconds: float
    lines: dict[str, list[int]]


def measure(workshop: Workshop, packages: Sequence[str], paths: Sequence[str], file: Path) -> Iterator[Covered]:
    """Runs test files that have changed, or of which nothing is known, and takes the others from a file.

    Args:
        workshop: where they run.
        packages: packages of `tfpartial` whose lines count.
        paths: the test files.
        file: JSON that keeps what was measured.
    """
    known = read_json(file, "the lines that tests run") if file.is_file() else {}
    for path in paths:
        version = f"{workshop.version('tfpartial')} {workshop.version(path)}"
        if known.get(path, {}).get("version") != version:
            known[path] = {"version": version, **_measured(workshop, packages, path, file.with_suffix(".coverage"))}
            write_json(file, known)
        yield Covered(path, *(known[path][name] for name in ("passes", "seconds", "lines")))


def _measured(workshop: Workshop, packages: Sequence[str], path: str, data: Path) -> dict[str, object]:
    from coverage import CoverageData

    data.unlink(missing_ok=True)
    include = [f"{workshop.root}/tfpartial/{package}/*" for package in packages]
    outcome = workshop.test([path], LONGEST_S, {"data_file": str(data), "include": include, "config_file": False})
    lines: dict[str, list[int]] = {}
    if outcome.status == 0:
        coverage = CoverageData(str(data))
        coverage.read()
        for module in coverage.measured_files():
            lines[Path(module).relative_to(workshop.root).as_posix()] = sorted(coverage.lines(module) or ())
    return {"passes": outcome.status == 0, "seconds": outcome.seconds, "lines": lines}


def covering(tests: Sequence[Covered], module: str, source: str, line: int, budget_s: float) -> list[Covered]:
    """The test files that run a statement, first those that run most lines of its module's functions per second.

    A statement that runs when the module is imported (a constant, a default) is tested by the files that run any function of
    the module; so is one that no file is seen to run, as TensorFlow runs some functions rewritten.

    Args:
        tests: what is known of the test files.
        module: path of the source file.
        source: its text.
        line: line in it, from 1.
        budget_s: as many files are taken as need so many seconds unmutated; always one.
    """
    inside = _lines_of_functions(source)
    statement = _statement(source, line)
    wanted = statement & inside
    found = [test for test in tests if wanted & set(test.lines.get(module, ()))]
    found = found or [test for test in tests if inside & set(test.lines.get(module, ()))]
    found.sort(key=lambda test: -len(inside & set(test.lines[module])) / test.seconds)
    taken: list[Covered] = []
    for test in found:
        if not taken or sum(one.seconds for one in taken) + test.seconds <= budget_s:
            taken.append(test)
    return taken


def _statement(source: str, line: int) -> set[int]:
    """The lines of the smallest statement around a line; of an `if` or `for` its head alone."""
    smallest: set[int] = {line}
    size = len(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            lines = _head(node)
            if line in lines and len(lines) <= size:
                smallest, size = lines, len(lines)
    return smallest


def _head(node: ast.stmt) -> set[int]:
    body = getattr(node, "body", None)
    last = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno or node.lineno
    return set(range(node.lineno, max(last, node.lineno) + 1))


def _lines_of_functions(source: str) -> set[int]:
    """Lines inside the bodies of functions."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            found |= set(range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1))
    return found
