"""What the methods of a sweep have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tfpartial.experiment.plan import PlannedStage
from tfpartial.experiment.specification import StageSpec


class CommonStages:
    """The stages of the methods that are planned, for later methods that have the same.

    Only what a method that relabels, aligns or fine-tunes has in common with another is done once: other methods keep folders of
    their own, whatever the sweep has besides them.
    """

    def __init__(self) -> None:
        self._all: dict[str, PlannedStage] = {}
        self._of_building: dict[str, PlannedStage] = {}

    def known_to(self, specs: Sequence[StageSpec]) -> Mapping[str, PlannedStage]:
        """Content -> stage, for a method with these stages."""
        return self._all if _rests_on_others(specs) else self._of_building

    def add(self, specs: Sequence[StageSpec], chain: Iterable[PlannedStage]) -> None:
        """Takes up the stages of a method; the first that has a stage keeps it."""
        for stage in chain:
            if "method" in stage.axes:
                for known in (self._all, self._of_building) if _rests_on_others(specs) else (self._all,):
                    known.setdefault(stage.content, stage)


def _rests_on_others(specs: Sequence[StageSpec]) -> bool:
    """Whether a method builds on a first segmenter, which others may have as well."""
    verbs = [spec.verb for spec in specs]
    return "relabel" in verbs or "align" in verbs or verbs.count("train") > 1
