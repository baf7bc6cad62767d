"""Say what a volume, series, label file, manifest, store or case is, or what can be named in a configuration."""

from __future__ import annotations

from typing import Any

from tfpartial import cli
from tfpartial.config import InfoConfig
from tfpartial.data.describe import describe
from tfpartial.quiet import import_quietly


def run(config: InfoConfig) -> dict[str, Any]:
    """Reads what is at the path, or lists what is asked for; writes nothing."""
    if config.path is not None:
        return describe(config.path, config.case)
    catalogues = import_quietly("tfpartial.catalogue").CATALOGUES  # imports TensorFlow, which files go without
    return {name: rows() for name, rows in catalogues.items() if getattr(config, name)}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("info"))
