"""Methods side by side: organs as rows, mean DSC as cells."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tfpartial.report.scores import MethodScores

MEAN_ROW = "mean"


def dsc_table(methods: Sequence[MethodScores]) -> pd.DataFrame:
    """Mean DSC per organ (rows) and method (columns); the last row is the mean over the organs. NaN where undefined."""
    table = pd.DataFrame({method.name: method.organ_means() for method in methods})
    table.loc[MEAN_ROW] = table.mean()
    table.index.name = "organ"
    return table


def markdown(table: pd.DataFrame) -> str:
    """A table of `dsc_table` as Markdown, three decimals, the best of each row in bold; n/a where undefined."""
    lines = [["organ", *table.columns], ["---", *("---:" for _ in table.columns)]]
    for organ, row in table.iterrows():
        best = row.max() if len(row) > 1 else None
        lines.append([str(organ), *(_cell(value, best) for value in row)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def records(table: pd.DataFrame) -> list[dict[str, str | float | None]]:
    """A table of `dsc_table` as one dict per row, None where undefined: JSON has no NaN."""
    values = table.astype(object).where(table.notna(), None)
    return [{"organ": str(organ), **row.to_dict()} for organ, row in values.iterrows()]


def _cell(value: float, best: float | None) -> str:
    if pd.isna(value):
        return "n/a"
    return f"**{value:.3f}**" if value == best else f"{value:.3f}"
