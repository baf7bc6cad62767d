"""What the methods of a sweep have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tfpartial.experiment.plan import PlannedStage
from tfpartial.experiment.specification import StageSpec


class CommonStages:
    """The stages of the methods that are planned, for later methods that have the same.

    Only what a method that relabels has in common with another is done once: other methods keep folders of their own, whatever
    the sweep has besides them.
    """

    def __init__(self) -> None:
        self._all: dict[str, PlannedStage] = {}
        self._of_relabeling: dict[str, PlannedStage] = {}

    def known_to(self, specs: Sequence[StageSpec]) -> Mapping[str, PlannedStage]:
        """Content -> stage, for a method with these stages."""
        return self._all if _relabels(specs) else self._of_relabeling

    def add(self, specs: Sequence[StageSpec], chain: Iterable[PlannedStage]) -> None:
        """Takes up the stages of a method; the first that has a stage keeps it."""
        for stage in chain:
            if "method" in stage.axes:
                for known in (self._all, self._of_relabeling) if _relabels(specs) else (self._all,):
                    known.setdefault(stage.content, stage)


def _relabels(specs: Sequence[StageSpec]) -> bool:
    return any(spec.verb == "relabel" for spec in specs)
