"""Write one HTML page on a run, a sweep, or any folder with stages in it."""

from typing import Any

from tfpartial import cli
from tfpartial.artifacts import write_text
from tfpartial.config import ReportConfig
from tfpartial.report.page import write_page
from tfpartial.report.run_folder import RunFolder

NAME = "report.html"


def run(config: ReportConfig) -> dict[str, Any]:
    """Writes the page; what is not there yet, or cannot be read, is said in it."""
    page, sections = write_page(RunFolder.open(config))
    out = config.out or config.folder / NAME
    write_text(out, page)
    return {"report": str(out), "sections": sections, "megabytes": round(out.stat().st_size / 1e6, 2)}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("report"))
