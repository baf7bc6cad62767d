"""Lines and places of a source file that are no use to mutate."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

LOGGERS = {"warn", "warning", "info", "debug", "error", "print"}
"""Calls whose arguments are only read by people."""


class Span(NamedTuple):
    """From a place up to, not including, another: (line from 1, column in characters from 0)."""

    start: tuple[int, int]
    stop: tuple[int, int]

    def holds(self, place: tuple[int, int]) -> bool:
        return self.start <= place < self.stop


def left_out(source: str) -> list[Span]:
    """Type annotations, decorators, the messages of errors and log calls, and `strict` of `zip`.

    A mutated annotation runs as before; a mutated message is only read by people; `strict` is for lists that never differ.

    Args:
        source: text of a Python file.
    """
    lines = source.splitlines()
    return [_span(node, lines) for node in _nodes(ast.parse(source))]


def _nodes(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from filter(None, (node.returns, *(argument.annotation for argument in _arguments(node.args))))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from node.decorator_list
        if isinstance(node, ast.AnnAssign):
            yield node.annotation
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from node.exc.args
        if isinstance(node, ast.Call) and _name(node.func) in LOGGERS:
            yield from node.args
        if isinstance(node, ast.Call) and _name(node.func) == "zip":
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "strict")


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    several = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*several, *filter(None, (arguments.vararg, arguments.kwarg))]


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _span(node: ast.expr, lines: list[str]) -> Span:
    """`ast` counts columns in bytes of UTF-8, the mutated text in characters."""

    def place(line: int, column: int) -> tuple[int, int]:
        return line, len(lines[line - 1].encode()[:column].decode())

    return Span(place(node.lineno, node.col_offset), place(node.end_lineno or node.lineno, node.end_col_offset or 0))
