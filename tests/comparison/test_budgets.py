"""From label maps back to the trainings that made the network."""

from tfpartial.artifacts import write_json
from tfpartial.comparison.budgets import UNKNOWN, Budget, budget_of


def test_the_first_training_and_each_fine_tuning_are_added(stage, tmp_path):
    first = stage("01-train", "train", "epoch,steps,slices\n1,100,800\n2,200,1600\n")
    second = stage("02-train", "train", "epoch,steps,slices\n1,50,200\n", model=first)
    stage("03-predict", "predict", model=stage("03-train", "train", "epoch,steps,slices\n1,7,14\n", model=second))
    assert budget_of(tmp_path / "run" / "03-predict") == Budget(257, 1814, 0)


def test_an_older_training_has_what_its_configuration_says(stage, tmp_path):
    old = stage("01-train", "train", "epoch,seconds\n1,1\n2,2\n", epochs=3, steps_per_epoch=10, batch=4)
    stage("predict", "predict", model=old)
    assert budget_of(tmp_path / "run" / "predict") == Budget(20, 80, 0)  # two epochs came to their end
    without = stage("02-train", "train", epochs=3, batch=4)
    stage("predict2", "predict", model=without)
    assert budget_of(tmp_path / "run" / "predict2") == Budget(None, None, 0)


def test_confidence_networks_are_apart_and_each_once(stage, tmp_path):
    first = stage("01-train", "train", "epoch,steps,slices\n1,100,800\n")
    network = stage("02-confidence", "confidence", "epoch,steps,slices\n1,30,60\n", model=first)
    labels = stage("03-relabel", "relabel", model=first, confidence=network)
    other = stage("04-relabel", "relabel", model=first, labels=labels, confidence=network, estimator="learned")
    unused = stage("05-relabel", "relabel", model=first, labels=other, confidence="gone", estimator="mcp")
    second = stage("06-train", "train", "epoch,steps,slices\n1,50,400\n", model=first, labels=labels)
    stage("08-predict", "predict", model=stage("07-train", "train", "epoch,steps,slices\n1,1,8\n", model=second, labels=unused))
    assert budget_of(tmp_path / "run" / "08-predict") == Budget(151, 1208, 30)


def test_a_model_that_was_picked_has_the_budget_of_its_training(stage, tmp_path):
    first = stage("01-train", "train", "epoch,steps,slices\n1,100,800\n")
    second = stage("02-train", "train", "epoch,steps,slices\n1,50,400\n", model=first)
    picked = stage("03-pick", "pick", models=[first, second])
    stage("04-predict", "predict", model=picked)
    for step, steps in ((0, 100), (1, 150)):
        write_json(tmp_path / "run" / "03-pick" / "choice.json", {"step": step})
        assert budget_of(tmp_path / "run" / "04-predict").steps == steps


def test_what_is_gone_is_unknown_and_not_nothing(stage, tmp_path):
    assert budget_of(tmp_path / "nowhere") == UNKNOWN
    stage("01-predict", "predict", model=str(tmp_path / "gone"))
    assert budget_of(tmp_path / "run" / "01-predict") == UNKNOWN
    tuned = stage("02-train", "train", "epoch,steps,slices\n1,50,400\n", model=str(tmp_path / "gone"))
    stage("03-predict", "predict", model=tuned)
    assert budget_of(tmp_path / "run" / "03-predict") == UNKNOWN
    relabeled = stage("04-train", "train", "epoch,steps,slices\n1,50,400\n", labels=str(tmp_path / "gone"))
    stage("05-predict", "predict", model=relabeled)
    assert budget_of(tmp_path / "run" / "05-predict") == Budget(50, 400, None)


def test_trainings_are_found_when_all_was_moved(stage, tmp_path):
    first = stage("01-train", "train", "epoch,steps,slices\n1,100,800\n")
    stage("02-predict", "predict", model=first)
    (tmp_path / "run").rename(tmp_path / "moved")
    assert budget_of(tmp_path / "moved" / "02-predict") == Budget(100, 800, 0)
