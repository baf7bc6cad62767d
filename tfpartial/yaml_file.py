"""YAML as configurations have it: no key twice, `on` and `off` are words, and no text that grows beyond measure."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import yaml

from tfpartial.errors import TfpartialError

LIMIT = "TFPARTIAL_YAML_VALUES"
"""Environment variable with the most values that a YAML text may have when its aliases are written out."""
MOST_VALUES = 100_000
BOOLEAN = "tag:yaml.org,2002:bool"


def _most_values() -> int:
    text = os.environ.get(LIMIT, str(MOST_VALUES))
    if not text.isdecimal():
        raise TfpartialError(f"environment variable {LIMIT}: expected a whole number, got '{text}'")
    return int(text)


class _Loader(yaml.SafeLoader):
    """PyYAML's, but a key twice is an error (the second would silently take the place of the first), booleans are those of YAML
    1.2, and aliases may not make much of little."""

    # PyYAML's stubs know a class variable as one of the object.
    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {  # type: ignore[misc]
        first: [(tag, pattern) for tag, pattern in resolvers if tag != BOOLEAN]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def get_single_node(self) -> yaml.Node | None:
        """As YAML's own."""
        node = super().get_single_node()
        if node is not None:
            most = _most_values()
            if _values(node, {}) > most:
                advice = f"raise the environment variable {LIMIT} for more"
                raise yaml.constructor.ConstructorError(
                    None, None, f"more than {most} values with the aliases written out; {advice}"
                )
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As YAML's own."""
        times = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for name, count in times.items():
            if count > 1:
                raise yaml.constructor.ConstructorError(None, None, f"'{name}' twice", node.start_mark)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(BOOLEAN, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def parse_yaml(text: str | bytes) -> Any:
    """The value of a YAML text. Raises `ValueError`, with the reason in one line, for anything else."""
    try:
        return yaml.load(text, _Loader)
    except RecursionError as error:
        raise ValueError("values within values too deep to be read") from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise ValueError(" ".join(str(error).split())) from error


def read_yaml(path: Path, what: str) -> Any:
    """Reads a YAML file, UTF-8 or UTF-16.

    Args:
        path: the file.
        what: what it should be, for the error ("YAML configuration").

    Raises:
        TfpartialError: no such file, or not YAML.
    """
    if not path.is_file():
        raise TfpartialError(f"{path}: no such file; expected a {what}")
    try:
        return parse_yaml(path.read_bytes())
    except ValueError as error:
        raise TfpartialError(f"{path}: expected YAML, got {error}") from error


def _values(node: yaml.Node, known: dict[int, int | None]) -> int:
    """How many values a node has, aliases written out; `known` has the counts of nodes before, None while a node is counted."""
    if id(node) in known:
        count = known[id(node)]
        if count is None:
            raise yaml.constructor.ConstructorError(None, None, "a value that holds itself", node.start_mark)
        return count
    known[id(node)] = None
    children: list[Any] = node.value if isinstance(node, yaml.CollectionNode) else []
    flat = [part for child in children for part in (child if isinstance(child, tuple) else (child,))]
    known[id(node)] = count = 1 + sum(_values(child, known) for child in flat)
    return count
