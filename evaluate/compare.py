"""Set the scores of several methods side by side, as a table and as pictures."""

from typing import Any

from tfpartial import cli
from tfpartial.artifacts import atomic_file, write_json, write_text
from tfpartial.config import CompareConfig
from tfpartial.data.manifest import read_manifest
from tfpartial.progress import track
from tfpartial.provenance import begin, finish
from tfpartial.report.figure import draw
from tfpartial.report.pictures import case_row, name_ranks, pick_cases
from tfpartial.report.scores import read_methods
from tfpartial.report.table import dsc_table, markdown, records


def run(config: CompareConfig) -> dict[str, Any]:
    """Writes `table.md`, `table.csv`, `comparison.json` and `figure.png`."""
    manifest = read_manifest(config.manifest)
    methods = read_methods(config.scores)
    begin(config.out, "compare", config)
    table = dsc_table(methods)
    write_text(config.out / "table.md", markdown(table))
    with atomic_file(config.out / "table.csv") as temporary:
        table.to_csv(temporary)
    cases = methods[-1].case_means().index.tolist()
    chosen = name_ranks(cases, config.draw) if config.draw else pick_cases(cases, config.cases)
    rows = [case_row(manifest, methods, case, remark) for case, remark in track(chosen, "draw")]
    draw(rows, ["expert", *(method.name for method in methods)], manifest.organs, config.window_hu, config.out / "figure.png")
    summary = {"mean DSC": records(table), "cases": len(cases), "drawn": [case for case, _ in chosen]}
    write_json(config.out / "comparison.json", summary)
    finish(config.out, summary)
    return summary | {"figure": str(config.out / "figure.png")}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("compare"))
