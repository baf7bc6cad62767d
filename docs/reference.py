"""Writes the pages that the code knows itself, `docs/reference/options.md` and `parts.md`: `python docs/reference.py`."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docstring_parser import parse

from tfpartial import catalogue
from tfpartial.config import CURRICULUM, CurriculumConfig
from tfpartial.data.feed.batch import ENTRIES
from tfpartial.data.number_map import Values
from tfpartial.losses.weight_maps import NEEDS, RULES
from tfpartial.options import type_text
from tfpartial.provenance import plain
from tfpartial.stages import STAGES
from tfpartial.training import METHODS

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- made by docs/reference.py -->\n"
STORED = " or ".join(typing.get_args(Values))
PARTS = {
    "networks": ("Networks", "`network: {name: NAME, options: {OPTION: VALUE}}`."),
    "losses": ("Loss terms", "`loss: {terms: {NAME: {OPTION: VALUE}}}`. Each term is a column of `metrics.csv`."),
    "trainers": ("Trainers", "`trainer: {name: NAME, options: {OPTION: VALUE}}`."),
    "optimizers": ("Optimisers", "`optimizer: {name: NAME, options: {OPTION: VALUE}}`."),
}


def options_page() -> str:
    """Every verb with its options."""
    classes = {verb: stage.config for verb, stage in STAGES.items()} | {CURRICULUM: CurriculumConfig}
    sections = [_section(verb, config_class) for verb, config_class in classes.items()]
    head = """# Options

Each heading is a verb of the command and a section of an experiment file. In a file, `group.option` is
`group: {option: value}`; on the command line it is `--group.option value`, with `-` or `_` in names. An option without a
default must be given, unless an earlier stage gives it.

A loss term on the command line is added to those of the file, else to the default one; `terms` in a file replaces the
default. Naming an option of a term switches the term on.

`tfpartial VERB -h` shows the same.
"""
    return "\n".join([NOTE, head, *sections])


def parts_page() -> str:
    """What can be named in a configuration, and what a batch holds."""
    head = """# Networks, losses, trainers, optimisers, weight rules, batches

`tfpartial info --networks`, `--losses`, `--trainers` and `--optimizers` list the same.
How to add one: [architecture](../architecture.md).
"""
    parts = [f"## {title}\n\n{text}\n\n{_table(catalogue.CATALOGUES[name]())}" for name, (title, text) in PARTS.items()]
    rules = [{"rule": f"`{name}`", "needs beside the label map": ", ".join(NEEDS.get(name, ())) or "nothing"} for name in RULES]
    methods = [{"method": f"`{name}`", "rule": recipe.rule, "activation": recipe.activation} for name, recipe in METHODS.items()]
    parts += [f"## Methods\n\nNames for a rule and an activation.\n\n{_table(methods)}"]
    parts += [f"## Weight rules\n\nTheir formulas are in [the method](../explanation/method.md).\n\n{_table(rules)}"]
    entries = [
        {
            "entry": f"`{name}`",
            "type": f"{STORED if entry.dtype == 'stored' else entry.dtype} [{', '.join(['B', *map(str, entry.shape)])}]",
            "moved by the augmentation": entry.moved or "no",
            "seen by the loss": "yes" if entry.loss else "no",
        }
        for name, entry in ENTRIES.items()
    ]
    parts += [f"## Entries of a batch\n\nB slices, H rows, W columns, C channels, K organs.\n\n{_table(entries)}"]
    return "\n".join([NOTE, head, *parts])


def _section(verb: str, config_class: type) -> str:
    first = parse(config_class.__doc__ or "").short_description
    return f"## {verb}\n\n{first}\n\n{_table(list(_rows(config_class)))}"


def _rows(config_class: type, prefix: str = "") -> Iterator[dict[str, str]]:
    texts = {entry.arg_name: " ".join((entry.description or "").split()) for entry in parse(config_class.__doc__ or "").params}
    hints = typing.get_type_hints(config_class)
    for field in dataclasses.fields(config_class):
        hint, name = hints[field.name], f"{prefix}{field.name}"
        if dataclasses.is_dataclass(hint):
            yield from _rows(typing.cast(type, hint), f"{name}.")
        else:
            text = texts.get(field.name, "")
            yield {"option": f"`{name}`", "type": type_text(hint), "default": _default(field), "what it does": text}
            for part in filter(dataclasses.is_dataclass, typing.get_args(hint)):
                yield from _rows(part, f"{name}[].")


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        value = field.default
    elif field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    else:
        return ""
    return "none" if value is None else f"`{_words(plain(value))}`" if value not in ([], {}) else "empty"


def _words(value: Any) -> str:
    """A default as YAML has it, without the outermost brackets."""
    if isinstance(value, typing.Mapping):
        return ", ".join(f"{name}: {_nested(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_nested, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _nested(value: Any) -> str:
    return f"{{{_words(value)}}}" if isinstance(value, typing.Mapping) else _words(value)


def _table(rows: list[dict[str, Any]]) -> str:
    columns = list(rows[0])
    lines = [" | ".join(columns), " | ".join(["---"] * len(columns))]
    lines += [" | ".join(str(row[name]).replace("|", "\\|") for name in columns) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


PAGES = {"options.md": options_page, "parts.md": parts_page}


def main() -> int:
    """Writes the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
