"""`train` on a state that is damaged or of another network: one line that names the file, and nothing is changed."""

import dataclasses
import shutil

import numpy as np
import pytest

from tfpartial import cli
from tfpartial.artifacts import sha256
from tfpartial.training.callbacks import STATE

SMALL = ("--network.options.width", 2, "--batch", 4, "--steps_per_epoch", 1, "--validate_every", 2)
DAMAGED = f"{STATE}: expected the state of a training, got a damaged file"


def words(tiny_run, out):
    paths = ("--store", tiny_run.store, "--splits", tiny_run.splits, "--annotations", tiny_run.annotations, "--out", out)
    return [str(word) for word in ("train", *paths, *SMALL, "--epochs", 1, "--json")]


@pytest.fixture(scope="module")
def begun(tiny_run, tmp_path_factory):
    """A training that was stopped after it wrote its state."""
    out = tmp_path_factory.mktemp("run") / "model"
    assert cli.main(words(tiny_run, out)) == 0
    (out / "done.json").unlink()
    return out


def of_another_network(path):
    with np.load(path) as state:
        arrays = dict(state)
    arrays["variable_0"] = np.repeat(arrays["variable_0"], 2, axis=-1)  # twice as wide
    np.savez(path, **arrays)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


ROWS = {
    "cut short": (lambda path: path.write_bytes(path.read_bytes()[:-100]), DAMAGED),
    "empty": (lambda path: path.write_bytes(b""), DAMAGED),
    "a flipped byte": (flip, DAMAGED),
    "of another network": (of_another_network, f"{STATE}: expected 199 variables of this network and trainer, got 199 of other"),
}


def learned(folder):
    return {name: sha256(folder / name) for name in (STATE, "last.keras", "metrics.csv", "segmenter.json")}


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_a_state_that_cannot_be_gone_on_with_is_one_line(begun, tiny_run, capsys, row):
    damage, line = ROWS[row]
    sound = (begun / STATE).read_bytes()
    damage(begun / STATE)
    before = learned(begun)
    try:
        assert cli.main(words(tiny_run, begun)) == 1
    finally:
        after = learned(begun)
        (begun / STATE).write_bytes(sound)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and f"{begun / line}" in said[0], said
    assert after == before


@pytest.mark.slow
def test_a_damaged_image_of_the_store_is_one_line(tiny_run, tmp_path, capsys):
    shutil.copytree(tiny_run.store, tmp_path / "store")
    for path in (tmp_path / "store").rglob("image.npy"):
        flip(path)
    damaged = dataclasses.replace(tiny_run, store=tmp_path / "store")
    assert cli.main(words(damaged, tmp_path / "model")) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"tfpartial train: {tmp_path / 'store'}" in line and "image.npy: is damaged" in line


@pytest.mark.slow
def test_the_sound_state_is_gone_on_with(begun, tiny_run):
    """The rows above are refused for their damage alone."""
    assert cli.main(words(tiny_run, begun)) == 0
    assert (begun / "done.json").is_file()
