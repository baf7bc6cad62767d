"""What stands behind the means of each method: steps and slices of its trainings, and the organs that it found."""

from __future__ import annotations

from collections.abc import Sequence

from tfpartial.comparison.budgets import Budget
from tfpartial.comparison.joined_scores import JoinedScores
from tfpartial.comparison.shown_metrics import UNDEFINED
from tfpartial.finished_stages import alpha_text
from tfpartial.text_table import Cell, Table

MOST_APART = 0.05
"""Rows whose steps or slices differ by more than this share of the smaller number were not trained alike."""
BUDGET, DETECTION = "budget", "detection"
"""Names of the tables' files."""
COLUMNS = {"steps": "steps", "slices": "slices", "confidence_steps": "confidence steps"}
"""Field of `Budget` -> heading."""


def run_tables(joined: JoinedScores) -> dict[str, Table]:
    """The tables by the names of their files: one row per method and share of labels."""
    cells = [(alpha, method) for alpha in joined.alphas for method in joined.methods_at(alpha)]
    shares = any(alpha is not None for alpha in joined.alphas)
    names = ["method", *(["labels"] if shares else [])]
    heads = [[Cell(method), *([Cell(alpha_text(alpha))] if shares else [])] for alpha, method in cells]
    budgets = [[*head, *_budget_cells(joined, *cell)] for head, cell in zip(heads, cells, strict=True)]
    found = [[*head, *_detection_cells(joined, *cell)] for head, cell in zip(heads, cells, strict=True)]
    return {
        BUDGET: Table([*names, *COLUMNS.values()], budgets, _budget_caption(joined), names=len(names)),
        DETECTION: Table([*names, "missed", "false positives"], found, DETECTION_CAPTION, names=len(names)),
    }


def uneven_budgets(joined: JoinedScores) -> list[str]:
    """One line for each share of labels and number, steps or slices, in which methods differ by more than `MOST_APART`."""
    lines = []
    for alpha in joined.alphas:
        for field in ("steps", "slices"):
            means = {method: mean_budget(joined, alpha, method, field) for method in joined.methods_at(alpha)}
            known = {method: mean for method, mean in means.items() if mean is not None}
            least, most = (choose(known, key=known.__getitem__, default="") for choose in (min, max))
            if known and known[most] > (1 + MOST_APART) * known[least]:
                what = ", ".join(filter(None, (alpha_text(alpha), f"{field} differ by more than {100 * MOST_APART:g} %")))
                lines.append(f"{what}: {least} has {known[least]:,.0f}, {most} {known[most]:,.0f}")
    return lines


def mean_budget(joined: JoinedScores, alpha: float | None, method: str, field: str) -> float | None:
    """The mean over folds and seeds of a field of `Budget`; None where that of a run is unknown."""
    numbers = _numbers(joined, alpha, method, field)
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if len(known) == len(numbers) else None


def _numbers(joined: JoinedScores, alpha: float | None, method: str, field: str) -> list[int | None]:
    budgets: list[Budget] = [joined.budget(run) for run in joined.runs(alpha, method)]
    return [getattr(budget, field) for budget in budgets]


def _budget_cells(joined: JoinedScores, alpha: float | None, method: str) -> list[Cell]:
    return [Cell(_range(_numbers(joined, alpha, method, field))) for field in COLUMNS]


def _range(numbers: Sequence[int | None]) -> str:
    """`2,040`, or `2,040 to 2,100` where the runs of a method differ."""
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return "unknown"
    ends = dict.fromkeys((min(known), max(known)))
    return " to ".join(f"{end:,}" for end in ends)


def _budget_caption(joined: JoinedScores) -> str:
    texts = [
        "Optimiser steps and slices drawn by the trainings that made the scored network: the first one and each fine-tuning. "
        "Steps of confidence networks are apart, and not added: they do not move its weights."
    ]
    if any(joined.budget(run).steps is None for run in joined.scores):
        texts.append("Unknown: the training is gone, or an older release did not record it.")
    return " ".join([*texts, *(f"Not alike: {line}." for line in uneven_budgets(joined))])


DETECTION_CAPTION = (
    "Pairs of case and organ over all folds and seeds. Missed: the reference has the organ, the method found none of it. False "
    "positives: the reference says that the organ is absent, the method found some; they are in no mean."
)


def _detection_cells(joined: JoinedScores, alpha: float | None, method: str) -> list[Cell]:
    states = joined.states(method, alpha, joined.organs)
    missed, wrong = states["missed"], states["false_positive"]
    return [Cell(_share(missed, missed + states["scored"])), Cell(_share(wrong, wrong + states["absent"]))]


def _share(number: int, total: int) -> str:
    return f"{number} of {total}" if total else UNDEFINED
