"""The stop rule of a curriculum, and the folder that it leaves."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.artifacts import read_json
from tfpartial.checksums import write_checksums
from tfpartial.config import PickConfig
from tfpartial.errors import TfpartialError
from tfpartial.experiment.pick import last_validation_dsc, pick
from tfpartial.train import pick as stage

NAN = math.nan


@pytest.mark.parametrize(
    ("dsc", "place", "reason"),
    [
        ([0.5], 0, "no step lowers"),
        ([0.5, 0.6, 0.7], 2, "no step lowers"),
        ([0.5, 0.5, 0.5], 2, "no step lowers"),
        ([0.5, 0.6, 0.59, 0.9], 1, "from 0.6000 to 0.5900"),
        ([0.5, 0.4], 0, "from 0.5000 to 0.4000"),
        ([0.5, 0.6, NAN, 0.9], 1, "undefined"),
        ([NAN, 0.6], 0, "undefined"),
    ],
)
def test_goes_on_while_the_dsc_does_not_fall(dsc, place, reason):
    chosen, why = pick(dsc)
    assert chosen == place
    assert reason in why


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_what_is_chosen_is_the_best_of_all_before_it(dsc):
    chosen, _ = pick(dsc)
    assert dsc[chosen] == max(dsc[: chosen + 1])
    assert chosen == len(dsc) - 1 or dsc[chosen + 1] < dsc[chosen]


@pytest.mark.parametrize(
    ("rows", "dsc"),
    [("1,\n2,0.4\n3,\n4,0.3\n5,\n", 0.3), ("1,0.4\n2,nan\n", NAN), ("1,\n2,\n", NAN), ("", NAN)],
)
def test_the_last_validation_counts_not_the_best(tmp_path, rows, dsc):
    (tmp_path / "metrics.csv").write_text(f"epoch,val_dsc\n{rows}")
    assert last_validation_dsc(tmp_path) == pytest.approx(dsc, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"metrics\.csv: no such file; expected the metrics of a training"),
        ("epoch,loss\n1,0.1\n", r"metrics\.csv: expected a column val_dsc of numbers, got KeyError\('val_dsc'\)"),
        ("epoch,val_dsc\n1,high\n", r"expected a column val_dsc of numbers, got ValueError\(.*high"),
    ],
)
def test_metrics_that_are_none_are_refused(tmp_path, text, message):
    if text is not None:
        (tmp_path / "metrics.csv").write_text(text)
    with pytest.raises(TfpartialError, match=message):
        last_validation_dsc(tmp_path)


@pytest.fixture
def models(tmp_path):
    folders = []
    for number, dsc in enumerate(("0.5", "0.6", "0.55")):
        folder = tmp_path / f"{number:02d}-train"
        folder.mkdir()
        (folder / "metrics.csv").write_text(f"epoch,val_dsc\n1,{dsc}\n")
        for name in ("segmenter.json", "last.keras", "best.keras", "state.npz"):
            (folder / name).write_text(f"{name} {number}")
        folders.append(folder)
    return folders


def test_the_stage_leaves_the_chosen_model_and_says_why(models, tmp_path):
    summary = stage.run(PickConfig(models, tmp_path / "out"))
    assert (summary["step"], summary["model"]) == (1, str(models[1]))
    for name in ("segmenter.json", "metrics.csv", "last.keras", "best.keras"):
        assert (tmp_path / "out" / name).read_bytes() == (models[1] / name).read_bytes()
    assert not (tmp_path / "out" / "state.npz").exists()
    choice = read_json(tmp_path / "out" / "choice.json", "choice")
    assert (choice["step"], choice["reason"]) == (1, "the next step lowers the validation DSC from 0.6000 to 0.5500")
    assert [model["validation_dsc"] for model in choice["models"]] == [0.5, 0.6, 0.55]


def test_an_undefined_dsc_is_null_in_the_choice_and_no_old_best_network_stays(models, tmp_path):
    stage.run(PickConfig(models, tmp_path / "out"))
    (models[0] / "metrics.csv").write_text("epoch,val_dsc\n1,nan\n")
    (models[0] / "best.keras").unlink()
    assert stage.run(PickConfig(models, tmp_path / "out"))["step"] == 0
    assert not (tmp_path / "out" / "best.keras").exists()
    assert read_json(tmp_path / "out" / "choice.json", "choice")["models"][0]["validation_dsc"] is None


def test_a_segmenter_with_a_prior_keeps_it_and_another_gets_none(models, tmp_path):
    (models[1] / "prior.npz").write_text("prior 1")
    stage.run(PickConfig(models, tmp_path / "out"))
    assert (tmp_path / "out" / "prior.npz").read_text() == "prior 1"
    (models[1] / "prior.npz").unlink()
    stage.run(PickConfig(models, tmp_path / "out"))
    assert not (tmp_path / "out" / "prior.npz").exists()


def test_the_copy_does_not_change_with_the_training(models, tmp_path):
    stage.run(PickConfig(models, tmp_path / "out"))
    with (models[1] / "last.keras").open("r+") as file:
        file.write("changed")
    assert (tmp_path / "out" / "last.keras").read_text() == "last.keras 1"


def test_a_damaged_network_gets_no_new_checksum(models, tmp_path):
    write_checksums(models[1])
    (models[1] / "best.keras").write_text("best.keras 9")
    with pytest.raises(TfpartialError, match=r"01-train/best\.keras: was damaged or changed after its stage was finished"):
        stage.run(PickConfig(models, tmp_path / "out"))


def test_a_folder_without_a_network_is_refused(models, tmp_path):
    (models[1] / "last.keras").unlink()
    with pytest.raises(TfpartialError, match=r"01-train/last\.keras: no such file; expected the folder of a trained segmenter"):
        stage.run(PickConfig(models, tmp_path / "out"))


def test_no_model_is_refused(tmp_path):
    with pytest.raises(TfpartialError, match="models: expected one or more folders, got none"):
        PickConfig([], tmp_path / "out")
