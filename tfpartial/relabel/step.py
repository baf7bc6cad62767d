"""One relabel step over the training cases of a fold, case by case; a killed one goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tfpartial.artifacts import read_json, sha256, write_json
from tfpartial.config import RelabelConfig
from tfpartial.csv_file import write_rows
from tfpartial.data.fold.pseudo_label_writer import layer_record, take_over, write_index
from tfpartial.data.fold.pseudo_labels import AUDIT, SUMMARY, PseudoLabels, layer_path, step_folder
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.errors import TfpartialError
from tfpartial.labels import SURE_BACKGROUND, OrganTable
from tfpartial.names import CaseId
from tfpartial.relabel.candidates import Predictor
from tfpartial.relabel.case import Step, relabel_case
from tfpartial.relabel.current_labels import CurrentLabels, current_labels
from tfpartial.relabel.estimated_shares import estimated_shares
from tfpartial.relabel.native_maps import write_native
from tfpartial.relabel.rules import Rules
from tfpartial.relabel.tally import COLUMNS, summary
from tfpartial.unfinished import remove_unfinished

NATIVE = "native"
"""Folder of the label maps for review, in the folder of the step."""


def cases_to_relabel(cases: TrainingCases) -> dict[CaseId, CurrentLabels]:
    """The training cases in which an organ is missing, with the labels that they have now."""
    current = {case: current_labels(cases, case) for case in cases.train}
    return {case: labels for case, labels in current.items() if labels.missing.any()}


def relabel(config: RelabelConfig, cases: TrainingCases, predictor: Predictor) -> Iterator[CaseId]:
    """Writes the layer of each case that lacks an organ; yields its id. `finish_step` closes the step.

    Args:
        config: the configuration.
        cases: cases of the fold.
        predictor: segmenter and confidence.

    Raises:
        TfpartialError: an organ of the rules that the data set has not; the predictor gives NaN; sure background is asked
            for where its code is an organ's.
    """
    rules = _rules(config, cases, predictor)
    number = take_over(cases.pseudo, config.out)
    remove_unfinished(step_folder(config.out, number) / "cases")
    step = Step(number, predictor, rules, config.slab, config.among)
    for case_id, current in cases_to_relabel(cases).items():
        path = layer_path(config.out, number, case_id)
        if not _is_done(path):
            rows = relabel_case(step, current, path)
            write_json(path.with_suffix(".json"), {"sha256": sha256(path), "rows": rows})
        yield case_id


def finish_step(config: RelabelConfig, cases: TrainingCases, estimator: str) -> dict[str, Any]:
    """Writes audit, summary, index and, asked for, label maps on the native grid, when all cases are relabeled.

    Returns:
        The content of `summary.json`.
    """
    number = 1 if cases.pseudo is None else cases.pseudo.step + 1
    relabeled = cases_to_relabel(cases)
    paths = {case_id: layer_path(config.out, number, case_id) for case_id in relabeled}
    rows = [row for path in paths.values() for row in read_json(path.with_suffix(".json"), "rows of a relabeled case")["rows"]]
    folder = step_folder(config.out, number)
    write_rows(folder / AUDIT, COLUMNS, rows)
    asked = {name: getattr(config, name) for name in ("share", "threshold", "precision", "among")}
    content = {"step": number, "estimator": estimator, **asked, **summary(rows, cases.store.organs.names)}
    write_json(folder / SUMMARY, content)
    records = {case_id: _record(config.out, number, case_id, current) for case_id, current in relabeled.items()}
    write_index(config.out, cases.store, cases.pseudo, "relabel", records)
    if config.nifti:
        labels = PseudoLabels.open(config.out)
        for case_id in relabeled:
            write_native(labels, cases.store, case_id, folder / NATIVE / f"{case_id}.nii.gz")
    return content


def _record(out: Path, number: int, case_id: CaseId, current: CurrentLabels) -> dict[str, Any]:
    select = current.store.organs.select
    return layer_record(
        out, number, case_id, select(current.experts), select(current.missing), select(current.annotated & ~current.experts)
    )


def _rules(config: RelabelConfig, cases: TrainingCases, predictor: Predictor) -> Rules:
    organs = cases.store.organs
    if config.background is not None and len(organs) >= SURE_BACKGROUND:
        raise TfpartialError(f"background: expected fewer than {SURE_BACKGROUND} organs, got {len(organs)}")
    shares = dict.fromkeys(organs.ids.values(), config.share)
    if config.precision is not None:
        shares = estimated_shares(predictor, cases, config.share, config.precision, config.slab, config.among)
    return Rules(shares, config.threshold, frozenset(map(organs.id_of, config.largest_component)), _by_id(config.min_ml, organs))


def _by_id(values: Mapping[str, float], organs: OrganTable) -> dict[int, float]:
    return {organs.id_of(name): value for name, value in values.items()}


def _is_done(path: Path) -> bool:
    """Whether a killed run finished this case: its rows are written after its layer."""
    written = path.with_suffix(".json")
    return written.is_file() and path.is_file() and read_json(written, "rows of a relabeled case")["sha256"] == sha256(path)
