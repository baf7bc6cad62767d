"""A tiny sweep with everything that a page shows, as the stages leave it."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

from tfpartial import provenance
from tfpartial.artifacts import sha256, write_json
from tfpartial.config import (
    AlignConfig,
    AuditConfig,
    CompareConfig,
    CoverageConfig,
    PredictConfig,
    PrepareConfig,
    PriorConfig,
    RankConfig,
    RelabelConfig,
    ReportConfig,
    ScoreConfig,
    TrainConfig,
)
from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.fold.pseudo_labels import layer_path
from tfpartial.data.manifest import Manifest, ManifestCase, write_manifest
from tfpartial.data.store.layer_file import write_label_layer
from tfpartial.data.store.store import Store
from tfpartial.data_prep import coverage, prepare
from tfpartial.evaluate import compare, score
from tfpartial.labels import OrganTable
from tfpartial.metrics.ranking import Ranking
from tfpartial.priors.position_table import write_table
from tfpartial.provenance import begin, say_done
from tfpartial.ranking.files import write_ranking
from tfpartial.ranking.rows import RankingRow, mean_ranking
from tfpartial.ranking.table import LearnedRecipe
from tfpartial.report.run_folder import RunFolder

EVIL = "<script>alert(1)</script>"
ORGANS = ("liver", EVIL)
ANNOTATED = {"a": ORGANS, "b": ("liver",), "c": ORGANS, "d": ORGANS}
FOLDS = (("a", "b"), ("c", "d"))
ALPHAS = (1.0, 0.1)
METHODS = ("naive", "certain")
SHAPE, SPACING_ZYX = (6, 20, 24), (5.0, 2.0, 1.0)
FOUND = (
    (
        ("a", "test", "liver", "aligned", 0.9, 1.0, 5, 2),
        ("a", "test", EVIL, "poor", 0.2, None, 20, 30),
        ("b", "test", "liver", "displaced", 0.8, 5.5, 7, 4),
        ("b", "test", EVIL, "absent", None, None, None, None),
        ("c", "train", EVIL, "poor", 0.1, None, 99, 99),
    ),
    (
        ("c", "val", "liver", "aligned", 1.1, 0.5, 6, 1),
        ("c", "val", EVIL, "aligned", 0.7, 0.5, 10, 12),
        ("d", "test", "liver", "aligned", 0.9, 0.5, 8, 3),
        ("d", "test", EVIL, "poor", 0.1, None, 40, 50),
    ),
)
"""What `align` found in each fold: case, part, organ, state, overlap, displacement, errors before and after the search in mm."""
METRICS = f"epoch,steps,seconds,loss,val_dsc,val_dsc_liver,val_dsc_{EVIL}\n1,50,90.0,0.9,,,\n2,100,180.0,0.5,0.4,0.3,0.5\n"


@pytest.fixture(scope="session")
def whole_sweep(tmp_path_factory) -> Path:
    """Two methods, two shares of labels, two folds. The prediction of `naive` at 10 % lacks the second organ."""
    root = tmp_path_factory.mktemp("sweeps") / "tiny"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provenance, "_commit", lambda: "0123abc")  # git takes most of the time
        manifest = _write_data(root)
        coverage.run(CoverageConfig(manifest=manifest, out=root / "02-coverage", workers=1))
        prepare.run(PrepareConfig(manifest, root / "store", size=SHAPE[1:], workers=1))
        cells = [_write_cell(root, manifest, method, alpha, fold) for alpha in ALPHAS for fold in (0, 1) for method in METHODS]
        write_json(root / "sweep.json", {"cells": cells})
        compare.run(CompareConfig(sweep=root, out=root / "09-compare", metrics=["dsc"], cases=1))
        _write_audit(root / "08-audit", manifest)
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
    say_done(train, {"minutes": 3.0})
    begin(predict, "predict", PredictConfig(train, predict, manifest=manifest))
    for case in FOLDS[fold]:
        label = sitk.GetArrayFromImage(sitk.ReadImage(str(root / "data" / f"{case}.nii.gz")))
        label[:, : 6 if alpha == 1 else 8] = 0
        label[(label == 2) & (method == "naive") & (alpha < 1)] = 0
        write_volume(predict / f"{case}.nii.gz", label)
    say_done(predict, {"seconds": 30.0})
    score.run(ScoreConfig(manifest, predict, folder / "07-score", workers=1))
    if (method, alpha) == ("certain", 0.1):
        _write_relabeling(folder, root / "store", fold)
        _write_positions(folder, root / "store", fold)
    return {"method": method, "alpha": alpha, "fold": fold, "state": "finished", "dsc": 0.5, "minutes": 3.5, "reason": ""}


def _write_relabeling(folder: Path, store: Path, fold: int) -> None:
    """Two steps for the second organ of the cases of the other fold, a training on them, and a ranking of the candidates."""
    out, cases = folder / "04-relabel", [case for case in FOLDS[1 - fold] if EVIL in ANNOTATED[case]]
    begin(out, "relabel", RelabelConfig(out, store, folder / "splits.json", folder / "05-train", fold=fold))
    write_steps(out, Store.open(store), cases)
    say_done(out, {"step": 2})
    train = folder / "05-train"
    begin(train, "train", TrainConfig(store, folder / "splits.json", train, epochs=2, window_hu=(-100, 200), labels=out))
    say_done(train, {"minutes": 3.0, "best validation DSC": 0.75})
    ranked = folder / "04-rank"
    begin(ranked, "rank", RankConfig(store, folder / "splits.json", train, ranked, folder / "annotations.json"))
    rows = []
    for estimator, auc in (("mcp", 0.7), ("learned", 0.75 + 0.02 * fold)):
        organs = [Ranking(auc, 0.9, 0.3, 100, 10), Ranking(*[float("nan")] * 3, 5, 0)]
        rows += [RankingRow(estimator, organ, found) for organ, found in zip(ORGANS, organs, strict=True)]
        rows.append(RankingRow(estimator, "mean", mean_ranking(organs)))
    Image.new("RGB", (900, 300), (40, 60, 80)).save(ranked / "confidence-1.png")
    picture = {"file": "confidence-1.png", "case": EVIL, "organ": EVIL, "slice": 3, "errors": 10, "share": 0.66}
    write_ranking(ranked, rows, {"cases": 2, "pictures": [picture]}, LearnedRecipe("filters 8", "filters 400"))
    say_done(ranked, {})


def _write_positions(folder: Path, store: Path, fold: int) -> None:
    """A prior of both organs, and where they were found with it."""
    out = folder / "04-prior"
    begin(out, "prior", PriorConfig(store, folder / "splits.json", out, fold=fold))
    Image.new("RGB", (900, 300), (20, 30, 40)).save(out / "prior.png")
    prior = {"cases": 2 + fold, "bins": 5, "depth": 20.04, "rows": 7, "columns": 9}
    say_done(out, {"unit": "mm", "organs": [{"organ": organ, **prior} for organ in ORGANS]})
    aligned = folder / "06-align"
    begin(aligned, "align", AlignConfig(store, folder / "splits.json", folder / "05-train", out, aligned, fold=fold))
    names = ("case", "part", "organ", "state", "overlap", "displacement", "coarse_error_mm", "searched_error_mm")
    write_table([dict(zip(names, row, strict=True)) for row in FOUND[fold]], aligned)
    say_done(aligned, {})


def write_steps(folder: Path, store: Store, cases: list[str]) -> None:
    """Step 1 gives each case the right half of the second organ; step 2 all of it, and as much beside it."""
    steps = []
    for step in (1, 2):
        rows, layers = [], {}
        for case in cases:
            truth = store.label(case)[:] == 2
            found = truth & (np.arange(truth.shape[2]) < 14)
            if step == 2:
                found = truth | np.roll(truth, 6, axis=1)
            label = np.where(store.label(case)[:] == 1, 1, np.where(found, 2, 0)).astype(np.uint8)
            path = layer_path(folder, step, case)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_label_layer(path, [(0, label)], label.shape, 2)
            layers[case] = {"sha256": sha256(path), "annotated": ["liver"], "pseudo": [EVIL], "accepted": []}
            counts = [found.sum(), found.sum(), (label == 2).sum(), truth.sum(), (truth & (label == 2)).sum()]
            rows.append(f"{step},{case},{EVIL},{','.join(map(str, counts))}")
        header = "step,case,organ,candidates,added,voxels,truth,correct"
        (folder / f"step-{step}" / "audit.csv").write_text("\n".join([header, *rows]) + "\n")
        measure = {"cases": len(cases), "candidates": 90 * step, "added": 40, "voxels": 40 * step}
        measure |= {"precision": 1 / step, "recall": 0.5 * step, "precision_added": 0.5}
        about = {"step": step, "share": step / 2, "threshold": None, "estimator": "learned"}
        write_json(folder / f"step-{step}" / "summary.json", {**about, "organs": {EVIL: measure}, "overall": measure})
        steps.append({"step": step, "kind": "relabel", "cases": layers})
    write_json(folder / "labels.json", {"format": 1, "organs": store.organs.names, "size": store.size, "steps": steps})


def _write_audit(folder: Path, manifest: Path) -> None:
    """One suspect, one case to annotate, one picture."""
    begin(folder, "audit", AuditConfig(manifest, [folder], folder))
    suspect = {"rank": 1, "case": "a", "organ": EVIL, "kind": "not_labelled", "other": None, "first_slice": 3, "last_slice": 4}
    suspect |= {"volume_ml": 1.44, "mean_probability": 0.95, "score": 1.4}
    write_json(folder / "suspects.json", {"format": 1, "rules": {"tcp": 0.1, "smallest_ml": 0.5}, "suspects": [suspect]})
    chosen = {"case": "b", "score": None, "uncertainty": None, "novelty": 0.5, "reason": f"nothing predicted of {EVIL}"}
    write_json(folder / "next.json", {"format": 1, "cases": [chosen]})
    Image.new("RGB", (1600, 400), (80, 60, 40)).save(folder / "suspects.png")
    say_done(folder, {})


def write_volume(path: Path, array: np.ndarray) -> None:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING_ZYX[::-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))


@pytest.fixture
def sweep(whole_sweep, tmp_path) -> Path:
    """A copy of it that a test may change: without the checksums of its files."""
    return Path(shutil.copytree(whole_sweep, tmp_path / "tiny", ignore=shutil.ignore_patterns("checksums.json")))


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
