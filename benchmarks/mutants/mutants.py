"""The mutants of a source file, by the operators of cosmic-ray, and a sample of those of a package."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cosmic_ray.ast import Visitor, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from benchmarks.mutants.left_out import left_out

ARITHMETIC = {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"}
BITS = {"BitOr", "BitAnd", "BitXor"}
ORDER = {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"}
IDENTITY = {"Is", "IsNot"}
KINDS = (ARITHMETIC, BITS, ORDER, IDENTITY)
"""An operator is replaced by one of its kind: `|` for `+` would die of its type, `is` for `==` is no change for small numbers."""
NOT_USED = {"RemoveDecorator", "VariableInserter", "VariableReplacer", "NoOp"}


class Site(NamedTuple):
    """A place that can be mutated, and the ways to do it: (operator of cosmic-ray, its number in the file).

    `line` counts from 1, `column` from 0.
    """

    module: str
    line: int
    column: int
    operator: str
    ways: tuple[tuple[str, int], ...]


class Mutant(NamedTuple):
    """One changed place. `was` and `becomes` are its line before and after."""

    module: str
    line: int
    column: int
    operator: str
    was: str
    becomes: str
    code: str


def sites(root: Path, module: str) -> list[Site]:
    """The places of a file that are worth mutating, in the order of the text.

    Args:
        root: folder of the repository.
        module: path of the file in it.
    """
    source = (root / module).read_text(encoding="utf-8")
    skipped = left_out(source)
    visitor = _Places()
    visitor.walk(get_ast(source))
    found: dict[tuple[int, int, str], list[tuple[str, int]]] = {}
    for name, occurrence, place in visitor.places:
        if not any(span.holds(place) for span in skipped):
            found.setdefault((*place, family(name)), []).append((name, occurrence))
    return [Site(module, *place, tuple(ways)) for place, ways in sorted(found.items())]


def family(operator: str) -> str:
    """`ReplaceBinaryOperator` of `core/ReplaceBinaryOperator_Add_Sub`."""
    return operator.split("/")[-1].split("_")[0]


def sample(root: Path, modules: Sequence[str], count: int, seed: str) -> list[Mutant]:
    """Mutants of a package: sites drawn without replacement, each alike, and one way of each.

    Args:
        root: folder of the repository.
        modules: paths of the package's files in it.
        count: how many; fewer where a package has fewer sites.
        seed: of the draws.
    """
    drawn = [site for module in modules for site in sites(root, module)]
    generator = random.Random(seed)
    generator.shuffle(drawn)
    found: list[Mutant] = []
    for site in drawn:
        if len(found) == count:
            break
        mutant = next(_mutants(root, site, generator), None)
        found += [mutant] if mutant else []
    return found


def _mutants(root: Path, site: Site, generator: random.Random) -> Iterator[Mutant]:
    """The mutants of a site that are Python, in random order."""
    source = (root / site.module).read_text(encoding="utf-8")
    for name, occurrence in generator.sample(site.ways, len(site.ways)):
        code = mutate_code(source, get_operator(name)(), occurrence)
        if code is None or not _compiles(code):
            continue
        changed = _changed_line(source, code, site.line)
        yield Mutant(site.module, site.line, site.column, name.split("/")[-1], *changed, code)


def _changed_line(before: str, after: str, line: int) -> tuple[str, str]:
    return before.splitlines()[line - 1].strip(), after.splitlines()[line - 1].strip()


def _compiles(code: str) -> bool:
    try:
        compile(code, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _used(operator: str) -> bool:
    name = operator.split("/")[-1]
    if family(operator) not in {"ReplaceBinaryOperator", "ReplaceComparisonOperator"}:
        return name not in NOT_USED
    _, before, after = name.split("_")
    return any({before, after} <= kind for kind in KINDS)


class _Places(Visitor):
    """Collects where each operator can act, numbered as `mutate_code` numbers them."""

    def __init__(self) -> None:
        self._operators = {name: get_operator(name)() for name in operator_names() if _used(name)}
        self._counts = dict.fromkeys(self._operators, 0)
        self.places: list[tuple[str, int, tuple[int, int]]] = []

    def visit(self, node: Any) -> Any:
        is_mark = node.type == "operator" and node.parent.type == "parameters"  # the * before arguments that need their names
        for name, operator in self._operators.items():
            for start, _ in operator.mutation_positions(node):
                if not is_mark:
                    self.places.append((name, self._counts[name], tuple(start)))
                self._counts[name] += 1
        return node
