"""A tiny sweep with everything that a page shows, as the stages leave it."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial import provenance
from tfpartial.artifacts import write_json
from tfpartial.config import CompareConfig, CoverageConfig, PredictConfig, ReportConfig, ScoreConfig, TrainConfig
from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.manifest import Manifest, ManifestCase, write_manifest
from tfpartial.data_prep import coverage
from tfpartial.evaluate import compare, score
from tfpartial.labels import OrganTable
from tfpartial.provenance import begin, finish
from tfpartial.report.page.run_folder import RunFolder

EVIL = "<script>alert(1)</script>"
ORGANS = ("liver", EVIL)
ANNOTATED = {"a": ORGANS, "b": ("liver",), "c": ORGANS, "d": ORGANS}
FOLDS = (("a", "b"), ("c", "d"))
ALPHAS = (1.0, 0.1)
METHODS = ("naive", "certain")
SHAPE, SPACING_ZYX = (6, 20, 24), (5.0, 2.0, 1.0)
METRICS = f"epoch,loss,val_dsc,val_dsc_liver,val_dsc_{EVIL}\n1,0.9,,,\n2,0.5,0.4,0.3,0.5\n"


@pytest.fixture(scope="session")
def whole_sweep(tmp_path_factory) -> Path:
    """Two methods, two shares of labels, two folds. The prediction of `naive` at 10 % lacks the second organ."""
    root = tmp_path_factory.mktemp("sweeps") / "tiny"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provenance, "_commit", lambda: "0123abc")  # git takes most of the time
        manifest = _write_data(root)
        coverage.run(CoverageConfig(manifest=manifest, out=root / "02-coverage", workers=1))
        cells = [_write_cell(root, manifest, method, alpha, fold) for alpha in ALPHAS for fold in (0, 1) for method in METHODS]
        write_json(root / "sweep.json", {"cells": cells})
        compare.run(CompareConfig(sweep=root, out=root / "09-compare", metrics=["dsc"], cases=1))
    (root / "experiment.yaml").write_text("sweep: {alphas: [1.0, 0.1]}\ningest:\ntrain:\npredict:\nscore:\n")
    return root


def _write_data(root: Path) -> Path:
    """An ingest stage over four cases of two bright boxes."""
    cases = {}
    for case, annotated in ANNOTATED.items():
        label = np.zeros(SHAPE, np.uint8)
        label[1:5, 4:10, 4:12] = 1
        label[2:4, 12:18, 8:20] = 2 if EVIL in annotated else 0
        image, label_file = root / "data" / f"{case}_0000.nii.gz", root / "data" / f"{case}.nii.gz"
        write_volume(image, np.where(label, 100, -50).astype(np.int16))
        write_volume(label_file, label)
        files = LabelFile(label_file, {organ: (number,) for number, organ in enumerate(ORGANS, 1)})
        cases[case] = ManifestCase(case, root / "data", (ImageFile(image),), (files,), annotated, None, case, SHAPE, SPACING_ZYX)
    path = root / "01-ingest" / "manifest.json"
    write_manifest(Manifest("boxes", OrganTable(ORGANS), ("CT",), ORGANS, 0.1, cases), path)
    return path


def _write_cell(root: Path, manifest: Path, method: str, alpha: float, fold: int) -> dict[str, object]:
    folder = root / f"alpha{alpha:g}" / f"fold{fold}" / method
    train, predict = folder / "05-train", folder / "06-predict"
    begin(
        train,
        "train",
        TrainConfig(root / "store", root / "splits.json", train, epochs=2, window_hu=(-100, 200)),
        ["tfpartial", "train"],
    )
    (train / "metrics.csv").write_text(METRICS)
    finish(train, {"minutes": 3.0})
    begin(predict, "predict", PredictConfig(train, predict, manifest=manifest))
    for case in FOLDS[fold]:
        label = sitk.GetArrayFromImage(sitk.ReadImage(str(root / "data" / f"{case}.nii.gz")))
        label[:, : 6 if alpha == 1 else 8] = 0
        label[(label == 2) & (method == "naive") & (alpha < 1)] = 0
        write_volume(predict / f"{case}.nii.gz", label)
    finish(predict, {"seconds": 30.0})
    score.run(ScoreConfig(manifest, predict, folder / "07-score", workers=1))
    return {"method": method, "alpha": alpha, "fold": fold, "state": "finished", "dsc": 0.5, "minutes": 3.5, "reason": ""}


def write_volume(path: Path, array: np.ndarray) -> None:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING_ZYX[::-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))


@pytest.fixture
def sweep(whole_sweep, tmp_path) -> Path:
    """A copy of it that a test may change."""
    return Path(shutil.copytree(whole_sweep, tmp_path / "tiny"))


@pytest.fixture
def open_run() -> Callable[..., RunFolder]:
    """Opens a folder for a page, with options of the report."""
    return lambda folder, **options: RunFolder.open(ReportConfig(folder, **options))


@pytest.fixture(scope="session")
def page(tmp_path_factory) -> Iterator[object]:
    """A page of a browser; see `browser.py`. Skips where there is no browser."""
    spec = importlib.util.spec_from_file_location("browser", Path(__file__).with_name("browser.py"))
    browser = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(browser)
    program = browser.find_browser()
    if program is None:
        pytest.skip("no Chromium in PATH")
    with browser.open_browser(program, tmp_path_factory.mktemp("browser") / "profile") as page:
        yield page
