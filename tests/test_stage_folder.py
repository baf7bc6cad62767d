"""A stage folder is new, to be resumed, or finished; what is written down about it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tfpartial.arguments import parse
from tfpartial.artifacts import read_json, sha256, write_json
from tfpartial.config import CompareConfig, IngestConfig, LossConfig, NetworkConfig, SourceConfig, TrainConfig
from tfpartial.errors import TfpartialError
from tfpartial.provenance import finish, input_checksums, machine, summary_of, threads
from tfpartial.stage_folder import differences, open_stage


@pytest.fixture
def config(tmp_path):
    splits = tmp_path / "splits.json"
    splits.write_text("{}")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "store.json").write_text('{"cases": {}}')
    return TrainConfig(tmp_path / "store", splits, tmp_path / "out", seed=7)


def test_a_new_folder_gets_configuration_and_provenance(config):
    assert not open_stage(config.out, "train", config, "state.npz")
    provenance = json.loads((config.out / "provenance.json").read_text())
    assert provenance["seed"] == 7
    files = (config.splits, config.store / "store.json")
    assert provenance["inputs"] == {str(file): sha256(file) for file in files}


def test_the_written_configuration_is_a_configuration_file(config):
    open_stage(config.out, "train", config, "state.npz")
    again = parse("train", TrainConfig, ["--config", str(config.out / "config.yaml")], ("train",)).config
    assert again == config


def test_an_unfinished_folder_is_gone_on_with_and_a_finished_one_says_so(config):
    open_stage(config.out, "train", config, "state.npz")
    assert not open_stage(config.out, "train", config, "state.npz")
    finish(config.out, {"epochs": 3})
    assert open_stage(config.out, "train", config, "state.npz")
    assert summary_of(config.out) == {"epochs": 3}


def test_refuses_another_configuration_and_names_every_difference(config):
    open_stage(config.out, "train", config, "state.npz")
    (config.out / "state.npz").touch()
    other = replace(config, batch=2, network=NetworkConfig(options={"width": 8}))
    with pytest.raises(TfpartialError, match=r"\(batch: 8 -> 2; network\.options\.width: None -> 8\)"):
        open_stage(config.out, "train", other, "state.npz")


def test_before_the_first_progress_the_configuration_may_change(config):
    open_stage(config.out, "train", config, "state.npz")
    assert not open_stage(config.out, "train", replace(config, batch=2), "state.npz")
    assert yaml.safe_load((config.out / "config.yaml").read_text())["train"]["batch"] == 2


@pytest.mark.parametrize("finished", [False, True])
def test_refuses_other_inputs_and_names_them(config, finished):
    """Else a training would go on with the cases of other splits: with its test cases."""
    open_stage(config.out, "train", config, "state.npz")
    (config.out / "state.npz").touch()
    if finished:
        finish(config.out, {"epochs": 3})
    before = (config.out / "provenance.json").read_bytes()
    assert open_stage(config.out, "train", config, "state.npz") is finished
    config.splits.write_text('{"folds": []}')
    with pytest.raises(TfpartialError, match=r"out: was begun with other inputs \(splits\.json changed since\); choose another"):
        open_stage(config.out, "train", config, "state.npz")
    assert (config.out / "provenance.json").read_bytes() == before


@pytest.mark.parametrize(
    ("begun", "now", "deterministic", "refused"),
    [("2", "1", True, True), ("2", "2", True, False), ("2", "1", False, False), (None, "1", True, False)],
)
def test_a_deterministic_training_goes_on_with_as_many_threads_only(config, monkeypatch, begun, now, deterministic, refused):
    config = replace(config, deterministic=deterministic)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", begun or "7")
    open_stage(config.out, "train", config, "state.npz")
    (config.out / "state.npz").touch()
    if begun is None:  # an older release did not say it
        path = config.out / "provenance.json"
        provenance = read_json(path, "provenance")
        del provenance["machine"]["threads"]
        write_json(path, provenance)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", now)
    if refused:
        with pytest.raises(TfpartialError, match=r"was begun with 2 threads, now there are 1, .* set TF_NUM_INTRAOP_THREADS=2"):
            open_stage(config.out, "train", config, "state.npz")
    else:
        assert not open_stage(config.out, "train", config, "state.npz")
    finish(config.out, {})  # what is finished is only looked at
    assert open_stage(config.out, "train", config, "state.npz")


@pytest.mark.parametrize(("asked", "expected"), [("3", 3), ("", None), ("0", None), ("many", None)])
def test_threads_are_as_many_as_cores_unless_the_environment_says_it(monkeypatch, asked, expected):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", asked)
    assert threads() == expected or (expected is None and threads() == machine()["cores"])


def test_a_stage_that_goes_on_has_no_checksums_of_what_it_was(config):
    open_stage(config.out, "train", config, "state.npz")
    (config.out / "state.npz").touch()
    finish(config.out, {})
    (config.out / "done.json").unlink()
    assert not open_stage(config.out, "train", config, "state.npz")
    assert not (config.out / "checksums.json").exists()


def test_before_the_first_progress_the_inputs_may_change(config):
    open_stage(config.out, "train", config, "state.npz")
    config.splits.write_text('{"folds": []}')
    assert not open_stage(config.out, "train", config, "state.npz")
    recorded = json.loads((config.out / "provenance.json").read_text())["inputs"]
    assert recorded[str(config.splits)] == sha256(config.splits)


def test_a_lock_and_what_a_killed_process_left_are_nobodys_files(config):
    config.out.mkdir()
    for name in (".lock", ".unfinished-1-config.yaml"):
        (config.out / name).touch()
    assert not open_stage(config.out, "train", config, "state.npz")


def test_refuses_a_folder_that_another_program_filled(config):
    config.out.mkdir()
    (config.out / "notes.txt").touch()
    with pytest.raises(TfpartialError, match=f"{Path(config.out).name}: expected an empty folder or one that 'train' began"):
        open_stage(config.out, "train", config, "state.npz")
    assert yaml.safe_load((config.out / "notes.txt").read_text()) is None


def test_checksums_reach_paths_in_lists_and_in_parts(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dataset.json").write_text(f'{{"name": "{name}"}}')
    files = {str(tmp_path / name / "dataset.json"): sha256(tmp_path / name / "dataset.json") for name in ("a", "b")}
    sources = [SourceConfig(tmp_path / name) for name in ("a", "b")]
    assert input_checksums(IngestConfig(tmp_path / "manifest.json", sources=sources)) == files
    scores = [tmp_path / "a", tmp_path / "b"]
    assert input_checksums(CompareConfig(tmp_path / "out", scores)) == files


def test_checksums_reach_a_file_that_a_free_option_names(config, tmp_path):
    """A network that starts from other weights in the same file is another training."""
    weights = tmp_path / "resnet18.safetensors"
    weights.write_bytes(b"1")
    named = replace(config, network=NetworkConfig("unet_resnet18", {"encoder": "resnet18", "weights": str(weights)}))
    assert input_checksums(named) == input_checksums(config) | {str(weights): sha256(weights)}


def test_options_that_may_change_are_no_differences(config):
    open_stage(config.out, "train", config, "state.npz")
    other = replace(config, batch=2, fold=1)
    assert differences(config.out / "config.yaml", "train", other) == ["fold: 0 -> 1", "batch: 8 -> 2"]
    assert differences(config.out / "config.yaml", "train", other, apart_from={"fold"}) == ["batch: 8 -> 2"]


def test_an_option_that_is_new_had_its_default_before(config):
    open_stage(config.out, "train", config, "state.npz")
    begun = config.out / "config.yaml"
    older = yaml.safe_load(begun.read_text())
    del older["train"]["checkpoint"], older["train"]["augment"], older["train"]["window_hu"], older["train"]["loss"]
    begun.write_text(yaml.safe_dump(older))
    assert differences(begun, "train", config) == []
    now = replace(config, checkpoint="best", loss=LossConfig({"bce": {"weight": 1.0}, "dice": {"weight": 1.0}}))
    assert set(differences(begun, "train", now)) == {"checkpoint: last -> best", "loss.terms.dice.weight: None -> 1.0"}


def test_an_older_release_called_some_options_otherwise(config):
    open_stage(config.out, "train", config, "state.npz")
    begun = config.out / "config.yaml"
    older = yaml.safe_load(begun.read_text())
    older["train"]["network"] = {"name": "unet", "width": 16}
    older["train"]["loss"] = {
        "bce": 1.0,
        "dice": 0.5,
        "reduction": "valid_mean",
        "dice_organs": "method",
        "dice_slices": "certain",
    }
    begun.write_text(yaml.safe_dump(older))
    loss = LossConfig({"bce": {"weight": 1.0}, "dice": {"weight": 0.5}})
    now = replace(config, network=NetworkConfig(options={"width": 16}), loss=loss)
    assert differences(begun, "train", now) == []
    other = replace(now, loss=LossConfig({"bce": {"weight": 1.0}}))
    assert differences(begun, "train", other) == ["loss.terms.dice.weight: 0.5 -> None"]
