"""The command: words in, configuration and exit status out."""

import ast
import dataclasses
import errno
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tfpartial import cli
from tfpartial.arguments import FLAGS, parse
from tfpartial.config import CompareConfig, IngestConfig, PhantomConfig, PredictConfig, SourceConfig, TrainConfig
from tfpartial.errors import InputProblems, TfpartialError
from tfpartial.stages import STAGES

VERBS = ("phantom", "train", "predict")
TRAIN_PATHS = ["--store", "s", "--splits", "p", "--out", "o"]


def config(verb, config_class, *words):
    return parse(verb, config_class, list(words), VERBS).config


def test_lists_and_pairs_are_plain_words():
    predict = config("predict", PredictConfig, "--model", "m", "--images", "a.nii.gz", "b", "--out", "o")
    assert predict.images == [Path("a.nii.gz"), Path("b")]
    train = config("train", TrainConfig, *TRAIN_PATHS, "--window-hu", "-100", "250")
    assert train.window_hu == (-100.0, 250.0)


def test_a_switch_needs_no_word():
    predict = config("predict", PredictConfig, "--model", "m", "--out", "o", "--probabilities", "--images", "a")
    assert predict.probabilities
    assert not config("predict", PredictConfig, "--model", "m", "--out", "o", "--probabilities", "false").probabilities


def test_a_file_gives_the_section_of_the_verb_and_later_words_override_it(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("phantom: {out: p, cases: 3, seed: 4}\ntrain: {store: s}\n")
    assert config("phantom", PhantomConfig, "--config", str(file), "--cases", "5") == PhantomConfig(Path("p"), cases=5, seed=4)


def test_nested_options_keep_their_defaults():
    train = config("train", TrainConfig, *TRAIN_PATHS, "--loss.terms.dice.weight", "1", "--network.options.width", "8")
    assert train.loss.terms == {"bce": {"weight": 1.0}, "dice": {"weight": 1}}
    assert (train.network.options, train.network.name) == ({"width": 8}, "unet")


def test_free_options_of_the_command_line_go_into_those_of_the_file(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("train: {loss: {terms: {dice: {organs: all}}}, network: {options: {width: 4}}}\n")
    words = [*TRAIN_PATHS, "--config", str(file), "--loss.terms.dice.weight=0.5", "--network.options.depth", "3"]
    train = config("train", TrainConfig, *words)
    assert train.loss.terms == {"dice": {"organs": "all", "weight": 0.5}}
    assert train.network.options == {"width": 4, "depth": 3}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--network.width", "8"], "train.network.width is called train.network.options.width now"),
        (["--loss.dice-organs=all"], "train.loss.dice_organs is called train.loss.terms.dice.organs now"),
        (["--network.options.width"], "--network.options.width: expected a value after it, got none"),
        (["--network.options.width", "[1"], r"--network.options.width: expected a YAML value, got '\[1'"),
    ],
)
def test_a_free_option_that_cannot_be_taken_is_one_line(words, message):
    with pytest.raises(TfpartialError, match=message):
        config("train", TrainConfig, *TRAIN_PATHS, *words)


def test_free_options_are_taken_in_the_order_of_the_words():
    words = ["--network.options", "{width: 2}", "--network.options.width", "3", "--loss.terms", "{bce: {weight: 2}}"]
    train = config("train", TrainConfig, *TRAIN_PATHS, *words, "--loss.terms.dice.weight", "1")
    assert train.network.options == {"width": 3}
    assert train.loss.terms == {"bce": {"weight": 2}, "dice": {"weight": 1}}


def test_a_whole_group_may_be_a_mapping_or_a_file(tmp_path):
    file = tmp_path / "augment.yaml"
    file.write_text("{scale: 0.3}")
    for text in ("{scale: 0.3}", str(file)):
        assert config("train", TrainConfig, *TRAIN_PATHS, "--augment", text).augment.scale == 0.3
    assert config("train", TrainConfig, *TRAIN_PATHS, "--network={name: other}").network.name == "other"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("train: {network: }", r"train\.network: expected options, such as \{name: VALUE\}, got nothing"),
        ("train: {loss: {terms: }}", r"train\.loss\.terms: expected options, such as \{NAME: VALUE\}, got nothing"),
        ("train: {network: {options: [1]}}", r"train\.network\.options: expected options, .* got \[1\]"),
    ],
)
def test_an_empty_group_of_a_file_is_one_line(tmp_path, text, message):
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(TfpartialError, match=message):
        config("train", TrainConfig, *TRAIN_PATHS, "--config", str(file))


def test_so_is_an_old_name_in_a_file(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("train: {loss: {bce: 1}}\n")
    with pytest.raises(TfpartialError, match=r"train\.loss\.bce is called train.loss.terms.bce.weight now"):
        config("train", TrainConfig, *TRAIN_PATHS, "--config", str(file))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("phantm: {}\n", "unknown section phantm; expected phantom, train, predict"),
        ("- 1\n", "expected one section per verb, got list"),
        ("phantom: [1]\n", "section 'phantom': expected option: value lines, got list"),
        ("phantom: {\n", "expected YAML, got"),
    ],
)
def test_a_broken_file_is_named_with_its_fault(tmp_path, text, message):
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(TfpartialError, match=message):
        config("phantom", PhantomConfig, "--config", str(file))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "p", "--casses", "3"], "casses"),
        (["--out", "p", "--cases", "many"], "many"),
        ([], "out"),
    ],
)
def test_unusable_words_end_with_status_2(words, message, capsys):
    assert cli.main(["phantom", *words]) == cli.USAGE_ERROR
    assert message in capsys.readouterr().err


def test_an_unknown_key_in_a_file_ends_with_status_2(tmp_path, capsys):
    file = tmp_path / "a.yaml"
    file.write_text("phantom: {out: p, colour: red}\n")
    assert cli.main(["phantom", "--config", str(file)]) == cli.USAGE_ERROR
    assert "colour" in capsys.readouterr().err


def test_every_verb_has_help(capsys):
    for verb in cli.STAGES:
        assert cli.main([verb, "-h"]) == 0
        assert f"usage: tfpartial {verb}" in capsys.readouterr().out


def test_the_overview_names_every_verb(capsys):
    assert cli.main([]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {verb} " in shown for verb in cli.STAGES)


def test_an_unknown_verb_ends_with_status_2(capsys):
    assert cli.main(["trian"]) == cli.USAGE_ERROR
    assert "unknown verb 'trian'; expected one of phantom, ingest" in capsys.readouterr().err


class Stage:
    """A stage module that answers, or fails, as told."""

    def __init__(self, result):
        self.result = result

    def run(self, _):
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.fixture
def answer(monkeypatch):
    def install(result):
        monkeypatch.setattr(cli.importlib, "import_module", lambda name: Stage(result))

    return install


def test_json_is_the_only_thing_on_standard_output(answer, capsys):
    answer({"cases": 3, "rows": [{"organ": "liver", "dsc": None}]})
    assert cli.main(["phantom", "--out", "p", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"cases": 3, "rows": [{"organ": "liver", "dsc": None}]}


def test_bad_input_is_one_line_without_a_traceback(answer, capsys):
    answer(TfpartialError("ct.nii.gz: expected 3 dimensions, got 4"))
    assert cli.main(["phantom", "--out", "p"]) == 1
    assert capsys.readouterr().err == "tfpartial phantom: ct.nii.gz: expected 3 dimensions, got 4\n"


def test_problems_are_a_table_and_json(answer, capsys):
    answer(InputProblems("1 problem in 1 file", [{"case": "a", "message": "truncated"}]))
    assert cli.main(["ingest", "--dataset", "d", "--out", "o", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"problems": [{"case": "a", "message": "truncated"}]}
    assert cli.main(["ingest", "--dataset", "d", "--out", "o"]) == 1
    assert "truncated" in capsys.readouterr().out


def test_a_fault_of_the_program_says_so_and_debug_shows_where(answer, capsys):
    answer(ZeroDivisionError("division by zero"))
    assert cli.main(["phantom", "--out", "p"]) == cli.FAULT
    assert "ZeroDivisionError: division by zero (--debug shows the traceback)" in capsys.readouterr().err
    assert cli.main(["phantom", "--out", "p", "--debug"]) == cli.FAULT
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError(errno.EROFS, "Read-only file system", "/mnt/a"), "/mnt/a: Read-only file system"),
        (OSError(errno.EMFILE, "Too many open files", Path("b")), "b: Too many open files"),
        (PermissionError(errno.EACCES, "Permission denied", "c"), "c: Permission denied"),
    ],
)
def test_what_the_operating_system_refuses_is_no_fault_of_the_program(answer, capsys, error, line):
    answer(error)
    assert cli.main(["phantom", "--out", "p"]) == 1
    assert capsys.readouterr().err == f"tfpartial phantom: {line} (--debug shows the traceback)\n"


def test_a_message_cannot_steer_the_terminal(answer, capsys):
    answer(TfpartialError("case \x1b[2J: unknown"))
    assert cli.main(["phantom", "--out", "p"]) == 1
    assert capsys.readouterr().err == "tfpartial phantom: case \\x1b[2J: unknown\n"


def test_words_that_are_booleans_elsewhere_reach_an_option(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("ingest: {out: o, dataset: d, intensities: off}\ntrain: {jit: on}\npredict: {probabilities: yes}\n")
    words, verbs = ["--config", str(file)], (*VERBS, "ingest")
    assert parse("ingest", IngestConfig, words, verbs).config.intensities == "off"
    assert parse("train", TrainConfig, [*words, *TRAIN_PATHS], verbs).config.jit == "on"
    predict = parse("predict", PredictConfig, [*words, "--model", "m", "--out", "o", "--images", "no"], verbs).config
    assert (predict.probabilities, predict.images) == (True, [Path("no")])


@pytest.mark.parametrize(
    "words", ["--scores a b c", "--scores a --scores b c", "--scores a b --scores=c", "--scores [a,b] --scores c"]
)
def test_a_list_that_is_given_again_loses_nothing(words, tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("compare: {scores: [older], out: o}\n")
    config = parse("compare", CompareConfig, ["--config", str(file), *words.split()], ("compare",)).config
    assert config.scores == [Path("a"), Path("b"), Path("c")]


def test_a_missing_extra_is_named(monkeypatch, capsys):
    def fail(name):
        raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")

    monkeypatch.setattr(cli, "import_quietly", fail)
    assert cli.main(["compare", "--manifest", "m", "--scores", "a", "--out", "o"]) == 1
    assert capsys.readouterr().err == "tfpartial compare: needs matplotlib: pip install 'tfpartial[plots]'\n"


def test_help_does_not_load_tensorflow():
    code = "import sys; from tfpartial import cli; cli.main(['train', '-h']); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


def test_a_path_that_begins_with_a_tilde_lies_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    file = tmp_path / "a.yaml"
    file.write_text("ingest: {out: ~/m.json, sources: [{path: ~/data/lits}, {path: a~b}, {path: '~nobody-is-called-so/x'}]}\n")
    ingest = parse("ingest", IngestConfig, ["--config", str(file)], (*VERBS, "ingest")).config
    assert ingest.out == Path("/home/somebody/m.json")
    found = [source.path for source in ingest.sources]
    assert found == [Path("/home/somebody/data/lits"), Path("a~b"), Path("~nobody-is-called-so/x")]


def test_messages_name_no_option_that_only_some_verbs_have():
    """What every verb reads may give advice for `ingest` apart (`FileError.advice`); `--option` must be one of some verb."""
    of_sources = {field.name for field in dataclasses.fields(SourceConfig)}
    options = {field.name for stage in STAGES.values() for field in dataclasses.fields(stage.config)} | {*FLAGS, "config"}
    wrong = []
    for file in sorted((Path(cli.__file__).parent).rglob("*.py")):
        shared = file.parts[-2] in ("formats", "label_maps", "volumes", "store", "fold")
        for call in (node.exc for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Raise)):
            parts = call.args[:3] if isinstance(call, ast.Call) else []  # the fourth is a `FileError`'s advice
            text = " ".join(node.value for part in parts for node in ast.walk(part) if isinstance(getattr(node, "value", 0), str))
            named = set(re.findall(r"(?<![\w-])--([a-z_]+)", text)) - options
            named |= set(re.findall(r"`(\w+)`", text)) & of_sources if shared and "`ingest`" not in text else set()
            wrong += [f"{file.name}:{call.lineno}: {name}" for name in named]
    assert wrong == []
