"""The softmax method from its training to its served model: the stages fit together."""

import csv
import json

import numpy as np
import pytest
import SimpleITK as sitk
import tensorflow as tf

from tfpartial.config import CompareConfig, ExportConfig, LossConfig, NetworkConfig, PredictConfig, ScoreConfig, TrainConfig
from tfpartial.data.fold.split import read_fold
from tfpartial.data.store.store import Store
from tfpartial.evaluate import compare, export, predict, score
from tfpartial.train import segmenter

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tiny_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("softmax") / "train"
    options = {
        "network": NetworkConfig(options={"width": 4}),
        "loss": LossConfig({"bce": {"weight": 1.0}, "dice": {"weight": 1}}),
        "batch": 4,
        "learning_rate": 1e-2,
    }
    paths = {"store": tiny_run.store, "splits": tiny_run.splits, "annotations": tiny_run.annotations, "out": out}
    summary = segmenter.run(TrainConfig(**paths, **options, method="naive_softmax", epochs=2, deterministic=False))
    assert summary["epochs"] == 2
    return out


@pytest.fixture(scope="module")
def scored(tiny_run, trained):
    predictions, scores = trained.parent / "predictions", trained.parent / "scores"
    predict.run(PredictConfig(trained, predictions, manifest=tiny_run.manifest, splits=tiny_run.splits))
    score.run(ScoreConfig(tiny_run.manifest, predictions, scores))
    return scores


def test_every_test_case_and_organ_has_a_row(tiny_run, scored):
    with (scored / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    store = Store.open(tiny_run.store)
    test_cases = read_fold(tiny_run.splits, 0).test
    assert {(row["case"], row["organ"]) for row in rows} == {(case, organ) for case in test_cases for organ in store.organs.names}
    assert all(0 <= float(row["dsc"]) <= 1 for row in rows if row["dsc"])


def test_label_maps_lie_on_the_grid_of_their_volumes(tiny_run, trained, scored):
    for path in (trained.parent / "predictions").glob("*.nii.gz"):
        label = sitk.ReadImage(str(path))
        image = sitk.ReadImage(str(tiny_run.dataset / "imagesTr" / path.name.replace(".nii.gz", "_0000.nii.gz")))
        assert label.GetSize() == image.GetSize()
        assert (label.GetSpacing(), label.GetOrigin(), label.GetDirection()) == (
            image.GetSpacing(),
            image.GetOrigin(),
            image.GetDirection(),
        )


def test_the_comparison_has_a_table_and_a_picture(tiny_run, scored):
    out = scored.parent / "comparison"
    compare.run(CompareConfig(out, [scored], cases=1))
    assert (out / "figure.png").stat().st_size > 10_000
    assert "pancreas" in (out / "tables" / "dsc_organs.md").read_text()
    assert json.loads((out / "comparison.json").read_text())["cases"] == len(read_fold(tiny_run.splits, 0).test)


def test_the_served_model_gives_the_probabilities_of_a_softmax(tiny_run, trained):
    out = trained.parent / "served"
    export.run(ExportConfig(trained, out))
    store = Store.open(tiny_run.store)
    hu = np.asarray(store.image(next(iter(store.cases)))[:3])
    served = tf.saved_model.load(str(out / "1")).signatures["serving_default"](hu=tf.constant(hu))
    probabilities = served["probabilities"].numpy()
    assert probabilities.shape == (3, 32, 32, len(store.organs))
    assert (probabilities.sum(axis=-1) <= 1 + 1e-5).all()
    background = 1 - probabilities.sum(axis=-1)
    expected = np.where(background >= probabilities.max(axis=-1), 0, probabilities.argmax(axis=-1) + 1)
    assert (served["labels"].numpy() == expected).mean() > 0.999
