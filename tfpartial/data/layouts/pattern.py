"""Patterns of paths, such as `images/{case}_{channel}.nii.gz`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import PurePosixPath

from tfpartial.data.layouts.endings import ENDINGS, ending_of
from tfpartial.errors import TfpartialError

PLACEHOLDERS = ("case", "patient", "channel", "organ")
TOKEN = re.compile(r"(\{[^{}]*\}|\*\*/|\*)")


class Pattern:
    """A path relative to the data set's folder, with placeholders.

    `{case}`, `{patient}`, `{channel}` and `{organ}` stand for a part of a name, as long as possible, and for the same text where
    they stand twice; `*` for any part of a name, `**/` for any number of folders.

    Args:
        text: the pattern.
        option: where it comes from, for errors: `images` or `labels`.
        allowed: placeholders that it may have; it must have `{case}`.

    Raises:
        TfpartialError: an unknown placeholder, no `{case}`, or a path that leads out of the folder.
    """

    def __init__(self, text: str, option: str, allowed: Iterable[str] = PLACEHOLDERS) -> None:
        self.text = text
        self.option = option
        path = PurePosixPath(text.replace("\\", "/"))  # as Windows writes it
        parts = path.parts
        if not parts or path.is_absolute() or ".." in parts:
            raise TfpartialError(f"'{option}': expected a path inside of the data set's folder, got '{text}'")
        self._tokens = TOKEN.split("/".join(parts))
        self.placeholders = frozenset(token[1:-1] for token in self._tokens if token.startswith("{"))
        self._require(allowed)

    def _require(self, allowed: Iterable[str]) -> None:
        expected = ", ".join(f"{{{name}}}" for name in allowed)
        for name in sorted(self.placeholders.difference(allowed)):
            raise TfpartialError(f"'{self.option}': '{self.text}' has {{{name}}}; expected some of {expected}")
        if "case" not in self.placeholders:
            raise TfpartialError(f"'{self.option}': expected a pattern with {{case}}, got '{self.text}'")

    def match(self, name: str) -> dict[str, str] | None:
        """What the placeholders stand for in a path; None when it does not fit."""
        match = self._regex.fullmatch(name)
        return match.groupdict() if match else None

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        seen: set[str] = set()
        *tokens, last = self._tokens
        ending = ending_of(last, ENDINGS) or ""  # in upper or lower case
        head = last[: len(last) - len(ending)]
        regex = "".join(_regex_of(token, seen) for token in (*tokens, head))
        return re.compile(f"{regex}(?i:{re.escape(ending)})")


def _regex_of(token: str, seen: set[str]) -> str:
    """The regular expression of a token; `seen` collects the placeholders."""
    if token.startswith("{"):
        name = token[1:-1]
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>[^/]+)"
    return {"**/": "(?:[^/]+/)*", "*": "[^/]*"}.get(token) or re.escape(token)
