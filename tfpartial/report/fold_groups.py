"""Stages that differ in nothing but their fold."""

from __future__ import annotations

from collections.abc import Sequence

from tfpartial.finished_stages import FoundStage
from tfpartial.report.run_folder import RunFolder


def fold_groups(run: RunFolder, stages: Sequence[FoundStage]) -> dict[str, list[FoundStage]]:
    """Stages of a verb by what the page calls them, the folds together: `certain, α 30 %`.

    The largest share of labels comes first, methods in their order. Where folders of several names are among them, as before and
    after a relabel step, the name tells them apart.
    """
    several = len({stage.folder.name for stage in stages}) > 1
    groups: dict[str, list[FoundStage]] = {}
    for stage in sorted(stages, key=lambda stage: _order(run, stage)):
        label = stage.place._replace(method=run.method_of(stage), fold=None).label
        if several and stage.folder.name not in stage.place.method.split("/"):
            label = f"{label}, {stage.folder.name}"
        groups.setdefault(label, []).append(stage)
    return groups


def _order(run: RunFolder, stage: FoundStage) -> tuple[float, int]:
    method = run.method_of(stage)
    return -(stage.place.alpha or 0), run.methods.index(method) if method in run.methods else len(run.methods)
