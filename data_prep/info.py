"""Say what a volume, series, label file, manifest, store or case is, and what was done to it."""

from __future__ import annotations

from typing import Any

from tfpartial import cli
from tfpartial.config import InfoConfig
from tfpartial.data.describe import describe


def run(config: InfoConfig) -> dict[str, Any]:
    """Reads what is at the path; writes nothing."""
    return describe(config.path, config.case)


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("info"))
