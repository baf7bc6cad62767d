"""Say which organs are annotated where, how large they are, and how much of the images each may learn from."""

from __future__ import annotations

from typing import Any

from tfpartial import cli
from tfpartial.artifacts import write_json, write_text
from tfpartial.config import CoverageConfig
from tfpartial.csv_file import write_frame
from tfpartial.data.fold.simulate import read_annotations
from tfpartial.data.manifest import read_manifest
from tfpartial.data.survey.case_statistics import read_statistics
from tfpartial.data.survey.coverage import case_table, keep_labels, measure_coverage
from tfpartial.data.survey.coverage_text import markdown, organ_rows
from tfpartial.data.survey.organ_sizes import sizes_json
from tfpartial.parallel import scheduler_of
from tfpartial.pictures.coverage_figure import draw_coverage
from tfpartial.progress import track
from tfpartial.provenance import begin, finish


def run(config: CoverageConfig) -> dict[str, Any]:
    """Writes `coverage.json`, `coverage.csv`, `cases.csv`, `coverage.md`, `coverage.png`, and the sizes that are asked for."""
    manifest = read_manifest(config.manifest)
    kept = read_annotations(config.annotations, config.fold or 0, manifest.organs) if config.annotations else None
    begin(config.out, "coverage", config)
    statistics = read_statistics(manifest, config.workers, scheduler_of(config))
    cases = list(track(statistics, "coverage", len(manifest.cases)))
    if kept is not None:
        cases = list(keep_labels(cases, manifest.organs, kept))
    coverage = measure_coverage(cases, manifest.organs)
    write_json(config.out / "coverage.json", coverage.to_json(manifest.name))
    write_frame(config.out / "coverage.csv", coverage.table())
    write_frame(config.out / "cases.csv", case_table(cases, manifest.organs))
    write_text(config.out / "coverage.md", markdown(coverage))
    draw_coverage(coverage, manifest.name, config.out / "coverage.png")
    if config.sizes is not None:
        write_json(config.sizes, sizes_json(cases, manifest.organs, manifest.name))
    summary = {
        "coverage": str(config.out),
        "cases": len(coverage.cases),
        "complete": len(coverage.complete),
        "unlabeled": coverage.unlabeled,
        "organs": organ_rows(coverage),
    }
    finish(config.out, summary)
    return summary


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("coverage"))
