"""Reads what the pictures of a comparison show, and draws them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfpartial.comparison.joined_scores import JoinedScores
from tfpartial.comparison.scored_files import label_map_of, manifest_of
from tfpartial.comparison.tables import alpha_suffix
from tfpartial.data.label_maps.reference import read_prediction, read_reference
from tfpartial.data.manifest import Manifest, read_manifest
from tfpartial.data.problem import FileError
from tfpartial.data.volumes.volume import read_volume
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId
from tfpartial.pictures.figure import Panel, Row, draw
from tfpartial.pictures.planes import pick_slice

logger = logging.getLogger(__name__)


def draw_cases(
    folder: Path,
    manifest: Path | None,
    joined: JoinedScores,
    chosen: Mapping[float | None, Sequence[tuple[CaseId, str]]],
    window_hu: tuple[float, float],
) -> dict[str, Any]:
    """Draws `figure.png`, one for each share of labels, as far as the files are there: scores outlive images and label maps.

    Args:
        folder: where to.
        manifest: the data set; None takes the one that was scored against.
        joined: the scores.
        chosen: by share of labels, `(case, remark)`.
        window_hu: numbers shown black and white.

    Returns:
        JSON: `figures` with the cases that they show, and why one is missing (`not drawn`).

    Raises:
        TfpartialError: as `read_manifest`, for a manifest that is given, and as `case_row`; not for files that are gone.
    """
    figures: list[dict[str, Any]] = []
    try:
        dataset = read_manifest(manifest or manifest_of(next(iter(joined.scores.values()))))
        for alpha, cases in chosen.items():
            rows = [case_row(dataset, joined, alpha, case, remark) for case, remark in cases]
            path = folder / f"figure{alpha_suffix(joined, alpha)}.png"
            draw(rows, ["expert", *joined.methods_at(alpha)], dataset.organs, window_hu, path)
            figures.append({"figure": path.name, "cases": [case for case, _ in cases]})
    except FileError as error:
        logger.warning("not drawn: %s", error)
        return {"figures": figures, "not drawn": str(error)}
    return {"figures": figures}


def case_row(manifest: Manifest, joined: JoinedScores, alpha: float | None, case: CaseId, remark: str) -> Row:
    """The expert's label map and that of each method on one axial slice of a case; captions give the case's mean DSC.

    Args:
        manifest: the data set.
        joined: the scores.
        alpha: share of labels; methods without it have no panel.
        case: a test case; when several folds test it, the first one is drawn.
        remark: what is said of it.

    Raises:
        FileError: an image or a label map is not there, cannot be read, or does not lie on the grid.
        TfpartialError: the case is not in the manifest, or has no expert label there.
    """
    reference = read_reference(manifest, case)
    if reference is None:
        raise TfpartialError(f"case '{case}': expected a label map in the manifest, got none")
    entry = manifest.case(case)
    volume = read_volume(entry.images)
    z = pick_slice(reference)
    missing = [organ for organ in manifest.organs.names if organ not in entry.annotated]
    panels = [Panel(reference[z], f"not annotated: {', '.join(missing)}" if missing else "")]
    for method in joined.methods_at(alpha):
        scores = next(joined.scores[run] for run in joined.runs(alpha, method) if case in joined.scores[run].cases)
        prediction = read_prediction(manifest, case, label_map_of(scores, case))
        dsc = scores.table.loc[scores.table["case"] == case, "dsc"].mean()
        panels.append(Panel(prediction[z], "DSC n/a" if np.isnan(dsc) else f"DSC {dsc:.3f}"))
    title = f"{case} ({remark})\nslice {z + 1} of {len(reference)}"
    return Row(title, volume.array[z, :, :, 0], volume.spacing_mm_zyx[1:], tuple(panels))
