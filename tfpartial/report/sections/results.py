"""The mean of each metric by organ, and how many cases it stands on."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from tfpartial.comparison.averages import MEAN
from tfpartial.comparison.shown_metrics import SHOWN
from tfpartial.finished_stages import alpha_text
from tfpartial.metrics.scoring import REASONS
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.scores_by_place import Group, Results
from tfpartial.report.section import Section

METRICS = ("dsc", "hd95_mm", "asd_mm", "nsd", "volume_error_relative")
"""The metrics that the page shows; `scores.csv` has more."""


def _render(run: RunFolder) -> Markup:
    results = run.results
    return fill(
        "results_one.html" if len(results.groups) == 1 else "results_several.html",
        metrics={key: SHOWN[key] for key in METRICS},
        organs=[*results.organs, MEAN],
        over=results.spread_over,
        groups=results.groups,
        columns=[(alpha_text(alpha), len(results.at(alpha))) for alpha in results.joined.alphas],
        states=[_states(results.groups, organ) for organ in results.organs],
        reasons=REASONS,
        other_cases=_other_cases(results),
    )


def _states(groups: tuple[Group, ...], organ: str) -> dict[str, Any]:
    """In how many scored cases an organ is present, absent and unknown; per group, how often missed, and found where absent.

    The first three are those of the group with most cases: a group lacks cells while a sweep goes on.
    """
    counts = [group.states(organ) for group in groups]
    most = max(counts, key=lambda states: states.total())
    return {
        "organ": organ,
        "present": most["scored"] + most["missed"],
        "absent": most["absent"] + most["false_positive"],
        "unknown": most["not_annotated"],
        "errors": [(states["missed"], states["false_positive"]) for states in counts],
    }


def _other_cases(results: Results) -> bool:
    """Whether some method was scored on other cases than another with the same fold: then their means do not compare."""
    cases: dict[int, set[frozenset[str]]] = {}
    for run, found in results.joined.scores.items():
        cases.setdefault(run.fold, set()).add(frozenset(found.table["case"]))
    return any(len(sets) > 1 for sets in cases.values())


SECTION = Section("results", "Results", lambda run: bool(run.results.groups), _render)
