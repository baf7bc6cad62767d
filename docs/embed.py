"""Result files inside a page of Markdown: `python docs/embed.py README.md` puts them there anew.

What stands between `<!-- results: docs/results/x/tables/dsc.md -->` and `<!-- /results -->` is that file, letter by letter, but
for long lines of text, which are wrapped. Paths are relative to the page.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

from tfpartial.artifacts import write_text
from tfpartial.errors import TfpartialError

WIDTH = 120
MARK = "<!-- results:"
BLOCK = re.compile(r"<!-- results: (?P<file>\S+) -->\n(?:(?!<!-- results:).)*?<!-- /results -->", re.DOTALL)


def embedded_files(page: str) -> list[str]:
    """The files that a page names, in its order.

    Raises:
        TfpartialError: a mark that is not complete.
    """
    files = [match["file"] for match in BLOCK.finditer(page)]
    if len(files) != page.count(MARK):
        raise TfpartialError(
            f"page: expected '{MARK} FILE -->', lines, '<!-- /results -->'; {page.count(MARK)} begin, {len(files)} are complete"
        )
    return files


def embed(page: str, folder: Path) -> str:
    """A page with its result files as they are now.

    Args:
        page: the page's text.
        folder: where the page is.

    Raises:
        TfpartialError: a mark that is not complete, or a file that is not there.
    """
    for file in embedded_files(page):
        if not (folder / file).is_file():
            raise TfpartialError(f"{folder / file}: no such file; the page wants to show it")

    def filled(match: re.Match[str]) -> str:
        text = (folder / match["file"]).read_text(encoding="utf-8").strip("\n")
        return f"{MARK} {match['file']} -->\n\n{_wrapped(text)}\n\n<!-- /results -->"

    return BLOCK.sub(filled, page)


def _wrapped(text: str) -> str:
    """Lines of text in the width of a page; rows of tables stay whole."""
    lines = text.split("\n")
    return "\n".join(line if line.startswith("|") else fill(line, WIDTH, break_long_words=False) for line in lines)


def main(pages: Sequence[str]) -> int:
    """Renews pages; returns the exit status."""
    for page in map(Path, pages):
        write_text(page, embed(page.read_text(encoding="utf-8"), page.parent))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
