"""Which folder is which run."""

import json
from pathlib import Path

import pytest

from tfpartial.comparison.runs import runs_of_folders, runs_of_groups, runs_of_sweep
from tfpartial.errors import TfpartialError


def cells(runs):
    return [run.cell for run in runs]


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["runs/naive", "runs/certain"], [("naive", None, 0), ("certain", None, 0)]),
        (["naive/1/score", "certain/1/score"], [("naive", None, 0), ("certain", None, 0)]),
        (["certain/fold0", "certain/fold1"], [("certain", None, 0), ("certain", None, 1)]),
        (["fold2/scores_a", "fold2/scores_b"], [("scores_a", None, 2), ("scores_b", None, 2)]),
        (["run/alpha1/fold0/naive/08-score", "run/alpha0.05/fold0/naive/08-score"], [("naive", 1.0, 0), ("naive", 0.05, 0)]),
        (["run/fold0/naive/08-score", "run/fold0/twice/09-score"], [("naive", None, 0), ("twice", None, 0)]),
        (["run/07-score"], [("run", None, 0)]),
    ],
)
def test_names_of_folders_tell_method_share_and_fold(folders, expected):
    runs = runs_of_folders([Path(folder) for folder in folders])
    assert cells(runs) == [(*cell, None) for cell in expected]
    assert [run.folder for run in runs] == [Path(folder) for folder in folders]


def test_a_run_is_called_by_what_tells_it_apart():
    first, second = runs_of_folders([Path("alpha0.3/fold1/naive"), Path("alpha0.3/fold1/certain")])
    assert (first.label, second.label) == ("'naive', α 30 %, fold 1", "'certain', α 30 %, fold 1")


def test_folders_that_tell_nothing_apart_are_refused():
    with pytest.raises(TfpartialError, match="expected folders whose names tell methods and folds apart, got a/b, a/fold0/b; or"):
        runs_of_folders([Path("a/b"), Path("a/fold0/b")])
    with pytest.raises(TfpartialError, match=r"scores: expected different folders, got a/\.\./a/b twice"):
        runs_of_folders([Path("a/b"), Path("a/../a/b")])
    with pytest.raises(TfpartialError, match="scores: expected at least one folder that `score` wrote, got none"):
        runs_of_folders([])


def test_groups_name_methods_and_count_folds_that_have_no_name():
    groups = {"old": [Path("x/one"), Path("y/two")], "new": [Path("alpha0.1/fold3/z"), Path("alpha0.3/z")]}
    expected = [("old", None, 0, None), ("old", None, 1, None), ("new", 0.1, 3, None), ("new", 0.3, 0, None)]
    assert cells(runs_of_groups(groups)) == expected


def test_names_of_folders_tell_the_seed():
    folders = [Path(f"fold{fold}/seed{seed}/{method}") for fold in (0, 1) for seed in (0, 7) for method in ("naive", "certain")]
    runs = runs_of_folders(folders)
    assert cells(runs)[:3] == [("naive", None, 0, 0), ("certain", None, 0, 0), ("naive", None, 0, 7)]
    assert runs[2].label == "'naive', fold 0, seed 7"
    groups = {"ours": [Path("seed0/a"), Path("seed0/b"), Path("seed1/a"), Path("seed1/b")]}
    assert [cell[2:] for cell in cells(runs_of_groups(groups))] == [(0, 0), (1, 0), (0, 1), (1, 1)]


def test_groups_with_two_folders_of_one_run_are_refused():
    with pytest.raises(TfpartialError, match="groups: expected one folder for 'new', fold 1, got a/fold1 and b/fold1"):
        runs_of_groups({"new": [Path("a/fold1"), Path("b/fold1")]})
    with pytest.raises(TfpartialError, match="scores: expected different folders, got a twice"):
        runs_of_groups({"new": [Path("a")], "old": [Path("a")]})
    with pytest.raises(TfpartialError, match="expected at least one folder"):
        runs_of_groups({"new": []})


@pytest.fixture
def sweep(tmp_path):
    """A sweep of two methods and folds; `naive` is scored twice, and the second is not finished in fold 1."""
    methods = {"naive": ["08-score", "10-score"], "certain": ["08-score"]}
    rows = []
    for fold in (0, 1):
        for method, stages in methods.items():
            rows.append({"method": method, "alpha": 1 / 3, "fold": fold, "state": "finished"})
            for stage in stages:
                folder = tmp_path / "alpha0.333333" / f"fold{fold}" / method / stage
                folder.mkdir(parents=True)
                (folder / "config.yaml").write_text("score: {}\n")
                if (fold, stage) != (1, "10-score"):
                    (folder / "done.json").write_text("{}")
    (tmp_path / "sweep.json").write_text(json.dumps({"cells": rows}))
    return tmp_path


def test_a_sweep_gives_the_last_finished_scores_of_each_cell_in_its_order(sweep):
    runs = runs_of_sweep(sweep)
    assert [(run.method, run.fold, run.folder.name) for run in runs] == [
        ("naive", 0, "10-score"),
        ("certain", 0, "08-score"),
        ("naive", 1, "08-score"),
        ("certain", 1, "08-score"),
    ]
    assert {run.alpha for run in runs} == {0.333333}


def test_a_sweep_over_seeds_has_a_run_for_each(tmp_path):
    rows = [{"method": "certain", "fold": 0, "seed": seed, "state": "finished"} for seed in (1, 2)]
    for seed in (1, 2):
        folder = tmp_path / "fold0" / f"seed{seed}" / "certain" / "08-score"
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text("score: {}\n")
        (folder / "done.json").write_text("{}")
    (tmp_path / "sweep.json").write_text(json.dumps({"cells": rows}))
    assert cells(runs_of_sweep(tmp_path)) == [("certain", None, 0, 1), ("certain", None, 0, 2)]


def test_a_sweep_with_a_cell_that_has_no_scores_is_refused(sweep):
    (sweep / "alpha0.333333/fold1/certain/08-score/done.json").unlink()
    with pytest.raises(TfpartialError, match=r"every cell; 'certain, α 33.3333 %, fold 1' has none, it is finished"):
        runs_of_sweep(sweep)


def test_a_folder_that_is_no_sweep_is_refused(tmp_path):
    with pytest.raises(TfpartialError, match=r"sweep.json: no such file; expected the table of a sweep"):
        runs_of_sweep(tmp_path)
    (tmp_path / "sweep.json").write_text('{"cells": [{}]}')
    with pytest.raises(TfpartialError, match=r"sweep.json: expected the table of a sweep; its content has no usable 'method'"):
        runs_of_sweep(tmp_path)
