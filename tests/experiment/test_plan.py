"""From sections to folders and inputs, and what does not fit together."""

import pytest

from tfpartial.errors import TfpartialError
from tfpartial.experiment.plan import Point, after, named, plan
from tfpartial.experiment.specification import read_experiment, specify

FILE = """\
ingest: {dataset: ct}
split:
simulate:
prepare: {size: [32, 32]}
train: {network: {options: {width: 4}}}
predict:
score:
compare:
"""


@pytest.fixture
def planned(tmp_path):
    def make(text=FILE, entries=None, settings=(), fold=1):
        path = tmp_path / "tiny.yaml"
        path.write_text(text)
        specs = specify(entries, read_experiment(path, settings))
        return {stage.name: stage for stage in plan(specs, tmp_path / "run", Point({"fold": fold}, {}))}

    return make


def test_stages_are_numbered_in_the_order_of_the_file(planned):
    names = ["01-ingest", "02-split", "03-simulate", "04-prepare", "05-train", "06-predict", "07-score", "08-compare"]
    assert list(planned()) == names


def test_each_stage_takes_what_earlier_ones_give(planned, tmp_path):
    run, stages = tmp_path / "run", planned()
    train, predict, compare = (stages[name].config for name in ("05-train", "06-predict", "08-compare"))
    assert (train.store, train.splits) == (run / "04-prepare", run / "02-split" / "splits.json")
    assert (train.annotations, train.out) == (run / "03-simulate" / "annotations.json", run / "05-train")
    assert (predict.model, predict.manifest) == (run / "05-train", run / "01-ingest" / "manifest.json")
    assert compare.scores == [run / "07-score"]
    assert stages["07-score"].rests_on >= {"01-ingest", "06-predict"}


def test_a_report_takes_the_whole_run_and_rests_on_all_that_is_before_it(planned, tmp_path):
    stages = planned(FILE.replace("compare:", "report:") + "export:\n")
    report = stages["08-report"]
    assert (report.config.folder, report.config.out) == (tmp_path / "run", tmp_path / "run" / "08-report" / "report.html")
    assert report.rests_on == set(stages) - {"08-report", "09-export"}


def test_an_audit_takes_the_predictions_with_probabilities(planned, tmp_path):
    audit = planned("ingest: {dataset: ct}\nsplit:\nprepare:\ntrain:\npredict: {probabilities: true}\naudit:\n")[
        "06-audit"
    ].config
    assert audit.predictions == [tmp_path / "run" / "05-predict"]
    assert (audit.manifest, audit.annotations) == (tmp_path / "run" / "01-ingest" / "manifest.json", None)


def test_every_stage_gets_the_same_fold(planned):
    stages = planned()
    assert stages["05-train"].config.fold == stages["06-predict"].config.fold == 1


def test_options_come_from_the_section_then_the_entry_then_the_command_line(planned):
    entries = ["ingest", "split", "prepare", {"train": {"network": {"name": "unet"}, "epochs": 7}}]
    train = planned(entries=entries, settings=["train.batch=2", "train.window_hu=[-100, 200]"])["04-train"].config
    assert (train.network.options, train.network.name, train.epochs, train.batch) == ({"width": 4}, "unet", 7, 2)
    assert train.window_hu == (-100.0, 200.0)


def test_a_run_may_begin_with_what_is_there(planned):
    train = planned("train: {store: elsewhere/store, splits: elsewhere/splits.json}")["01-train"].config
    assert (str(train.store), train.annotations) == ("elsewhere/store", None)


def test_null_keeps_an_earlier_stage_out(planned):
    assert planned(FILE.replace("{network", "{annotations: null, network"))["05-train"].config.annotations is None


def test_the_latest_stage_that_gives_something_counts(planned, tmp_path):
    stages = planned(entries=["ingest", "split", "prepare", "train", "train", "predict"])
    assert stages["06-predict"].config.model == tmp_path / "run" / "05-train"


def test_a_second_training_fine_tunes_the_model_of_the_first_unless_told_otherwise(planned, tmp_path):
    stages = planned(entries=["ingest", "split", "prepare", "train", "train", {"train": {"model": None}}])
    models = [stages[name].config.model for name in ("04-train", "05-train", "06-train")]
    assert models == [None, tmp_path / "run" / "04-train", None]


def test_what_rests_on_a_stage_follows_it(planned):
    stages = planned().values()
    assert [stage.name for stage in after(stages, ["03-simulate"])] == [
        "03-simulate",
        "05-train",
        "06-predict",
        "07-score",
        "08-compare",
    ]
    assert [stage.name for stage in named(stages, "train", "redo")] == ["05-train"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ingst: {}\n", "unknown section ingst; expected phantom, ingest"),
        ("info: {path: a}\n", "section 'info' is no stage of an experiment; expected one of phantom, ingest"),
        ("run: {fold: 0}\n", "stages: expected at least one section or entry, got none"),
        ("ingest: {dataset: a}\ningest: {dataset: b}\n", "expected YAML, got 'ingest' twice"),
        ("ingest: {dataset: a}\nprepare:\ntrain:\nsplit:\n", "train: stands before split, which gives its splits; put split"),
        (
            "ingest: {dataset: a}\nprepare:\nsplit:\ntrain:\nsimulate:\n",
            "train: stands before simulate, which gives its annotations",
        ),
        ("ingest: {dataset: a}\nsplit:\ntrain:\n", "train: has no store; add the section prepare before it, or the option"),
        ("score: {manifest: m}\n", "score: has no predictions; add the section predict before it, or the option"),
        ("ingest: {}\n", "ingest: expected either dataset or sources, got neither"),
        (FILE.replace("{network", "{store: s, network"), "train.store: leave it out, it comes from the stage 04-prepare; got s"),
        (FILE.replace("{network", "{out: o, network"), "train.out: leave it out, its folder comes from the run; got o"),
        (FILE.replace("{network", "{fold: 1, network"), "train.fold: leave it out, the run gives it to all stages; got 1"),
        (FILE.replace("{network", "{netwrk: 3, network"), "train: Option 'netwrk' is not accepted"),
        (FILE.replace("{width: 4}", "{width: wide}"), "train: network.options.width: expected int, 1 or more, got 'wide'"),
        (FILE.replace("{width: 4}", "{width: 0}"), "train: network.options.width: expected int, 1 or more, got 0"),
        (FILE.replace("options: {width: 4}", "width: 4"), "train.network.width is called train.network.options.width now"),
        (FILE.replace("options: {width: 4}", "name: vnet"), "train: network.name: 'vnet' does not exist; expected one of unet"),
    ],
)
def test_an_experiment_that_does_not_fit_is_one_line(planned, text, message):
    with pytest.raises(TfpartialError, match=message) as raised:
        planned(text)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.epochs", "set: expected verb.option=value, such as train.epochs=2, got 'train.epochs'"),
        ("epochs=3", "set: expected verb.option=value"),
        ("relabel.epochs=3", "set: 'relabel.epochs=3' is for none of the sections ingest, split"),
        ("train.window_hu=[1", "set: expected a YAML value, got"),
    ],
)
def test_a_setting_that_fits_nowhere_is_refused(planned, setting, message):
    with pytest.raises(TfpartialError, match=message):
        planned(settings=[setting])


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "stages: expected at least one section or entry, got none"),
        (["info"], "stages: 'info' is no stage of an experiment"),
        ([{"train": {}, "score": {}}], "stages: expected one verb per entry, got train, score"),
    ],
)
def test_a_list_of_stages_that_is_none_is_refused(planned, entries, message):
    with pytest.raises(TfpartialError, match=message):
        planned(entries=entries)


def test_a_stage_that_is_not_there_is_named_with_the_choice(planned):
    with pytest.raises(TfpartialError, match=r"until: expected one of the stages 01-ingest, 02-split.*, got 'relabel'"):
        named(planned().values(), "relabel", "until")
