"""How well confidences rank the candidates for relabeling (thesis, Tables 3.7 and 3.10, figure 3.5)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from tfpartial.artifacts import parsing
from tfpartial.comparison.shown_metrics import ShownMetric
from tfpartial.finished_stages import FoundStage
from tfpartial.ranking.files import RANKING, WHAT, read_ranking
from tfpartial.ranking.rows import MEAN, SHARES, RankingRow
from tfpartial.ranking.table import ESTIMATORS, METRICS, LearnedRecipe
from tfpartial.report.embedded_pictures import embed_picture
from tfpartial.report.fold_groups import axes_of, fold_groups
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section

PERCENT = ShownMetric("share", "%", 100, 1, "high")
MOST_PICTURES = 12
"""Pictures of all runs together, of about 100 kB each; every run may show one."""


@dataclass(frozen=True)
class RankedStage:
    """A finished stage: what the page calls it and its fellows of other folds, its rows, and what else its file says."""

    stage: FoundStage
    label: str
    rows: list[RankingRow]
    content: dict[str, Any]


def _ranked(run: RunFolder) -> list[FoundStage]:
    return [stage for stage in run.of("rank") if (stage.folder / RANKING).is_file()]


def _render(run: RunFolder) -> Markup:
    groups: dict[str, list[RankedStage]] = {}
    for label, stages in fold_groups(run, _ranked(run)).items():
        groups[label] = [RankedStage(stage, label, *read_ranking(stage.folder / RANKING)) for stage in stages]
    each = min(run.config.cases, max(1, MOST_PICTURES // len(groups)))
    return fill(
        "confidence.html",
        rows=[row for group in groups.values() for row in _rows(group, [MEAN])],
        organs=[row for group in groups.values() for row in _rows(group, _organs(group))],
        over=axes_of(ranked.stage for group in groups.values() for ranked in group),
        recipes=_recipes(groups.values()),
        metrics=METRICS,
        percent=PERCENT,
        pictures=[_pictures(group[0], each) for group in groups.values()],
    )


def _recipes(groups: Iterable[list[RankedStage]]) -> list[str]:
    """How each run's network of the learned confidence was made; rankings of older releases do not say it."""
    return [_recipe(group[0]) for group in groups if "learned" in group[0].content]


def _recipe(ranked: RankedStage) -> str:
    with parsing(ranked.stage.folder / RANKING, WHAT):
        recipe = LearnedRecipe(**ranked.content["learned"])
    return f"{ranked.label}: {recipe}" if ranked.label else str(recipe)


def _organs(group: list[RankedStage]) -> list[str]:
    return list(dict.fromkeys(row.organ for stage in group for row in stage.rows if row.organ != MEAN))


def _rows(group: list[RankedStage], organs: list[str]) -> list[dict[str, Any]]:
    """A row per organ and estimator, folds and seeds together."""
    estimators = dict.fromkeys(row.estimator for stage in group for row in stage.rows)
    rows = []
    for organ in organs:
        for estimator in estimators:
            found = [row for stage in group for row in stage.rows if (row.organ, row.estimator) == (organ, estimator)]
            if found:
                rows.append(_row(group[0].label, organ, estimator, found))
    return rows


def _row(label: str, organ: str, estimator: str, found: list[RankingRow]) -> dict[str, Any]:
    n, errors = sum(row.ranking.n for row in found), sum(row.ranking.errors for row in found)
    shares = {share: _mean_and_sd([getattr(row.ranking, share) for row in found]) for share in SHARES}
    name = ESTIMATORS.get(estimator, estimator)
    wrong = errors / n if n else math.nan
    return {"label": label, "organ": organ, "estimator": name, "n": n, "wrong": wrong, **shares}


def _mean_and_sd(values: list[float]) -> tuple[float, float]:
    """Over the folds and seeds where it is defined."""
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan, float(np.std(known, ddof=1)) if len(known) > 1 else math.nan


def _pictures(ranked: RankedStage, count: int) -> dict[str, Any]:
    """The pictures of the first fold."""
    path = ranked.stage.folder / RANKING
    with parsing(path, WHAT):
        told = ranked.content["pictures"][:count]
        pictures = [{**one, "picture": embed_picture(ranked.stage.folder / one["file"])} for one in told]
    return {"label": ranked.label, "pictures": pictures}


SECTION = Section("confidence", "Confidence", lambda run: bool(_ranked(run)), _render)
