"""The coverage of a data set as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfpartial.data.survey.coverage import Coverage, Spread

UNDEFINED = "–"


def organ_rows(coverage: Coverage) -> list[dict[str, Any]]:
    """One row per organ: what fits on a screen."""
    return [
        {
            "organ": organ.organ,
            "annotated": organ.annotated,
            "present": organ.present,
            "cut": organ.cut,
            "ml (5–95 %)": spread_text(organ.volume_ml),
            "HU": None if organ.hu_mean.mean is None else round(organ.hu_mean.mean),
            "learns from %": round(100 * organ.learnable_share, 1),
            "positive %": float(f"{100 * organ.positive_share:.2g}"),
            "sources": ", ".join(f"{source} {count}" for source, count in organ.sources.items()),
        }
        for organ in coverage.organs
    ]


def spread_text(spread: Spread) -> str:
    """The mean, and the 5 % and 95 % percentiles in brackets."""
    if spread.mean is None or spread.p5 is None or spread.p95 is None:
        return UNDEFINED
    return f"{_short(spread.mean)} ({_short(spread.p5)}–{_short(spread.p95)})"


def markdown(coverage: Coverage) -> str:
    """The organs, what the columns mean, and how many cases are annotated for two organs together."""
    rows = organ_rows(coverage)
    names = [organ.organ for organ in coverage.organs]
    together = [[name, *counts] for name, counts in zip(names, coverage.together.tolist(), strict=True)]
    return (
        f"{len(coverage.cases)} cases, {len(coverage.complete)} annotated for every organ, "
        f"{len(coverage.unlabeled)} for none.\n\n"
        f"{_markdown_table(list(rows[0]), [list(row.values()) for row in rows])}\n"
        "annotated, present, cut: cases in which somebody looked for the organ, in which it is, and in which it reaches the "
        "first or last slice. learns from, positive: share of the voxels of all cases that the organ may learn from, and as its "
        "own.\n\n"
        "Cases annotated for both:\n\n"
        f"{_markdown_table(['organ', *names], together)}"
    )


def _markdown_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "".join(f"| {' | '.join(UNDEFINED if cell is None else str(cell) for cell in line)} |\n" for line in lines)


def _short(value: float) -> str:
    """Three digits, no exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
