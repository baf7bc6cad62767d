"""Seeds as an axis of a sweep: what is random from the training on is done once for each."""

import pytest

from tfpartial.errors import TfpartialError
from tfpartial.experiment.methods import method_specs
from tfpartial.experiment.specification import read_experiment, specify
from tfpartial.experiment.sweep import plan_sweep
from tfpartial.train import sweep as stage

FILE = """\
ingest: {dataset: ct}
split:
simulate:
prepare:
train: {epochs: 9}
curriculum: {steps: 1, rank: true, relabel: {slab: 50, estimators: {passes: 3}}}
predict:
score:
compare: {seed: 9}
"""
METHODS = {"certain": {"train": {"method": "certain"}, "curriculum": None}, "smiler": {}}


@pytest.fixture
def configs(tmp_path):
    """Name -> configuration of every stage of a sweep."""

    def make(text=FILE, settings=(), seeds=(3, 7), alphas=(0.1,)):
        path = tmp_path / "tiny.yaml"
        path.write_text(text)
        sections = read_experiment(path, settings)
        methods = method_specs(specify(None, sections), METHODS, sections)
        plan = plan_sweep(methods, tmp_path / "run", alphas, [0], seeds=seeds)
        return {planned.name: planned.config for planned in plan.stages()}

    return make


def test_each_seed_has_trainings_of_its_own_and_shares_the_rest(configs):
    found = configs()
    before = {"01-ingest", "02-split", "alpha0.1/03-simulate", "04-prepare"}
    certain = [f"alpha0.1/fold0/seed{seed}/certain/{name}" for seed in (3, 7) for name in ("05-train", "06-predict", "07-score")]
    assert {name for name in found if "smiler" not in name} == {*before, *certain, "08-compare"}
    assert len(found["08-compare"].scores) == 4


def test_the_seed_reaches_all_that_is_random_from_the_training_on(configs):
    found = configs()
    for seed in (3, 7):
        own = {
            name[len(f"alpha0.1/fold0/seed{seed}/smiler/") :]: config for name, config in found.items() if f"seed{seed}/s" in name
        }
        assert {own[name].seed for name in own if name.endswith(("train", "confidence"))} == {seed}
        (relabel,), (rank,) = ([own[name] for name in own if name.endswith(verb)] for verb in ("relabel", "rank"))
        assert (relabel.estimators.seed, relabel.estimators.passes, relabel.slab) == (seed, 3, 50)
        assert (rank.settings.seed, rank.settings.passes, rank.seed) == (seed, 3, 0)  # the same cases are ranked
    assert {found[name].seed for name in ("02-split", "alpha0.1/03-simulate")} == {0}
    assert found["08-compare"].seed == 9


def test_without_seeds_nothing_changes(configs):
    found = configs(seeds=())
    assert "alpha0.1/fold0/certain/05-train" in found
    assert not any("seed" in name for name in found)
    settings = configs(settings=["train.seed=5"], seeds=())
    assert settings["alpha0.1/fold0/certain/05-train"].seed == 5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("train.seed=5", r"train\.seed: leave it out, the sweep's seeds give it; got 5"),
        ("curriculum.relabel.estimators={seed: 4}", r"(rank\.settings|relabel\.estimators)\.seed: leave it out, .*; got 4"),
    ],
)
def test_a_seed_in_a_section_and_in_the_sweep_is_one_too_many(configs, settings, message):
    with pytest.raises(TfpartialError, match=message):
        configs(settings=[settings])


def test_seeds_must_differ(configs):
    with pytest.raises(TfpartialError, match="seeds: expected different values, got 1, 1"):
        configs(seeds=(1, 1))


def test_a_method_cannot_be_called_as_a_folder_of_an_axis(experiment, here):
    with pytest.raises(TfpartialError, match="methods: expected a name that no axis of a sweep has for a folder, got 'seed1'"):
        stage.run(experiment.sweep(methods={"seed1": {"train": {"method": "certain"}}}))


def test_the_table_has_a_row_per_seed_and_a_sweep_grows_by_seeds(here, experiment, tmp_path):
    one = {"certain": {"train": {"method": "certain"}}}
    rows = stage.run(experiment.sweep(methods=one, alphas=[], folds=[0], seeds=[1]))["cells"]
    assert [{name: row[name] for name in ("method", "fold", "seed", "state")} for row in rows] == [
        {"method": "certain", "fold": 0, "seed": 1, "state": "finished"}
    ]
    rows = stage.run(experiment.sweep(methods=one, alphas=[], folds=[0], seeds=[1, 2]))["cells"]
    assert [row["seed"] for row in rows] == [1, 2]
    assert (tmp_path / "run/fold0/seed2/certain/06-train/segmenter.json").is_file()
    counts = [sum(line.startswith(f"{verb} ") for line in here.journal()) for verb in ("prepare", "simulate", "train")]
    assert counts == [1, 1, 2]
