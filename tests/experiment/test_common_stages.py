"""What methods with a curriculum have in common with others is done once, in the folder of the first of them."""

import json
from pathlib import Path

import pytest
import yaml

from tfpartial.arguments import read_sections
from tfpartial.errors import PartlyDone, TfpartialError
from tfpartial.experiment import work
from tfpartial.experiment.cells import waves
from tfpartial.experiment.methods import method_specs
from tfpartial.experiment.runner import until
from tfpartial.experiment.specification import read_experiment, specify
from tfpartial.experiment.sweep import plan_sweep
from tfpartial.stages import SECTIONS
from tfpartial.train import sweep as stage

ROOT = Path(__file__).parents[2]
CERTAIN = {"train": {"method": "certain"}}
METHODS = {
    "naive": {"train": {"method": "naive"}},
    "certain": CERTAIN,
    "smiler": CERTAIN | {"curriculum": {"steps": 2, "share": 0.66, "estimator": "mcp"}},
    "inerrant": CERTAIN | {"curriculum": {"steps": 2}},
    "all_predictions": CERTAIN | {"curriculum": {"steps": 1, "estimator": "mcp"}},
}
OWN = {
    "naive": "06-train 07-predict 08-score",
    "certain": "06-train 07-predict 08-score",
    "smiler": "07-relabel 08-train 09-relabel 10-train 11-predict 12-score",
    "inerrant": "07-confidence 08-relabel 09-train 10-confidence 11-relabel 12-train 13-predict 14-score",
    "all_predictions": "07-relabel 08-train 09-predict 10-score",
}


@pytest.fixture
def planned(tmp_path):
    def make(text, methods, alphas=(0.3,), folds=(0,), settings=(), only=()):
        path = tmp_path / "tiny.yaml"
        path.write_text(text)
        sections = read_experiment(path, settings)
        return plan_sweep(method_specs(specify(None, sections), methods, sections), tmp_path / "sweep", alphas, folds, only)

    return make


@pytest.fixture
def text(experiment):
    return experiment.sweep().experiment.read_text() + "compare:\n"


def own(plan):
    return {cell.labels["method"]: " ".join(stage.folder.name for stage in cell.stages) for cell in plan.cells}


def test_a_control_shares_the_relabeling_with_the_method_that_it_controls(planned, text):
    one = {"steps": 1, "estimator": "mcp"}
    methods = {"smiler": {"curriculum": one}, "control": {"curriculum": one | {"pseudo_labels": "ignore"}}}
    assert own(planned(text, methods)) == {
        "smiler": "06-train 07-relabel 08-train 09-predict 10-score",
        "control": "08-train 09-predict 10-score",
    }


def test_a_method_alone_takes_what_it_has_in_common_from_where_all_have_it(planned, text):
    plan = planned(text, METHODS, only=["smiler"])
    assert own(plan) == OWN
    to_do = {cell.labels["method"]: " ".join(stage.folder.name for stage in cell.to_do) for cell in plan.cells}
    assert to_do == dict.fromkeys(METHODS, "") | {"certain": "06-train", "smiler": OWN["smiler"]}
    (compare,) = plan.closing
    assert [path.parts[-2:] for path in compare.config.scores] == [("smiler", "12-score")]
    (everything,) = planned(text, METHODS).closing
    assert everything.name == compare.name


def test_every_method_has_its_own_stages_and_the_first_training_is_one(planned, text, tmp_path):
    plan = planned(text, METHODS)
    assert own(plan) == OWN
    first = tmp_path / "sweep" / "alpha0.3" / "fold0" / "certain" / "06-train"
    taken = {cell.labels["method"]: getattr(cell.stages[0].config, "model", None) for cell in plan.cells}
    assert taken == {"naive": None, "certain": None, "smiler": first, "inerrant": first, "all_predictions": first}
    folders = {stage.folder.parent.name for cell in plan.cells for stage in cell.stages if cell.labels["method"] == "smiler"}
    assert folders == {"smiler"}
    assert len(plan.stages()) == len({stage.name for stage in plan.stages()})


def test_a_method_may_differ_in_nothing(planned, text):
    changed = METHODS | {"certain": {}, "smiler": {"curriculum": {"steps": 2, "share": 0.66, "estimator": "mcp"}}}
    assert own(planned(text, changed)) == OWN


def test_a_curriculum_of_the_experiment_is_changed_or_left_out(planned, text):
    text = text.replace("predict:", "curriculum: {steps: 2, estimator: mcp, train: {epochs: 1}}\npredict:")
    plan = planned(text, {"certain": {"curriculum": None}, "smiler": {}, "one": {"curriculum": {"steps": 1, "share": 0.5}}})
    assert own(plan)["smiler"] == OWN["smiler"]
    # Half of the voxels at the first of two steps, and at the only one of half a curriculum.
    assert own(plan)["one"] == "09-predict 10-score"
    assert next(stage.config.epochs for stage in plan.cells[1].stages if stage.verb == "train") == 1
    assert [(stage.name, len(stage.config.scores)) for stage in plan.closing] == [("09-compare", 3)]


def test_the_sections_of_an_experiment_give_a_curriculum_of_a_method_its_options(planned, text, tmp_path):
    lists = {"certain": ["train", "predict", "score"], "smiler": ["train", {"curriculum": {"steps": 1}}, "predict", "score"]}
    plan = planned(text.replace("predict:", "curriculum: {estimator: mcp}\npredict:"), lists)
    assert own(plan) == {"certain": OWN["certain"], "smiler": OWN["all_predictions"]}


def test_equal_inputs_go_on_along_the_chain(planned, text):
    three = {"curriculum": {"steps": 3, "share": 0.9}}
    longer = METHODS | {"inerrant": CERTAIN | three, "ranked": {"curriculum": three["curriculum"] | {"rank": True}}}
    longer["inerrant2"] = {"curriculum": {"steps": 2, "share": 0.6}}
    plan = planned(text, longer)
    assert own(plan)["ranked"] == "08-rank 12-rank 16-rank"
    assert own(plan)["inerrant2"] == "13-predict 14-score"
    scores = {cell.labels["method"]: cell.chain[-1].name for cell in plan.cells}
    assert scores["ranked"] == "alpha0.3/fold0/inerrant/17-score"


def test_shares_and_folds_have_nothing_in_common(planned, text):
    plan = planned(text, METHODS, alphas=(0.3, 0.1), folds=(0, 1))
    assert len(plan.cells) == 20
    for cell in plan.cells:
        place = f"alpha{cell.labels['alpha']:g}/fold{cell.labels['fold']}/"
        assert all(stage.name.startswith(place) for stage in cell.chain)
        assert own(plan)[cell.labels["method"]] == OWN[cell.labels["method"]]


def test_what_is_added_at_the_end_moves_nothing(planned, text):
    names = list(METHODS)
    before: dict[str, str] = {}
    for number in range(2, len(names) + 1):
        plan = planned(text, {name: METHODS[name] for name in names[:number]})
        now = {stage.name: stage.content for stage in plan.stages() if stage.verb != "compare"}
        assert before.items() <= now.items()
        assert plan.closing[0].name == "09-compare"
        before = now


def test_methods_without_a_curriculum_keep_their_own_folders(planned, text):
    equal = {"a": CERTAIN, "b": CERTAIN}
    assert own(planned(text, equal)) == {"a": OWN["certain"], "b": OWN["certain"]}
    plan = planned(text, equal | {"smiler": METHODS["smiler"]})
    assert own(plan) == {"a": OWN["certain"], "b": OWN["certain"], "smiler": OWN["smiler"]}
    assert plan.cells[2].chain[0].name == "alpha0.3/fold0/a/06-train"


@pytest.mark.parametrize(
    ("file", "shared", "stages"),
    [
        (
            "openkbp.yaml",
            ["01-ingest", "02-coverage", "03-split", "alpha0.3/04-simulate", "05-prepare"],
            ["06-train", "07-predict", "08-score"],
        ),
        (
            "demo.yaml",
            ["01-phantom", "02-ingest", "03-split", "alpha0.3/04-simulate", "05-prepare"],
            ["06-train", "07-predict", "08-score", "10-export"],
        ),
    ],
)
def test_the_folders_of_older_sweeps_stay(planned, file, shared, stages):
    sections = read_sections(ROOT / "configs" / file, SECTIONS)
    if "phantom" not in sections:
        sections["ingest"]["dataset"] = "ct"
    kept = {verb: options for verb, options in sections.items() if verb not in ("sweep", "curriculum")}
    older = {name: METHODS[name] for name in ("naive", "certain")}
    for methods in (older, METHODS):
        plan = planned(yaml.safe_dump(kept, sort_keys=False), methods)
        assert [stage.name for stage in plan.shared] == shared
        for cell in plan.cells[:2]:
            assert [stage.name for stage in cell.stages] == [f"alpha0.3/fold0/{cell.labels['method']}/{name}" for name in stages]
        assert plan.closing[0].name == "09-compare"


def test_a_sweep_grows_by_methods_with_a_curriculum_and_does_nothing_twice(here, experiment, text, tmp_path):
    older = {name: METHODS[name] for name in ("naive", "certain")}
    first = stage.run(experiment.sweep(text, methods=older, alphas=[1.0]))["cells"]
    before = here.journal()
    cells = stage.run(experiment.sweep(text, methods=METHODS, alphas=[1.0]))["cells"]
    assert [row for row in cells if row["method"] in older] == first
    added = [line.split()[0] for line in here.journal()[len(before) :] if not line.startswith("epoch")]
    per_cell = {"train": 5, "confidence": 2, "relabel": 5, "predict": 3, "score": 3}
    assert {verb: added.count(verb) for verb in sorted(set(added))} == {verb: 2 * per_cell[verb] for verb in sorted(per_cell)} | {
        "compare": 1
    }
    of_one = {row["method"]: row for row in cells if (row["alpha"], row["fold"]) == (1.0, 0)}
    assert {name: row["minutes"] for name, row in of_one.items()} == {name: len(OWN[name].split()) / 2 for name in OWN}
    assert {name: round(row["dsc"], 4) for name, row in of_one.items()} == {
        "naive": 0.95, "certain": 1.0, "smiler": 1.0099, "inerrant": 1.015, "all_predictions": 1.01,
    }  # fmt: skip
    journal = here.journal()
    assert stage.run(experiment.sweep(text, methods=METHODS, alphas=[1.0]))["cells"] == cells
    assert here.journal() == journal


def test_a_cell_fails_when_what_it_rests_on_failed_and_comes_right_with_it(here, experiment):
    here.behave(train="fail at certain/06-train")
    options = {"methods": METHODS, "alphas": [], "folds": [0]}
    with pytest.raises(PartlyDone, match="4 of 5 cells failed") as raised:
        stage.run(experiment.sweep(**options))
    reasons = {row["method"]: (row["state"], row["reason"]) for row in raised.value.summary["cells"]}
    rests = "rests on fold0/certain/06-train, which its own cell did not finish"
    assert reasons == {
        "naive": ("finished", ""),
        "certain": ("failed", "train was told to fail"),
        "smiler": ("failed", f"fold0/smiler/07-relabel: {rests}"),
        "inerrant": ("failed", f"fold0/inerrant/07-confidence: {rests}"),
        "all_predictions": ("failed", f"fold0/all_predictions/07-relabel: {rests}"),
    }
    here.behave()
    assert {row["state"] for row in stage.run(experiment.sweep(**options))["cells"]} == {"finished"}


def test_a_failure_after_what_others_rest_on_does_not_stop_them(here, experiment):
    here.behave(predict="fail at certain/07-predict")
    with pytest.raises(PartlyDone, match="1 of 5 cells failed"):
        stage.run(experiment.sweep(methods=METHODS, alphas=[], folds=[0]))


@pytest.mark.slow
def test_a_killed_sweep_goes_on_wherever_it_was_killed(here, experiment, monkeypatch, tmp_path):
    start, options = work._start, {"methods": METHODS, "alphas": [], "folds": [0]}
    total = len(stage.run(experiment.sweep(**options, dry_run=True))["stages"])
    assert total == 5 + sum(len(names.split()) for names in OWN.values())
    for number in range(1, total + 1, 4):
        calls = []

        def killed(stage, *rest, calls=calls, number=number):
            calls.append(stage.name)
            if len(calls) == number:
                raise KeyboardInterrupt
            start(stage, *rest)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(work, "_start", killed)
            stage.run(experiment.sweep(**options, redo=None if number == 1 else "phantom"))
        assert {row["state"] for row in stage.run(experiment.sweep(**options))["cells"]} == {"finished"}


def test_redo_does_again_what_rests_on_the_stage_of_another_method(here, experiment):
    options = {"methods": METHODS, "alphas": [], "folds": [0]}
    stage.run(experiment.sweep(**options))
    redone = [
        row["stage"]
        for row in stage.run(experiment.sweep(**options, redo="fold0/certain/06-train", dry_run=True))["stages"]
        if row["state"] == "to be redone"
    ]
    assert redone == [f"fold0/{method}/{name}" for method in list(OWN)[1:] for name in OWN[method].split()]
    here.JOURNAL.unlink()
    stage.run(experiment.sweep(**options, redo="fold0/smiler/07-relabel"))
    done = [line.split()[0] for line in here.journal() if not line.startswith("epoch")]
    assert done == ["relabel", "train", "relabel", "train", "predict", "score"]


def test_until_a_stage_of_some_methods_leaves_the_others_alone(here, experiment, text, tmp_path):
    options = {"methods": METHODS, "alphas": [], "folds": [0]}
    rows = stage.run(experiment.sweep(text, **options, until="confidence", dry_run=True))["stages"]
    inerrant = [f"fold0/inerrant/{name}" for name in OWN["inerrant"].split()[:4]]
    assert [row["stage"] for row in rows][5:] == ["fold0/certain/06-train", *inerrant]
    rows = stage.run(experiment.sweep(text, **options, until="06-train", dry_run=True))["stages"]
    assert [row["stage"] for row in rows][5:] == ["fold0/naive/06-train", "fold0/certain/06-train"]
    rows = stage.run(experiment.sweep(text, **options, until="compare", dry_run=True))["stages"]
    assert rows == stage.run(experiment.sweep(text, **options, dry_run=True))["stages"]
    cells = stage.run(experiment.sweep(text, **options, until="relabel"))["cells"]
    states = {row["method"]: row["state"] for row in cells}
    assert states == dict.fromkeys(("certain", "smiler", "inerrant", "all_predictions"), "unfinished") | {"naive": "new"}


def test_what_closes_a_sweep_waits_for_all_that_it_takes(planned, text):
    lists = {"certain": ["train", "predict", "score"], "longer": ["train", "predict", "score", "export"]}
    plan = planned(text, lists)
    chosen = plan.only(until(plan.chains, "export"))
    assert chosen.closing == ()
    assert [len(cell.to_do) for cell in chosen.cells] == [0, 4]


def test_cells_that_rest_on_others_are_of_a_later_wave(planned, text):
    longer = METHODS | {"ranked": {"curriculum": {"steps": 2, "rank": True}}}
    cells = planned(text, longer, folds=(0, 1)).cells
    names = [[f"{cell.labels['method']}{cell.labels['fold']}" for cell in wave] for wave in waves(cells)]
    assert names == [
        ["naive0", "certain0", "naive1", "certain1"],
        ["smiler0", "inerrant0", "all_predictions0", "smiler1", "inerrant1", "all_predictions1"],
        ["ranked0", "ranked1"],
    ]
    assert [len(wave) for wave in waves([cell for cell in cells if cell.labels["method"] != "certain"])] == [8, 2]


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        (
            {"certain": CERTAIN, "smiler": METHODS["smiler"], "again": METHODS["smiler"]},
            "methods: 'again' has no stage that the methods before it do not have; leave it out",
        ),
        ({"a": {"curriculum": {"stps": 1}}}, "curriculum: Option 'stps' is not accepted"),
        ({"a": {"curriculum": {"steps": 0}}}, r"curriculum\.steps: expected 1 or more, got 0"),
        ({"a": {"curriculum": {}}, "b": []}, "methods: 'b': expected one of the stages phantom, .*, got none"),
        ({"a": ["curriculum"]}, "methods: 'a': expected one of the stages phantom, .*, got curriculum"),
        ({"a": {"relabel": {}, "curriculum": {}}}, "methods: 'a': expected one of the stages phantom, .*, got relabel"),
    ],
)
def test_methods_that_do_not_fit_are_one_line(planned, text, methods, message):
    with pytest.raises(TfpartialError, match=message):
        planned(text, methods)


def test_a_curriculum_of_a_method_needs_a_training(planned):
    with pytest.raises(TfpartialError, match="curriculum: has no train before it"):
        planned("ingest: {dataset: ct}\nsplit:\nprepare:\n", {"a": {"curriculum": {}}})


def test_a_sweep_with_curricula_is_one_command(command, tmp_path):
    sections = (tmp_path / "tiny.yaml").read_text().replace("simulate: {alpha: 0.3}", "simulate:")
    methods = json.dumps({name: METHODS[name] for name in ("certain", "smiler")})
    (tmp_path / "cells.yaml").write_text(sections + f"sweep: {{alphas: [0.3], methods: {methods}}}\n")
    result = command("sweep", "cells.yaml", "--out", "sweep", "--json")
    assert result.returncode == 0, result.stderr
    assert [round(row["dsc"], 4) for row in json.loads(result.stdout)["cells"]] == [0.3, 0.3099]
