"""Score label maps against the expert's, by case and organ."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tfpartial import cli
from tfpartial.config import ScoreConfig
from tfpartial.data.manifest import Manifest, read_manifest
from tfpartial.errors import TfpartialError
from tfpartial.inference.volume_files import label_maps
from tfpartial.metrics.scoring import OrganScore, score_case, summarise
from tfpartial.progress import track
from tfpartial.provenance import begin, finish
from tfpartial.report.references import read_prediction, read_reference
from tfpartial.report.scores import write_scores


def run(config: ScoreConfig) -> dict[str, Any]:
    """Writes `scores.csv` and `summary.json`. The cases are those that have a prediction."""
    manifest = read_manifest(config.manifest)
    predictions = label_maps(config.predictions)
    unknown = sorted(set(predictions) - set(manifest.cases))
    if unknown:
        raise TfpartialError(f"{predictions[unknown[0]]}: case '{unknown[0]}' is not in the manifest {config.manifest}")
    begin(config.out, "score", config)
    scores = [score for rows in track(_score(manifest, predictions), "score", len(predictions)) for score in rows]
    summary = {"cases": len(predictions), "predictions": str(config.predictions.resolve())} | summarise(scores, manifest.organs)
    write_scores(config.out, scores, summary)
    finish(config.out, summary)
    return summary


def _score(manifest: Manifest, predictions: dict[str, Path]) -> Iterator[list[OrganScore]]:
    for case_id, path in predictions.items():
        case = manifest.case(case_id)
        prediction = read_prediction(manifest, case_id, path)
        reference = read_reference(manifest, case_id)
        if reference is None:
            reference = np.zeros_like(prediction)  # annotated for nothing: every organ is unknown
        voxel_ml = float(np.prod(case.spacing_mm_zyx)) / 1000
        yield score_case(case_id, reference, prediction, manifest.organs, case.annotated, voxel_ml)


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("score"))
