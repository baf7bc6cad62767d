"""A recipe fills in what nothing else says, and the configuration shows it."""

import re
from pathlib import Path

import pytest
import yaml

from tfpartial.arguments import build, parse
from tfpartial.config import AugmentConfig, OptimizerConfig, RandomRange, TrainConfig
from tfpartial.config.recipes import NNUNET
from tfpartial.errors import TfpartialError
from tfpartial.provenance import plain
from tfpartial.stages import SECTIONS
from tfpartial.training.check import check

PATHS = {"store": "store", "splits": "splits.json", "out": "out"}
WORDS = [word for name, value in PATHS.items() for word in (f"--{name}", value)]
SGD = OptimizerConfig("sgd", {"momentum": 0.99, "nesterov": True, "weight_decay": 3e-5}, clip_norm=12.0)


def parsed(*words):
    return parse("train", TrainConfig, [*WORDS, *words], SECTIONS).config


def from_file(tmp_path, train, *words):
    path = tmp_path / "exp.yaml"
    path.write_text(yaml.safe_dump({"train": train}))
    return parsed("--config", str(path), *words)


def test_the_recipe_of_nnunet_is_the_published_one():
    config = parsed("--recipe", "nnunet")
    assert (config.learning_rate, config.final_learning_rate, config.decay) == (0.01, 0.0, "polynomial")
    assert config.optimizer == SGD
    assert config.deep_supervision
    assert (config.augment.rotation_deg, config.augment.rotation_share) == (180.0, 0.2)
    assert (config.augment.scale, config.augment.scale_share) == ((0.7, 1.4), 0.2)
    assert config.augment.intensity.noise == RandomRange(0.1, 0.0, 0.1)
    assert config.augment.intensity.inverted_gamma == RandomRange(0.1, 0.7, 1.5)
    assert config.augment.intensity.low_resolution == RandomRange(0.25, 0.5, 1.0)
    assert not config.augment.flip
    assert config.loss.terms["dice"] == {"weight": 1.0, "form": "linear", "smooth": 1e-5}
    check(config)


@pytest.mark.parametrize("way", ["word with =", "file", "both", "build"])
def test_every_way_to_name_it_gives_the_same(way, tmp_path):
    expected = parsed("--recipe", "nnunet")
    made = {
        "word with =": lambda: parsed("--recipe=nnunet"),
        "file": lambda: from_file(tmp_path, {"recipe": "nnunet"}),
        "both": lambda: from_file(tmp_path, {}, "--recipe", "nnunet"),
        "build": lambda: build("train", TrainConfig, {**PATHS, "recipe": "nnunet"}),
    }[way]()
    assert made == expected


def test_what_is_written_down_shows_each_of_its_options():
    written = plain(parsed("--recipe", "nnunet"))

    def shown(options, where):
        return all(
            shown(value, where[name]) if isinstance(value, dict) else where[name] == value for name, value in options.items()
        )

    assert written["recipe"] == "nnunet" and shown(NNUNET, written)


def test_each_option_can_be_changed_and_the_others_stay(tmp_path):
    section = {
        "recipe": "nnunet",
        "learning_rate": 0.5,
        "loss": {"terms": {"bce": {"weight": 2}}},
        "augment": {"rotation_deg": 15},
    }
    words = ("--augment.scale_share", "1.0", "--optimizer.options.momentum", "0.5", "--network.options.width", "4")
    config = from_file(tmp_path, section, *words)
    assert config.learning_rate == 0.5
    assert config.loss.terms == {**NNUNET["loss"]["terms"], "bce": {"weight": 2}}
    assert (config.augment.rotation_deg, config.augment.rotation_share, config.augment.scale_share) == (15, 0.2, 1.0)
    assert config.optimizer.options == {**SGD.options, "momentum": 0.5}
    assert config.network.options == {"width": 4}
    built = build("train", TrainConfig, {**PATHS, **section})
    assert built.loss == config.loss and built.learning_rate == 0.5 and built.augment.rotation_deg == 15


def test_the_word_goes_before_the_file(tmp_path):
    assert from_file(tmp_path, {"recipe": "nnunet"}, "--recipe", "null") == parsed()


def test_without_one_nothing_changes():
    assert parsed() == TrainConfig(*(Path(PATHS[name]) for name in ("store", "splits", "out")))
    assert parsed().augment == AugmentConfig()


def test_an_unknown_one_is_refused(capsys):
    with pytest.raises(SystemExit):
        parsed("--recipe", "nnformer")
    assert "nnformer" in capsys.readouterr().err
    with pytest.raises(TfpartialError, match="nnformer"):
        build("train", TrainConfig, {**PATHS, "recipe": "nnformer"})


def test_a_name_without_its_options_is_refused():
    """In Python the class alone does not fill it in; trained with the defaults it would be a recipe by name only."""
    config = TrainConfig(Path("store"), Path("splits.json"), Path("out"), recipe="nnunet")
    with pytest.raises(TfpartialError, match=re.escape("recipe: 'nnunet' is not filled in")):
        check(config)
