"""One run of `benchmarks.prepare`: only reads the files of a manifest, or prepares them; prints the seconds."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import SimpleITK as sitk

from tfpartial.data.files import paths_of
from tfpartial.data.manifest import ManifestCase, read_manifest
from tfpartial.data.store.prepare import finish_store, prepare_cases
from tfpartial.parallel import map_cases

SIZE = (512, 512)


def main() -> None:
    task, manifest_path, workers = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    manifest = read_manifest(manifest_path)
    with tempfile.TemporaryDirectory(dir=manifest_path.parent) as out:
        start = time.perf_counter()
        if task == "read":
            _exhaust(map_cases(read_files, tuple(manifest.cases.values()), workers))
        else:
            _exhaust(prepare_cases(manifest, Path(out), SIZE, workers=workers))
            finish_store(manifest, Path(out), SIZE)
        print(time.perf_counter() - start)


def read_files(case: ManifestCase) -> int:
    """Reads and unpacks the files of a case; returns the number of voxels."""
    return sum(sitk.GetArrayFromImage(sitk.ReadImage(str(path))).size for path in paths_of(case.images, case.labels))


def _exhaust(results: Iterable[object]) -> None:
    for _ in results:
        pass


if __name__ == "__main__":
    main()
