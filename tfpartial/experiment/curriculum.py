"""From the section `curriculum` to the stages that it stands for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tfpartial.arguments import build
from tfpartial.config import CURRICULUM, CurriculumConfig
from tfpartial.errors import TfpartialError
from tfpartial.experiment.specification import StageSpec, merged

OF_FIRST_MODEL = ("model", "checkpoint", "labels")
"""Options of the first training that are not those of the fine-tuning: what it starts from."""
Entry = tuple[str, dict[str, Any]]


def expanded(specs: Sequence[StageSpec], keep: Collection[str] = ()) -> list[StageSpec]:
    """The stages, with those of the curriculum right after the last `train` before it.

    Args:
        specs: the stages; at most one stands for a curriculum.
        keep: verbs whose numbers stay; later stages of other verbs are counted on from the curriculum's last one.

    Raises:
        TfpartialError: an option that the curriculum may not have or has wrong, no `train` of all cases right before it, or two
            curricula.
    """
    places = [place for place, spec in enumerate(specs) if spec.verb == CURRICULUM]
    if not places:
        return list(specs)
    if len(places) > 1:
        raise TfpartialError(f"curriculum: expected once, got it {len(places)} times")
    trainings = [place for place, spec in enumerate(specs[: places[0]], 1) if spec.verb == "train"]
    if not trainings:
        raise TfpartialError("curriculum: has no train before it; add the section train before it")
    if specs[trainings[-1] - 1].options.get("leave_out") is not None:
        raise TfpartialError("curriculum: the train before it leaves out cases; put those with leave_out before the train of all")
    before, later = specs[: trainings[-1]], [spec for spec in specs[trainings[-1] :] if spec.verb != CURRICULUM]
    curriculum = build(CURRICULUM, CurriculumConfig, dict(specs[places[0]].options))
    first = before[-1].number
    entries = enumerate(_entries(curriculum, before, later), first + 1)
    added = [StageSpec(number, verb, options, model_of=_tuned(curriculum, verb, first)) for number, (verb, options) in entries]
    moved = [spec if spec.verb in keep else replace(spec, number=spec.number + len(added)) for spec in later]
    return [*before, *added, *moved]


def _tuned(curriculum: CurriculumConfig, verb: str, first: int) -> int | None:
    """Number of the training that a stage fine-tunes; none for the latest, and for other verbs."""
    return first if verb == "train" and curriculum.start_from == "first" else None


def _entries(curriculum: CurriculumConfig, before: Sequence[StageSpec], later: Sequence[StageSpec]) -> Iterator[Entry]:
    first = {name: value for name, value in before[-1].options.items() if name not in OF_FIRST_MODEL}
    scoring = list(_scoring([*before, *later])) if curriculum.score else []
    scored_later = {"predict", "score"} <= {spec.verb for spec in later} and not curriculum.pick
    for step in range(1, curriculum.steps + 1):
        yield from _relabeling(curriculum, step)
        yield "train", merged(first, curriculum.train) | {"pseudo_labels": curriculum.pseudo_labels}
        if step < curriculum.steps or not scored_later:
            yield from scoring
    if curriculum.pick:
        yield "pick", {}


def _relabeling(curriculum: CurriculumConfig, step: int) -> Iterator[Entry]:
    learned = curriculum.estimator == "learned"
    without: dict[str, Any] = {} if learned else {"confidence": None}
    if learned:
        yield "confidence", dict(curriculum.confidence)
    if curriculum.rank:
        yield "rank", _rank_options(curriculum) | without
    yield "relabel", {**curriculum.relabel, **_selection(curriculum, step), **without}


def _selection(curriculum: CurriculumConfig, step: int) -> dict[str, Any]:
    selection: dict[str, Any] = {"estimator": curriculum.estimator}
    if curriculum.precision is not None:
        selection["precision"] = curriculum.precision
    if curriculum.threshold is not None:
        return selection | {"threshold": curriculum.threshold}
    # Rounded, so that steps of two curricula that reach the same share are the same stage.
    return selection | {"share": round(curriculum.share * step / curriculum.steps, 9)}


def _rank_options(curriculum: CurriculumConfig) -> dict[str, Any]:
    """Those of `relabel` that say what is measured, under the names that `rank` gives them."""
    options: dict[str, Any] = {"estimators": list(dict.fromkeys(["mcp", curriculum.estimator]))}
    names: Mapping[str, str] = {name: name for name in ("checkpoint", "among", "batch")} | {"estimators": "settings"}
    return options | {names[name]: value for name, value in curriculum.relabel.items() if name in names}


def _scoring(specs: Sequence[StageSpec]) -> Iterator[Entry]:
    for verb in ("predict", "score"):
        options = [spec.options for spec in specs if spec.verb == verb]
        if not options:
            raise TfpartialError(f"curriculum.score: has no section {verb} that says how; add it, or leave score out")
        yield verb, dict(options[-1])
