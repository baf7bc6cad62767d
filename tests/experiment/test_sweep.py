"""A sweep does what its cells share once, each cell once, and what compares them at the end."""

import csv
import json
import sys
from pathlib import Path

import pytest

from tfpartial.artifacts import read_json
from tfpartial.errors import PartlyDone, TfpartialError
from tfpartial.experiment import work
from tfpartial.train import sweep as stage

CELLS = [f"alpha{alpha}/fold{fold}/{method}" for alpha in ("1", "0.1") for fold in (0, 1) for method in ("certain", "naive")]


def done(fakes, verb):
    return sum(line.startswith(f"{verb} ") for line in fakes.journal())


def test_shared_stages_are_done_once_and_the_others_per_alpha_or_cell(here, experiment, tmp_path):
    stage.run(experiment.sweep())
    counts = {
        verb: done(here, verb) for verb in ("phantom", "ingest", "split", "prepare", "simulate", "train", "predict", "score")
    }
    shared = {"phantom": 1, "ingest": 1, "split": 1, "prepare": 1, "simulate": 2}
    assert counts == shared | {"train": 8, "predict": 8, "score": 8}
    folders = {path.parent.relative_to(tmp_path / "run").as_posix() for path in (tmp_path / "run").rglob("done.json")}
    assert folders == {
        *(f"{place:02d}-{verb}" for place, verb in enumerate(("phantom", "ingest", "split", "", "prepare"), 1) if verb),
        *(f"alpha{alpha}/04-simulate" for alpha in ("1", "0.1")),
        *(f"{cell}/{name}" for cell in CELLS for name in ("06-train", "07-predict", "08-score")),
    }


def test_the_table_has_a_row_per_cell_and_is_there_after_each(here, experiment, tmp_path):
    tables = []
    run = here.score
    here.score = lambda config: tables.append(json.loads((tmp_path / "run" / "sweep.json").read_text())["cells"]) or run(config)
    cells = stage.run(experiment.sweep())["cells"]
    assert [sum(row["state"] == "finished" for row in table) for table in tables] == list(range(8))
    assert {row["state"] for row in tables[0]} == {"new"}
    assert cells[0] == {
        "method": "certain", "alpha": 1.0, "fold": 0, "state": "finished", "dsc": 1.0, "minutes": 1.5, "reason": "",
    }  # fmt: skip
    assert [round(row["dsc"], 2) for row in cells] == [1.0, 0.95, 0.9, 0.85, 0.1, 0.05, 0.0, -0.05]
    assert read_json(tmp_path / "run" / "sweep.json", "content")["cells"] == cells
    with (tmp_path / "run" / "sweep.csv").open(newline="") as file:
        assert [row["dsc"] for row in csv.DictReader(file)] == [str(row["dsc"]) for row in cells]


def test_finished_cells_are_never_done_again_and_a_sweep_can_grow(here, experiment):
    first = stage.run(experiment.sweep(alphas=[1.0], folds=[0]))["cells"]
    before = here.journal()
    assert stage.run(experiment.sweep(alphas=[1.0], folds=[0]))["cells"] == first
    assert here.journal() == before
    cells = stage.run(experiment.sweep())["cells"]
    assert done(here, "train") == 8
    assert cells[:2] == first


def test_only_the_methods_asked_for_are_done_and_the_others_later(here, experiment):
    both = {"certain": {"train": {"method": "certain"}}, "naive": {"train": {"method": "naive"}}}
    cells = stage.run(experiment.sweep(methods=both, only=["naive"], alphas=[], folds=[0]))["cells"]
    assert [(cell["method"], cell["state"]) for cell in cells] == [("certain", "new"), ("naive", "finished")]
    assert done(here, "train") == 1
    cells = stage.run(experiment.sweep(methods=both, alphas=[], folds=[0]))["cells"]
    assert {cell["state"] for cell in cells} == {"finished"}
    assert done(here, "train") == 2
    with pytest.raises(TfpartialError, match=r"^only: expected methods of the experiment \(certain, naive\), got naiv, sure$"):
        experiment.sweep(methods=both, only=["naiv", "certain", "sure"])


def test_a_failed_cell_is_reported_and_the_others_go_on(here, experiment, monkeypatch):
    here.behave(score="fail at alpha0.1")
    with pytest.raises(PartlyDone, match="4 of 8 cells failed; the same command tries them again") as raised:
        stage.run(experiment.sweep())
    cells = raised.value.summary["cells"]
    assert [row["state"] for row in cells] == ["finished"] * 4 + ["failed"] * 4
    assert {row["reason"] for row in cells[4:]} == {"score was told to fail"}
    here.behave()
    here.JOURNAL.unlink()
    assert {row["state"] for row in stage.run(experiment.sweep())["cells"]} == {"finished"}
    assert (done(here, "train"), done(here, "predict"), done(here, "score")) == (0, 0, 4)


def test_a_killed_sweep_goes_on_in_the_cell_where_it_stopped(here, experiment, monkeypatch):
    start, calls = work._start, []

    def killed(stage, *rest):
        calls.append(stage.name)
        if len(calls) == 15:
            raise KeyboardInterrupt
        start(stage, *rest)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(work, "_start", killed)
        stage.run(experiment.sweep())
    stage.run(experiment.sweep())
    assert (done(here, "train"), done(here, "predict"), done(here, "score"), done(here, "simulate")) == (8, 8, 8, 2)


def test_a_comparison_takes_all_cells_and_grows_with_them(here, experiment, tmp_path):
    text = experiment.sweep().experiment.read_text() + "compare:\n"
    certain = {"certain": {"train": {"method": "certain"}}}
    both = certain | {"naive": {"train": {"method": "naive"}}}
    for methods, expected in ((certain, [1.0, 0.9]), (both, [1.0, 0.95, 0.9, 0.85]), (both, [1.0, 0.95, 0.9, 0.85])):
        summary = stage.run(experiment.sweep(text, methods=methods, alphas=[1.0]))
        assert read_json(tmp_path / "run/09-compare/comparison.json", "content") == expected
    assert [row["stage"] for row in summary["comparisons"]] == ["09-compare"]
    assert done(here, "compare") == 2


def test_a_report_is_made_once_of_the_whole_sweep_and_again_when_something_changes(here, experiment, tmp_path):
    text = experiment.sweep().experiment.read_text() + "report:\n"
    certain = {"certain": {"train": {"method": "certain"}}}
    both = certain | {"naive": {"train": {"method": "naive"}}}
    for methods, redo, cells, reports in ((certain, None, 1, 1), (both, None, 2, 2), (both, None, 2, 2), (both, "score", 2, 3)):
        stage.run(experiment.sweep(text, methods=methods, alphas=[0.1], folds=[0], redo=redo))
        assert (tmp_path / "run" / "09-report" / "report.html").read_text() == " ".join(["08-score"] * cells)
        assert done(here, "report") == reports


def test_a_method_may_be_a_list_of_stages_of_its_own(here, experiment, tmp_path):
    twice = [{"train": {"method": "certain", "epochs": 2}}, {"train": {"method": "certain", "epochs": 1}}, "predict", "score"]
    stage.run(experiment.sweep(methods={"naive": {"train": {"method": "naive"}}, "twice": twice}, alphas=[], folds=[0]))
    own = sorted(path.name for path in (tmp_path / "run" / "fold0" / "twice").iterdir())
    assert own == ["06-train", "07-train", "08-predict", "09-score"]
    assert (done(here, "train"), done(here, "prepare")) == (3, 1)
    assert Path(tmp_path / "run" / "04-simulate" / "annotations.json").exists()


def test_methods_may_differ_in_a_stage_before_training(here, experiment, tmp_path):
    methods = {"small": {"prepare": {"size": [16, 16]}}, "large": {"prepare": {"size": [64, 64]}}}
    stage.run(experiment.sweep(methods=methods, alphas=[]))
    assert sorted(path.parent.name for path in (tmp_path / "run").glob("*/05-prepare")) == ["large", "small"]
    assert (done(here, "prepare"), done(here, "train")) == (2, 4)


def test_until_and_redo_work_as_in_a_run(here, experiment):
    assert {row["state"] for row in stage.run(experiment.sweep(until="prepare"))["cells"]} == {"new"}
    assert (done(here, "prepare"), done(here, "train")) == (1, 0)
    assert {row["state"] for row in stage.run(experiment.sweep(until="train"))["cells"]} == {"unfinished"}
    assert (done(here, "train"), done(here, "predict")) == (8, 0)
    cells = stage.run(experiment.sweep())["cells"]
    assert stage.run(experiment.sweep(until="prepare"))["cells"] == cells
    stage.run(experiment.sweep(redo="score"))
    assert (done(here, "train"), done(here, "score")) == (8, 16)
    stage.run(experiment.sweep(redo="alpha0.1/fold0/naive/06-train"))
    assert (done(here, "train"), done(here, "score")) == (9, 17)


def test_a_dry_run_lists_every_stage_once(here, experiment, tmp_path):
    rows = stage.run(experiment.sweep(dry_run=True))["stages"]
    assert len(rows) == len({row["stage"] for row in rows}) == 4 + 2 + 8 * 3
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": {}}, "methods: expected at least one, got none"),
        ({"methods": {"a/b": {"train": {}}}}, "methods: expected names of letters, digits, '_', '-' and '.', got 'a/b'"),
        ({"methods": {"a": {}}}, "methods: 'a': expected one of the stages phantom, .*, got none"),
        ({"methods": {"a": {"export": {}}}}, "methods: 'a': expected one of the stages phantom, .*, got export"),
        ({"methods": {"a": ["export"]}}, "methods: 'a': expected one of the stages phantom, .*, got export"),
        ({"methods": {"a": {"train": {"metod": "naive"}}}}, "train: Option 'metod' is not accepted"),
        ({"alphas": [0.1, 0.1]}, "alphas: expected different values, got 0.1, 0.1"),
        ({"folds": []}, "folds: expected different values, got none"),
        ({"stages": ["phantom", "ingest", "split", "prepare", "train"]}, "sweep: no stage depends on alpha, so cells would be"),
        ({"until": "relabel"}, "until: expected one of the stages 01-phantom, .*, got 'relabel'"),
    ],
)  # fmt: skip
def test_a_sweep_that_does_not_fit_is_one_line(here, experiment, options, message):
    with pytest.raises(TfpartialError, match=message):
        stage.run(experiment.sweep(**options))


def test_a_share_in_the_section_and_in_the_sweep_is_one_too_many(here, experiment):
    with pytest.raises(TfpartialError, match=r"simulate\.alpha: leave it out, the run gives it to all stages"):
        stage.run(experiment.sweep(set=["simulate.alpha=0.3"]))


@pytest.fixture
def cluster_with_fakes(fakes, dask_scheduler, tmp_path, monkeypatch):
    """Address of a scheduler with two workers whose stages are the fake ones."""
    distributed = pytest.importorskip("distributed")

    def use(program, folder):  # not of this module, which the workers do not have
        import os

        from tfpartial.experiment import work

        os.chdir(folder)
        work.PROGRAM = program

    real, fake = work.PROGRAM, [sys.executable, fakes.__file__, "child"]
    monkeypatch.setattr(work, "PROGRAM", fake)
    with distributed.Client(dask_scheduler, set_as_default=False) as client:
        client.wait_for_workers(2)
        client.run(use, fake, str(tmp_path))
        yield dask_scheduler
        client.run(use, real, "/")


def test_cells_are_spread_over_the_workers_of_a_cluster(cluster_with_fakes, fakes, experiment):
    cells = stage.run(experiment.sweep(alphas=[1.0], scheduler=cluster_with_fakes))["cells"]
    assert [row["dsc"] for row in cells] == [1.0, 0.95, 0.9, 0.85]
    assert done(fakes, "train") == 4


def test_cells_of_a_cluster_wait_for_those_that_they_rest_on(cluster_with_fakes, fakes, experiment):
    methods = {"certain": {}, "smiler": {"curriculum": {"steps": 1, "estimator": "mcp"}}}
    cells = stage.run(experiment.sweep(methods=methods, alphas=[1.0], scheduler=cluster_with_fakes))["cells"]
    assert [(row["method"], row["state"], row["dsc"]) for row in cells] == [
        ("certain", "finished", 1.0),
        ("smiler", "finished", 1.01),
        ("certain", "finished", 0.9),
        ("smiler", "finished", 0.91),
    ]
    assert done(fakes, "train") == 4
