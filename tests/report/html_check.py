"""What is wrong with a page, as far as its text tells."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "link", "img", "hr"}
SVG_VOID = {"path", "circle", "rect", "use", "image"}
LOADING = ("src", "href", "xlink:href", "srcset", "action", "data")


class Checker(HTMLParser):
    """Gathers `problems` of the page that it is fed."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.open: list[tuple[str, dict]] = []
        self.ids: Counter[str] = Counter()
        self.references: set[str] = set()
        self.headings: list[int] = []
        self.captions = 0
        self.tables = 0

    def handle_starttag(self, tag: str, attributes: list) -> None:
        found = dict(attributes)
        self._look(tag, found)
        if tag not in VOID:
            self.open.append((tag, found))

    def handle_startendtag(self, tag: str, attributes: list) -> None:
        self._look(tag, dict(attributes))
        if tag not in SVG_VOID:
            self.problems.append(f"<{tag}/> has no content model of its own")

    def handle_endtag(self, tag: str) -> None:
        last = self.open.pop()[0] if self.open else "nothing"
        if last != tag:
            self.problems.append(f"</{tag}> closes <{last}> at {self.getpos()}")

    def _look(self, tag: str, found: dict) -> None:
        if "id" in found:
            self.ids[found["id"]] += 1
        for name in LOADING:
            value = found.get(name)
            if value and not value.startswith(("#", "data:image/png;base64,")):
                self.problems.append(f"<{tag}> loads {value}")
            if value and value.startswith("#"):
                self.references.add(value[1:])
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))
        if tag == "svg" and not (found.get("aria-label") or found.get("aria-hidden")):
            self.problems.append(f"svg without a name at {self.getpos()}")
        if tag == "th" and found.get("scope") not in ("row", "col", "colgroup"):
            self.problems.append(f"th without scope at {self.getpos()}")
        if any(name.startswith("on") for name in found):
            self.problems.append(f"<{tag}> has a script in an attribute")
        self.tables += tag == "table"
        self.captions += tag == "caption"


def problems_of(page: str) -> list[str]:
    """What is wrong: tags that do not nest, ids that stand twice or lead nowhere, files that are loaded, things without names."""
    checker = Checker()
    checker.feed(page)
    found = list(checker.problems)
    found += [f"<{tag}> stays open" for tag, _ in checker.open]
    found += [f"id {name} stands {count} times" for name, count in checker.ids.items() if count > 1]
    found += [f"#{name} leads nowhere" for name in checker.references - set(checker.ids)]
    found += [f"{checker.tables} tables have {checker.captions} captions"] * (checker.tables != checker.captions)
    steps = zip(checker.headings, checker.headings[1:], strict=False)
    found += [f"a heading {second} after {first}" for first, second in steps if second > first + 1]
    return found
