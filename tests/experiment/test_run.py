"""A run goes on where it stopped, does nothing twice, and does not mix what does not belong together."""

import itertools
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tfpartial.artifacts import read_json
from tfpartial.errors import TfpartialError
from tfpartial.lock import locked
from tfpartial.train import run as stage

NAMES = ["01-phantom", "02-ingest", "03-split", "04-simulate", "05-prepare", "06-train", "07-predict", "08-score"]
VERBS = [name[3:] for name in NAMES]


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def verbs(fakes):
    """The stages that were done, in their order."""
    return [line.split()[0] for line in fakes.journal() if not line.startswith("epoch")]


def results(folder):
    """What the stages left, without what tells of times and places."""
    apart_from = ("provenance.json", "done.json")
    left = [path for path in folder.rglob("[!.]*") if path.is_file() and path.name not in apart_from]
    return {str(path.relative_to(folder)): path.read_text() for path in left}


def test_every_stage_leaves_its_folder_with_a_record(here, experiment, tmp_path):
    summary = stage.run(experiment.run())
    assert [(row["stage"], row["state"], row["minutes"]) for row in summary["stages"]] == [
        (name, "finished", 0.5) for name in NAMES
    ]
    for name in NAMES:
        assert {"config.yaml", "provenance.json", "done.json"} <= {path.name for path in (tmp_path / "run" / name).iterdir()}
    written = yaml.safe_load((tmp_path / "run" / "06-train" / "config.yaml").read_text())
    assert written["train"]["store"] == str(tmp_path / "run" / "05-prepare")
    assert read_json(tmp_path / "run" / "08-score" / "done.json", "scores")["mean_dsc"] == 0.3


def test_a_finished_run_does_nothing_and_says_so(here, experiment, caplog):
    stage.run(experiment.run())
    done = here.journal()
    caplog.clear()  # a test before may have left the level at INFO
    with caplog.at_level("INFO", logger="tfpartial"):
        stage.run(experiment.run())
    assert here.journal() == done
    assert [record.message for record in caplog.records] == [
        f"[{place}/8] {name}: finished already" for place, name in enumerate(NAMES, 1)
    ]


def test_a_failed_stage_is_tried_again_and_no_other(here, experiment):
    here.behave(train="fail")
    with pytest.raises(TfpartialError, match="train was told to fail"):
        stage.run(experiment.run())
    here.behave()
    stage.run(experiment.run())
    assert verbs(here) == [*VERBS[:6], *VERBS[5:]]
    assert [line for line in here.journal() if line.startswith("epoch")] == ["epoch 0", "epoch 1", "epoch 2"]


@pytest.mark.slow
def test_killed_at_any_write_it_goes_on_to_the_same_results(here, experiment, tmp_path, monkeypatch):
    config = experiment.run()
    stage.run(config)
    expected = results(tmp_path / "run")
    replace_file, unlink = os.replace, Path.unlink

    def killed_at(number):
        written = itertools.count(1)

        def write(source, target):
            if next(written) == number:
                raise Killed
            replace_file(source, target)
            if next(written) == number:
                raise Killed

        return write

    for number in itertools.count(1):
        shutil.rmtree(tmp_path / "run")
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", killed_at(number))
            # Who is killed cleans nothing up.
            patch.setattr(Path, "unlink", lambda path, missing_ok=False: "unfinished" in path.name or unlink(path, missing_ok))
            try:
                stage.run(config)
            except Killed:
                pass
            else:
                break
        stage.run(config)
        assert results(tmp_path / "run") == expected, f"killed at write {number}"
    assert number > 60


@pytest.mark.parametrize("verb", VERBS)
def test_killed_while_it_empties_a_folder_it_goes_on(here, experiment, tmp_path, monkeypatch, verb):
    config = experiment.run()
    stage.run(config)
    expected = results(tmp_path / "run")
    unlink = Path.unlink
    for number in range(1, 6):
        calls = itertools.count(1)

        def killed(path, missing_ok=False, number=number, calls=calls):
            if next(calls) == number:
                raise Killed
            unlink(path, missing_ok=missing_ok)

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(Path, "unlink", killed)
            stage.run(replace(config, redo=verb))
        stage.run(replace(config, redo=verb))
        assert results(tmp_path / "run") == expected


def test_a_changed_option_of_a_finished_stage_is_refused_with_the_difference(here, experiment):
    stage.run(experiment.run())
    done = here.journal()
    with pytest.raises(
        TfpartialError, match=r"06-train: was begun with .* \(network\.options\.width: 4 -> 8; epochs: 3 -> 5\); --redo"
    ):
        stage.run(experiment.run(set=["train.epochs=5", "train.network.options.width=8"]))
    assert here.journal() == done


def test_redo_does_a_stage_again_and_what_rests_on_it(here, experiment, tmp_path):
    stage.run(experiment.run())
    here.JOURNAL.unlink()
    stage.run(experiment.run(set=["simulate.alpha=0.2"], redo="simulate"))
    assert verbs(here) == ["simulate", "train", "predict", "score"]
    assert read_json(tmp_path / "run" / "08-score" / "done.json", "scores")["mean_dsc"] == 0.2


def test_an_option_of_a_stage_that_did_not_begin_may_change(here, experiment):
    here.behave(prepare="fail")
    with pytest.raises(TfpartialError):
        stage.run(experiment.run())
    here.behave()
    stage.run(experiment.run(set=["train.epochs=1"]))


def test_where_a_stage_works_is_no_part_of_its_configuration(here, experiment):
    stage.run(experiment.run())
    done = here.journal()
    stage.run(experiment.run(set=["prepare.workers=3"]))
    assert here.journal() == done


def test_what_rests_on_other_inputs_is_stale_and_refused(here, experiment, tmp_path):
    stage.run(experiment.run())
    (tmp_path / "run" / "03-split" / "splits.json").write_text('{"other": 1}')
    with pytest.raises(
        TfpartialError, match=r"04-simulate: is stale \(its inputs are others now: splits\.json\); --redo simulate"
    ):
        stage.run(experiment.run())


def test_an_unfinished_stage_that_resumes_does_not_go_on_with_other_inputs(here, experiment, tmp_path):
    here.behave(train="fail")
    with pytest.raises(TfpartialError):
        stage.run(experiment.run())
    store = tmp_path / "run" / "05-prepare" / "store.json"
    store.write_text(json.dumps(json.loads(store.read_text()) | {"cases": 9}))
    with pytest.raises(TfpartialError, match=r"06-train: is stale \(its inputs are others now: store\.json\)"):
        stage.run(experiment.run())


def test_a_run_that_was_moved_is_still_finished(here, experiment, tmp_path):
    stage.run(experiment.run())
    done = here.journal()
    (tmp_path / "run").rename(tmp_path / "moved")
    stage.run(replace(experiment.run(), out=tmp_path / "moved"))
    assert here.journal() == done


def test_until_ends_early_and_the_rest_follows_later(here, experiment):
    stage.run(experiment.run(until="prepare"))
    assert verbs(here) == VERBS[:5]
    stage.run(experiment.run())
    assert verbs(here) == VERBS


def test_a_dry_run_tells_the_states_and_touches_nothing(here, experiment, tmp_path):
    assert {row["state"] for row in stage.run(experiment.run(dry_run=True))["stages"]} == {"new"}
    assert not (tmp_path / "run").exists()
    here.behave(train="fail")
    with pytest.raises(TfpartialError):
        stage.run(experiment.run())
    states = [row["state"] for row in stage.run(experiment.run(dry_run=True))["stages"]]
    assert states == ["finished"] * 5 + ["unfinished", "new", "new"]
    states = [row["state"] for row in stage.run(experiment.run(dry_run=True, redo="split"))["stages"]]
    assert states == ["finished"] * 2 + ["to be redone"] * 2 + ["finished"] + ["to be redone"] * 3
    changed = stage.run(experiment.run(dry_run=True, set=["split.folds=3"]))["stages"][2]
    assert (changed["state"], changed["reason"]) == ("changed", "folds: 2 -> 3")


def test_a_folder_of_somebody_else_is_left_alone(here, experiment, tmp_path):
    (tmp_path / "run" / "03-split").mkdir(parents=True)
    (tmp_path / "run" / "03-split" / "thesis.tex").touch()
    for options in ({}, {"redo": "split"}):
        with pytest.raises(
            TfpartialError, match=r"03-split: expected an empty folder or one that a run began, got one with thes"
        ):
            stage.run(experiment.run(**options))
    assert (tmp_path / "run" / "03-split" / "thesis.tex").exists()
    assert here.journal() == []


def test_two_runs_do_not_work_in_one_folder(here, experiment, tmp_path, monkeypatch):
    monkeypatch.setattr("tfpartial.lock.PATIENCE_S", 0.1)
    with locked(tmp_path / "run" / "01-phantom"), pytest.raises(TfpartialError, match="another process works here"):
        stage.run(experiment.run())
    stage.run(experiment.run())


def test_the_written_experiment_repeats_the_run(here, experiment, tmp_path):
    stage.run(experiment.run(set=["train.epochs=2"], fold=1))
    written = yaml.safe_load((tmp_path / "run" / "experiment.yaml").read_text())
    assert written["run"] == {"stages": None, "fold": 1}
    assert (list(written)[1:], written["train"]["epochs"]) == (VERBS, 2)


def test_without_a_folder_the_run_is_named_after_its_file(here, experiment, tmp_path):
    assert stage.run(replace(experiment.run(), out=None, dry_run=True))["run"] == str(tmp_path / "runs" / "tiny")
