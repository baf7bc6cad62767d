"""Stages that differ in nothing but their fold and seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tfpartial.finished_stages import FoundStage, axes_text
from tfpartial.report.run_folder import RunFolder


def fold_groups(run: RunFolder, stages: Sequence[FoundStage]) -> dict[str, list[FoundStage]]:
    """Stages of a verb by what the page calls them, folds and seeds together: `certain, α 30 %`.

    The largest share of labels comes first, methods in their order. Where folders of several names are among them, as before and
    after a relabel step, the name tells them apart.
    """
    several = len({stage.folder.name for stage in stages}) > 1
    groups: dict[str, list[FoundStage]] = {}
    for stage in sorted(stages, key=lambda stage: _order(run, stage)):
        label = stage.place._replace(method=run.method_of(stage), fold=None, seed=None).label
        if several and stage.folder.name not in stage.place.method.split("/"):
            label = f"{label}, {stage.folder.name}"
        groups.setdefault(label, []).append(stage)
    return groups


def axes_of(stages: Iterable[FoundStage]) -> str:
    """The folds and seeds of some stages: `2 folds × 3 seeds`; nothing where there is one of both."""
    places = [stage.place for stage in stages]
    return axes_text(len({place.fold for place in places}), len({place.seed for place in places}))


def _order(run: RunFolder, stage: FoundStage) -> tuple[float, int]:
    method = run.method_of(stage)
    return -(stage.place.alpha or 0), run.methods.index(method) if method in run.methods else len(run.methods)
