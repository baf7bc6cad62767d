"""Spacing, size and intensity statistics of a data set, to plan a network by."""

from __future__ import annotations

from typing import Any

from tfpartial import cli
from tfpartial.artifacts import write_json
from tfpartial.config import FingerprintConfig
from tfpartial.data.manifest import read_manifest
from tfpartial.data.survey.case_statistics import read_statistics
from tfpartial.data.survey.fingerprint import fingerprint
from tfpartial.parallel import scheduler_of
from tfpartial.progress import track


def run(config: FingerprintConfig) -> dict[str, Any]:
    """Writes the fingerprint; shows it without its cases."""
    manifest = read_manifest(config.manifest)
    cases = read_statistics(manifest, config.workers, scheduler_of(config))
    content = fingerprint(manifest, track(cases, "fingerprint", len(manifest.cases)))
    write_json(config.out, content)
    geometry = ("size_zyx", "size_after_crop_zyx", "spacing_mm_zyx")
    return {
        "fingerprint": str(config.out),
        "cases": len(content["cases"]),
        "geometry": [{"": key, **content[key]} for key in geometry],
        "anisotropy": content["anisotropy"],
        "coarsest_axis": content["coarsest_axis"],
        "median_relative_size_after_crop": content["median_relative_size_after_crop"],
        "foreground intensity": [
            {"channel": name, **(values or {"voxels": 0})} for name, values in content["foreground_intensity"].items()
        ],
    }


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("fingerprint"))
