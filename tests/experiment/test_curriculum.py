"""What a curriculum stands for, and what its stages take from each other."""

import pytest

from tfpartial.errors import TfpartialError
from tfpartial.experiment.curriculum import expanded
from tfpartial.experiment.plan import Point, plan
from tfpartial.experiment.specification import read_experiment, specify
from tfpartial.train import run as stage

FILE = """\
ingest: {dataset: ct}
split:
simulate:
prepare:
train: {epochs: 9, batch: 4, network: {options: {width: 2}}}
curriculum: {steps: 2, confidence: {epochs: 1, filters: [8]}, relabel: {slab: 50}, train: {epochs: 3}}
predict: {batch: 2}
score:
compare:
"""
BEFORE = ["01-ingest", "02-split", "03-simulate", "04-prepare", "05-train"]


@pytest.fixture
def planned(tmp_path):
    def make(text=FILE, settings=(), entries=None):
        path = tmp_path / "tiny.yaml"
        path.write_text(text)
        specs = expanded(specify(entries, read_experiment(path, settings)))
        return {stage.name: stage for stage in plan(specs, tmp_path / "run", Point({"fold": 1}, {}))}

    return make


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (
            [],
            "06-confidence 07-relabel 08-train 09-confidence 10-relabel 11-train 12-predict 13-score 14-compare",
        ),
        (["curriculum.steps=1", "curriculum.estimator=mcp"], "06-relabel 07-train 08-predict 09-score 10-compare"),
        (
            ["curriculum.steps=1", "curriculum.rank=true"],
            "06-confidence 07-rank 08-relabel 09-train 10-predict 11-score 12-compare",
        ),
        (
            ["curriculum.estimator=mcp", "curriculum.score=true"],
            "06-relabel 07-train 08-predict 09-score 10-relabel 11-train 12-predict 13-score 14-compare",
        ),
        (
            ["curriculum.estimator=mcp", "curriculum.score=true", "curriculum.pick=true", "curriculum.steps=1"],
            "06-relabel 07-train 08-predict 09-score 10-pick 11-predict 12-score 13-compare",
        ),
    ],
)
def test_a_curriculum_stands_for_these_stages(planned, settings, names):
    assert list(planned(settings=settings)) == BEFORE + names.split()


def test_the_stages_stand_after_the_training_wherever_the_section_is(planned):
    lines = FILE.splitlines(keepends=True)
    assert list(planned("".join([*lines[:5], *lines[6:], lines[5]]))) == list(planned())


def test_after_a_list_without_scores_the_last_step_is_scored_too(planned):
    text = "".join(line for line in FILE.splitlines(keepends=True) if not line.startswith(("curriculum", "compare")))
    names = list(planned(text + "curriculum: {steps: 1, estimator: mcp, score: true}\n"))
    assert names == [*BEFORE, "06-relabel", "07-train", "08-predict", "09-score"]
    entries = [name[3:] for name in BEFORE] + ["predict", "score", "train", "curriculum"]
    names = list(planned(text + "curriculum: {steps: 1, estimator: mcp, score: true}\n", entries=entries))
    assert names[-5:] == ["08-train", "09-relabel", "10-train", "11-predict", "12-score"]


def test_each_stage_takes_the_latest_model_labels_and_confidence(planned, tmp_path):
    run, configs = tmp_path / "run", {name: stage.config for name, stage in planned().items()}
    taken = {
        name: tuple(
            path.name if (path := getattr(config, option, None)) else None for option in ("model", "labels", "confidence")
        )
        for name, config in configs.items()
        if name >= "05" and name < "12"
    }
    assert taken == {
        "05-train": (None, None, None),
        "06-confidence": ("05-train", None, None),
        "07-relabel": ("05-train", None, "06-confidence"),
        "08-train": ("05-train", "07-relabel", None),
        "09-confidence": ("08-train", None, None),
        "10-relabel": ("08-train", "07-relabel", "09-confidence"),
        "11-train": ("08-train", "10-relabel", None),
    }
    assert configs["12-predict"].model == run / "11-train"
    for name in ("06-confidence", "07-relabel", "08-train", "10-relabel"):
        assert configs[name].annotations == run / "03-simulate" / "annotations.json"
        assert configs[name].fold == 1


def test_each_step_may_tune_the_first_segmenter_on_what_the_latest_one_found(planned, tmp_path):
    run, stages = tmp_path / "run", planned(settings=["curriculum.start_from=first", "curriculum.pick=true"])
    models = {name: stages[name].config.model.name for name in ("08-train", "10-relabel", "11-train")}
    assert models == {"08-train": "05-train", "10-relabel": "08-train", "11-train": "05-train"}
    assert stages["11-train"].config.labels == run / "10-relabel"
    assert stages["11-train"].rests_on >= {"05-train", "10-relabel"} and "08-train" not in stages["11-train"].rests_on
    assert stages["12-pick"].config.models == [run / "05-train", run / "08-train", run / "11-train"]
    assert stages["13-predict"].config.model == run / "12-pick"


def test_the_first_segmenter_is_the_one_that_the_curriculum_begins_with(planned):
    entries = ["ingest", "split", "simulate", "prepare", "train", "train", "curriculum"]
    stages = planned(settings=["curriculum.start_from=first", "curriculum.estimator=mcp"], entries=entries)
    assert [stages[name].config.model.name for name in ("08-train", "10-train")] == ["06-train", "06-train"]


LEAVING_OUT = [{"train": {"leave_out": [0, 2]}}, {"train": {"leave_out": [1, 2]}}]


def test_confidences_take_all_segmenters_that_left_out_a_part(planned, tmp_path):
    run, entries = tmp_path / "run", ["ingest", "split", "simulate", "prepare", *LEAVING_OUT, "train", "curriculum", "predict"]
    stages = planned(entries=entries, settings=["curriculum.pick=true"])
    for name in ("08-confidence", "11-confidence"):
        assert stages[name].config.segmenters == [run / "05-train", run / "06-train"]
        assert stages[name].rests_on >= {"05-train", "06-train"}
    assert stages["07-train"].config.model is None and stages["07-train"].config.leave_out is None
    assert stages["09-relabel"].config.model == run / "07-train"
    assert stages["14-pick"].config.models == [run / name for name in ("07-train", "10-train", "13-train")]


def test_a_method_may_take_its_own_segmenters_targets_beside_those_that_left_out_a_part(planned):
    own = {"curriculum": {"confidence": {"segmenters": None}}}
    stages = planned(entries=["ingest", "split", "simulate", "prepare", *LEAVING_OUT, "train", own])
    assert [stage.config.segmenters for stage in stages.values() if stage.verb == "confidence"] == [[], []]


def test_the_share_grows_in_equal_steps(planned):
    stages = planned(settings=["curriculum.steps=3", "curriculum.share=0.9"]).values()
    assert [stage.config.share for stage in stages if stage.verb == "relabel"] == [0.3, 0.6, 0.9]
    assert {(stage.config.estimator, stage.config.slab) for stage in stages if stage.verb == "relabel"} == {("learned", 50)}


def test_a_control_ignores_the_pseudo_labels_in_the_same_stages(planned):
    learning, control = planned(), planned(settings=["curriculum.pseudo_labels=ignore"])
    assert list(control) == list(learning)
    fine_tuned = ["08-train", "11-train"]
    assert {control[name].config.pseudo_labels for name in fine_tuned} == {"ignore"}
    assert {learning[name].config.pseudo_labels for name in fine_tuned} == {"learn"}
    others = [name for name in control if name not in fine_tuned]
    assert [control[name].config for name in others] == [learning[name].config for name in others]
    with pytest.raises(TfpartialError, match=r"curriculum\.pseudo_labels: expected it in the curriculum itself"):
        planned(settings=["curriculum.train={pseudo_labels: ignore}"])


def test_a_threshold_takes_the_place_of_the_share(planned):
    stages = planned(settings=["curriculum.threshold=0.9", "curriculum.precision=0.8", "curriculum.estimator=tta"]).values()
    relabel = [stage.config for stage in stages if stage.verb == "relabel"]
    assert [(config.share, config.threshold, config.precision, config.estimator) for config in relabel] == [
        (1.0, 0.9, 0.8, "tta")
    ] * 2


def test_the_fine_tuning_has_the_options_of_the_training_but_for_its_own(planned, tmp_path):
    stages = planned(FILE.replace("{epochs: 9", "{model: null, checkpoint: best, epochs: 9"))
    first, tuned = stages["05-train"].config, stages["08-train"].config
    assert (first.epochs, first.checkpoint) == (9, "best")
    assert (tuned.epochs, tuned.batch, tuned.network.options, tuned.checkpoint) == (3, 4, {"width": 2}, "last")
    assert tuned.model == tmp_path / "run" / "05-train"
    assert (stages["06-confidence"].config.epochs, stages["06-confidence"].config.filters) == (1, [8])
    assert {stage.config.batch for stage in stages.values() if stage.verb == "predict"} == {2}


def test_each_step_may_train_anew(planned, tmp_path):
    tuned = planned(FILE.replace("train: {epochs: 3}", "train: {model: null}"))["08-train"].config
    assert (tuned.model, tuned.labels) == (None, tmp_path / "run" / "07-relabel")


def test_another_estimator_takes_no_confidence_that_is_there(planned):
    entries = ["ingest", "split", "simulate", "prepare", "train", "confidence", "train", "curriculum"]
    stages = planned(settings=["curriculum.estimator=mc_dropout", "curriculum.rank=true"], entries=entries)
    assert (stages["09-relabel"].config.confidence, stages["08-rank"].config.confidence) == (None, None)
    assert stages["08-rank"].config.estimators == ["mcp", "mc_dropout"]


def test_the_confidences_are_measured_as_they_are_used(planned, tmp_path):
    relabel = "relabel: {slab: 50, checkpoint: best, among: all, estimators: {passes: 3}, batch: 1}"
    rank = planned(FILE.replace("relabel: {slab: 50}", relabel), settings=["curriculum.rank=true"])["11-rank"].config
    assert rank.among == "all"
    assert (rank.estimators, rank.checkpoint, rank.settings.passes, rank.batch) == (["mcp", "learned"], "best", 3, 1)
    folders = (rank.model, rank.confidence, rank.labels)
    assert [path.name for path in folders] == ["09-train", "10-confidence", "08-relabel"]
    assert rank.annotations == tmp_path / "run" / "03-simulate" / "annotations.json"


def test_a_choice_takes_all_models_of_the_curriculum_and_gives_one_onwards(planned, tmp_path):
    run = tmp_path / "run"
    stages = planned(settings=["curriculum.pick=true"])
    assert stages["12-pick"].config.models == [run / "05-train", run / "08-train", run / "11-train"]
    assert stages["12-pick"].rests_on == {"05-train", "08-train", "11-train"}
    assert stages["13-predict"].config.model == run / "12-pick"


def test_a_choice_begins_with_the_last_training_that_was_new(planned):
    entries = ["ingest", "split", "simulate", "prepare", "train", {"train": {"model": None}}, "curriculum"]
    stages = planned(settings=["curriculum.pick=true", "curriculum.steps=1"], entries=entries)
    assert [path.name for path in stages["10-pick"].config.models] == ["06-train", "09-train"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("curriculum: {stps: 2}", "curriculum: Option 'stps' is not accepted"),
        ("curriculum: {steps: 0}", r"curriculum\.steps: expected 1 or more, got 0"),
        ("curriculum: {share: 0}", r"curriculum\.share: expected above 0, to 1, got 0"),
        ("curriculum: {threshold: 2}", r"curriculum\.threshold: expected 0 to 1, got 2"),
        ("curriculum: {share: 0.5, threshold: 0.9}", r"curriculum\.threshold: expected to stand alone, got share 0\.5 as well"),
        ("curriculum: {estimator: entropy}", "curriculum: .*entropy"),
        ("curriculum: {start_from: last}", "curriculum: .*last"),
        (
            "curriculum: {relabel: {share: 0.5}}",
            r"curriculum\.share: expected it in the curriculum itself, got it in curriculum\.relabel: 0\.5",
        ),
        ("curriculum: {relabel: {slabs: 5}}", "relabel: Option 'slabs' is not accepted"),
        ("curriculum: {train: {labels: a}}", r"train\.labels: leave it out, it comes from the stage 07-relabel; got a"),
        ("curriculum: {confidence: {out: a}}", r"confidence\.out: leave it out"),
    ],
)
def test_a_curriculum_that_does_not_fit_is_one_line(planned, text, message):
    lines = [text if line.startswith("curriculum") else line for line in FILE.splitlines()]
    with pytest.raises(TfpartialError, match=message) as raised:
        planned("\n".join(lines))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["ingest", "split", "prepare", "curriculum", "train"], "curriculum: has no train before it; add the section train"),
        (["ingest", "split", "prepare", "train", "curriculum", "curriculum"], "curriculum: expected once, got it 2 times"),
        (["ingest", "split", "prepare", "train", *LEAVING_OUT, "curriculum"], "curriculum: the train before it leaves out cases"),
        (
            ["ingest", "split", "prepare", "train", {"curriculum": {"score": True}}],
            r"curriculum\.score: has no section predict that says how; add it, or leave score out",
        ),
        (
            ["ingest", "split", "prepare", "train", {"curriculum": {"score": True}}, "predict"],
            r"curriculum\.score: has no section score",
        ),
        (
            ["ingest", "split", "prepare", "train", {"curriculum": {"rank": True}}],
            "rank: has no annotations; add the section simulate before it",
        ),
    ],
)
def test_a_curriculum_in_a_list_that_does_not_fit_is_one_line(planned, entries, message):
    with pytest.raises(TfpartialError, match=message):
        planned(entries=entries)


def test_a_run_does_its_curriculum_and_goes_on_with_it(here, experiment, tmp_path):
    text = experiment.run().experiment.read_text().replace("predict:", "curriculum: {steps: 2, pick: true}\npredict:")
    here.behave(relabel="fail at 11-relabel")
    with pytest.raises(TfpartialError, match="relabel was told to fail"):
        stage.run(experiment.run(text))
    here.behave()
    rows = stage.run(experiment.run(text))["stages"]
    assert [row["stage"] for row in rows][6:] == [
        "07-confidence", "08-relabel", "09-train", "10-confidence", "11-relabel", "12-train", "13-pick", "14-predict", "15-score",
    ]  # fmt: skip
    assert {row["state"] for row in rows} == {"finished"}
    done = [line.split()[0] for line in here.journal() if not line.startswith("epoch")]
    assert {verb: done.count(verb) for verb in ("train", "relabel")} == {"train": 3, "relabel": 3}
    assert (tmp_path / "run" / "13-pick" / "choice.json").is_file()
