"""The stages relabel and accept as a user starts them, and the training on what they leave."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial import cli
from tfpartial.config import AcceptConfig, NetworkConfig, RelabelConfig, TrainConfig
from tfpartial.data.feed.slices import SliceReader
from tfpartial.data.fold.pseudo_labels import PseudoLabels, layer_path
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.errors import TfpartialError
from tfpartial.train import accept, relabel, segmenter


def config(tiny_run, model, out, **options):
    paths = {"store": tiny_run.store, "splits": tiny_run.splits, "model": model, "annotations": tiny_run.annotations}
    return RelabelConfig(**{"out": out, "batch": 4, **paths, **options})


@pytest.fixture(scope="module")
def relabeled(tiny_run, model, tmp_path_factory):
    out = tmp_path_factory.mktemp("relabel") / "one"
    relabel.run(config(tiny_run, model, out, share=0.5, nifti=True))
    return out


@pytest.fixture(scope="module")
def cases(tiny_run, relabeled):
    return read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations, relabeled)


def store_bytes(tiny_run):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(tiny_run.store.rglob("*")) if path.is_file()}


@pytest.mark.slow
def test_leaves_the_store_as_it_was_and_is_finished_once(tiny_run, model, relabeled):
    before = store_bytes(tiny_run)
    summary = relabel.run(config(tiny_run, model, relabeled, share=0.5, nifti=True))
    assert summary["step"] == 1 and summary["added"] > 0 and 0 < summary["precision"] < 1
    assert store_bytes(tiny_run) == before
    with pytest.raises(TfpartialError, match=r"share: 0.5 -> 0.7"):
        relabel.run(config(tiny_run, model, relabeled, share=0.7, nifti=True))


@pytest.mark.slow
def test_label_maps_for_review_are_on_the_native_grid_and_say_the_same(cases, relabeled):
    for case, record in cases.pseudo.records.items():
        image = sitk.ReadImage(str(relabeled / "step-1" / "native" / f"{case}.nii.gz"))
        assert image.GetSize()[::-1] == cases.store.cases[case].shape_zyx
        np.testing.assert_array_equal(np.sort(np.unique(sitk.GetArrayFromImage(image))), np.unique(cases.pseudo.label(case)[:]))
        assert record.step == 1


@pytest.mark.slow
def test_training_sees_experts_and_pseudo_labels(cases):
    reader = SliceReader(cases.store, cases.train, cases.annotated, cases.pseudo)
    experts = SliceReader(cases.store, cases.train, cases.annotated)
    more = 0
    for number, case in enumerate(cases.train):
        z = np.arange(cases.store.cases[case].slices)
        label = reader.labels(np.full(len(z), number), z)
        before = experts.labels(np.full(len(z), number), z)
        np.testing.assert_array_equal(label[before > 0], before[before > 0])
        more += int((label > 0).sum() - (before > 0).sum())
        np.testing.assert_array_equal(reader.annotated[number], experts.annotated[number])
    assert more > 0


@pytest.mark.slow
def test_a_control_trains_on_cases_whose_pseudo_labels_are_ignored(tiny_run, relabeled, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(segmenter, "fit", lambda config, cases, callbacks: seen.append(cases.pseudo.ignored) or 1 / 0)
    for pseudo_labels in ("learn", "ignore"):
        paths = {"store": tiny_run.store, "splits": tiny_run.splits, "annotations": tiny_run.annotations, "labels": relabeled}
        with pytest.raises(ZeroDivisionError):
            segmenter.run(TrainConfig(**paths, out=tmp_path / pseudo_labels, pseudo_labels=pseudo_labels))
    assert seen == [False, True]


@pytest.mark.slow
def test_fine_tuning_starts_from_the_weights_and_normalisation_of_the_model(tiny_run, model, relabeled, tmp_path):
    options = {
        "network": NetworkConfig(options={"width": 2}),
        "batch": 4,
        "epochs": 1,
        "steps_per_epoch": 1,
        "precision": "float32",
    }
    tuned = TrainConfig(
        **{"store": tiny_run.store, "splits": tiny_run.splits, "annotations": tiny_run.annotations, "out": tmp_path / "tuned"},
        **{"model": model, "labels": relabeled, "learning_rate": 1e-12, "final_learning_rate": 1e-12, **options},
    )
    segmenter.run(tuned)
    before, after = (keras.saving.load_model(folder / "last.keras", compile=False) for folder in (model, tuned.out))
    for old, new in zip(before.trainable_weights, after.trainable_weights, strict=True):
        np.testing.assert_allclose(old, new, atol=1e-8)
    with pytest.raises(
        TfpartialError, match=r"was trained with network .*'width': 2.*; expected that of this training, .*'width': 4"
    ):
        other = {**vars(tuned), "network": NetworkConfig(options={"width": 4}), "out": tmp_path / "other"}
        segmenter.run(TrainConfig(**other))


@pytest.mark.slow
def test_a_layer_changed_by_hand_stops_the_training(tiny_run, model, relabeled, tmp_path):
    again = tmp_path / "again"
    relabel.run(config(tiny_run, model, again, share=0.5))
    path = next((again / "step-1" / "cases").glob("*.h5"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TfpartialError, match=rf"{path.name}: its checksum is not that of labels.json"):
        read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations, again)


@pytest.mark.slow
def test_killed_and_started_again_gives_the_same_files(tiny_run, model, relabeled, tmp_path):
    out = tmp_path / "killed"
    words = ["--store", tiny_run.store, "--splits", tiny_run.splits, "--annotations", tiny_run.annotations, "--model", model]
    command = [
        sys.executable,
        "-m",
        "tfpartial",
        "relabel",
        *map(str, words),
        "--share",
        "0.5",
        "--batch",
        "4",
        "--out",
        str(out),
    ]
    command += ["--nifti", "true"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(out.glob("step-1/cases/*.json")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run(command, check=True, capture_output=True)
    for path in (path for path in relabeled.rglob("*") if path.suffix in (".h5", ".csv", ".gz") or path.name == "labels.json"):
        assert (out / path.relative_to(relabeled)).read_bytes() == path.read_bytes(), path.name


def accept_config(tiny_run, files, out, **options):
    return AcceptConfig(tiny_run.store, files, out, annotations=tiny_run.annotations, **options)


@pytest.mark.slow
def test_a_corrected_case_counts_as_annotated(tiny_run, relabeled, cases, tmp_path):
    case, record = next(iter(cases.pseudo.records.items()))
    corrected = sitk.ReadImage(str(relabeled / "step-1" / "native" / f"{case}.nii.gz"))
    voxels = sitk.GetArrayFromImage(corrected)
    code = cases.store.organs.id_of(record.pseudo[0])
    voxels[voxels == code] = 0
    voxels[0, :4, :4] = code  # drawn by the person, over whatever is there
    drawn = sitk.GetImageFromArray(voxels)
    drawn.CopyInformation(corrected)
    sitk.WriteImage(drawn, str(tmp_path / f"{case}.nii.gz"))
    before = cases.pseudo.label(case)[:]
    summary = accept.run(accept_config(tiny_run, [tmp_path], tmp_path / "out", labels=relabeled, organs=[record.pseudo[0]]))
    assert summary["step"] == 2 and summary["cases"][0]["organs"] == [record.pseudo[0]]
    after = read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations, tmp_path / "out")
    assert after.pseudo.accepted == {case: (record.pseudo[0],)}
    label, experts = after.pseudo.label(case)[:], cases.store.organs.vector(record.annotated)
    of_experts = np.isin(before, np.flatnonzero(experts) + 1)
    np.testing.assert_array_equal(label[of_experts], before[of_experts])
    assert 0 < (label == code).sum() <= 16 and (label == code).sum() == summary["cases"][0]["voxels"]
    reader = SliceReader(after.store, [case], after.annotated, after.pseudo)
    assert reader.annotated[0, code - 1]
    others = set(after.pseudo.records) - {case}
    assert all(after.pseudo.records[other] == cases.pseudo.records[other] for other in others)


@pytest.mark.slow
@pytest.mark.parametrize("last", ["provenance.json", "labels.json"])
def test_an_accept_that_was_killed_is_done_by_the_same_command(tiny_run, relabeled, cases, tmp_path, last):
    record_of = next(iter(cases.pseudo.records))
    file = relabeled / "step-1" / "native" / f"{record_of}.nii.gz"
    whole, killed = (accept_config(tiny_run, [file], tmp_path / name, labels=relabeled) for name in ("whole", "killed"))
    accept.run(whole)
    accept.run(killed)
    for name in ("done.json", "checksums.json", *(["labels.json"] if last == "provenance.json" else [])):
        (killed.out / name).unlink()
    accept.run(killed)
    for path in whole.out.rglob("*"):
        if path.suffix == ".h5" or path.name == "labels.json":
            assert (killed.out / path.relative_to(whole.out)).read_bytes() == path.read_bytes()
    assert (killed.out / "done.json").is_file()
    with pytest.raises(TfpartialError, match="killed: has label layers already; choose another folder"):
        accept.run(killed)


@pytest.mark.slow
def test_an_accepted_organ_is_not_relabeled_again(tiny_run, model, relabeled, cases, tmp_path):
    case = next(iter(cases.pseudo.records))
    file = relabeled / "step-1" / "native" / f"{case}.nii.gz"
    accept.run(accept_config(tiny_run, [file], tmp_path / "accepted", labels=relabeled))
    kept = PseudoLabels.open(tmp_path / "accepted").label(case)[:]
    relabel.run(config(tiny_run, model, tmp_path / "next", share=1.0, labels=tmp_path / "accepted"))
    labels = PseudoLabels.open(tmp_path / "next")
    assert labels.step == 3 and not layer_path(tmp_path / "next", 3, case).exists()
    np.testing.assert_array_equal(labels.label(case)[:], kept)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("stranger.nii.gz", {}, "has no case 'stranger'"),
        (None, {"organs": []}, r"nothing was relabeled in this case; name the corrected organs \(--organs\)"),
        (None, {"organs": ["heart"]}, "organ 'heart' is not in the organ table"),
    ],
)
def test_says_what_cannot_be_accepted(tiny_run, relabeled, cases, tmp_path, name, options, message):
    case = next(iter(cases.pseudo.records))
    file = relabeled / "step-1" / "native" / f"{case}.nii.gz"
    given = tmp_path / (name or file.name)
    given.write_bytes(file.read_bytes())
    with pytest.raises(TfpartialError, match=message):
        accept.run(accept_config(tiny_run, [given], tmp_path / "out", **options))
    assert not (tmp_path / "out" / "labels.json").exists()


@pytest.mark.slow
def test_another_grid_is_not_accepted(tiny_run, relabeled, cases, tmp_path):
    case = next(iter(cases.pseudo.records))
    image = sitk.ReadImage(str(relabeled / "step-1" / "native" / f"{case}.nii.gz"))
    image.SetOrigin((100.0, 0.0, 0.0))
    sitk.WriteImage(image, str(tmp_path / f"{case}.nii.gz"))
    with pytest.raises(TfpartialError, match=rf"{case}.nii.gz"):
        accept.run(accept_config(tiny_run, [tmp_path / f"{case}.nii.gz"], tmp_path / "out", labels=relabeled))


def test_undo_needs_only_the_folder(tmp_path, capsys):
    assert cli.main(["relabel", "--undo", "1", "--out", str(tmp_path)]) == 1
    assert "labels.json: no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "store: expected a path, got none"),
        (["--store", "x", "--splits", "x", "--model", "x", "--share", "0"], "share: expected above 0, to 1, got 0"),
        (
            ["--store", "x", "--splits", "x", "--model", "x", "--share", "0.5", "--threshold", "0.9"],
            "threshold: expected to stand alone",
        ),
        (
            ["--store", "x", "--splits", "x", "--model", "x", "--estimator", "learned"],
            "confidence: expected the folder of the network",
        ),
    ],
)
def test_says_which_option_is_wrong(words, message, tmp_path, capsys):
    assert cli.main(["relabel", "--out", str(tmp_path / "out"), *words]) in (1, 2)
    assert message in capsys.readouterr().err
