"""Trainings with bounds of sizes and with pairs of voxels, through the command line."""

import csv
import json
import math

import pytest

from tfpartial import cli
from tfpartial.data.store.store import Store


@pytest.mark.slow
@pytest.mark.parametrize("more", [("--activation", "softmax"), ("--deep_supervision", "true", "--precision", "mixed_bfloat16")])
def test_each_term_has_a_column_of_the_metrics(train, tiny_run, tmp_path, capsys, more):
    """The sizes come from the file of `coverage`, and one organ's from the words."""
    sizes, organ = tmp_path / "sizes.json", Store.open(tiny_run.store).organs.names[0]
    words = ["--manifest", tiny_run.manifest, "--annotations", tiny_run.annotations, "--out", tmp_path / "coverage"]
    assert cli.main(["coverage", *map(str, [*words, "--sizes", sizes, "--workers", 1, "--json"])]) == 0
    assert json.loads(sizes.read_text())["organs"][organ]["area_mm2"]["n"] > 0
    terms = {
        "size": f"{{weight: 0.5, bounds_from: {sizes}, high: p95, slices: all, bounds_voxels: {{{organ}: [1024, .inf]}}}}",
        "crf": "{weight: 0.1, window: 3}",
        "laplacian": "{weight: 0.1, window: 5, pairs: both, sigma_mm: 50, sigma_intensity: 2}",
    }
    status, printed = train(*(f"--loss.terms.{name}={options}" for name, options in terms.items()), *more)
    assert status == 0, printed
    with (tmp_path / "model" / "metrics.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    values = {name: float(row[name]) for name in ("loss", "bce", *terms)}
    assert all(math.isfinite(value) and value > 0 for value in values.values())
    weighted = values["bce"] + 0.5 * values["size"] + 0.1 * (values["crf"] + values["laplacian"])
    assert values["loss"] == pytest.approx(weighted, rel=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("bounds_mm2={ORGAN: [5, 2]}", "bounds_mm2: ORGAN: expected 0 or more and no less than that, got 5 and 2"),
        ("bounds_mm2={brain: [0, 2]}", "bounds_mm2: no organ 'brain'; expected some of ORGANS"),
        ("bounds_from=nothing.json", "bounds_from: nothing.json: no such file; expected the sizes of organs"),
    ],
)
def test_bounds_that_cannot_be_are_one_line_before_the_first_step(train, tiny_run, tmp_path, options, message):
    organs = Store.open(tiny_run.store).organs.names
    message = message.replace("ORGANS", ", ".join(organs)).replace("ORGAN", organs[0])
    expected = f"tfpartial train: loss.terms.size.{message}\n"
    assert train(f"--loss.terms.size.{options.replace('ORGAN', organs[0])}") == (1, expected)
    assert not (tmp_path / "model" / "metrics.csv").exists()
