"""The documents: data sets that `ingest` takes, experiments that can be planned, code that runs, pages that the code wrote."""

import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import yaml
from reference import PAGES as PAGES_OF_THE_CODE

from tfpartial.arguments import parse
from tfpartial.config import IngestConfig, SweepConfig
from tfpartial.experiment.methods import method_specs
from tfpartial.experiment.specification import read_experiment, specify
from tfpartial.experiment.sweep import plan_sweep
from tfpartial.stages import SECTIONS, STAGES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(page for page in DOCS.rglob("*.md") if DOCS / "results" not in page.parents))
README = PAGES[0].read_text(encoding="utf-8")
BLOCKS = [block for page in PAGES for block in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)]
SOURCES = [block for block in BLOCKS if (yaml.safe_load(block).get("ingest") or {}).get("sources")]
SWEEPS = [block for block in BLOCKS if "sweep" in yaml.safe_load(block)]


@pytest.mark.parametrize("block", SOURCES)
def test_an_example_of_several_sources_is_a_configuration(block, tmp_path):
    path = tmp_path / "example.yaml"
    path.write_text(block)
    config = parse("ingest", IngestConfig, ["--config", str(path)], tuple(STAGES)).config
    assert len(config.sources) > 1


@pytest.mark.parametrize("block", SWEEPS)
def test_an_example_of_a_sweep_can_be_planned(block, tmp_path):
    path = tmp_path / "example.yaml"
    path.write_text(block)
    config = parse("sweep", SweepConfig, ["--config", str(path)], SECTIONS).config
    sections = read_experiment(path)
    methods = method_specs(specify(config.stages, sections), config.methods, sections)
    plan = plan_sweep(methods, tmp_path / "sweep", config.alphas, config.folds)
    assert len(plan.cells) == len(config.methods) * len(config.alphas) * len(config.folds)
    if "inerrant" in config.methods:
        own = {cell.labels["method"]: cell.stages[0].name for cell in plan.cells if cell.labels["alpha"] == 0.3}
        assert own["certain"] == "alpha0.3/fold0/certain/05-train"
        assert own["inerrant"] == "alpha0.3/fold0/inerrant/06-confidence"


def test_the_library_example_of_the_readme_trains():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    rng = np.random.default_rng(0)
    label = tf.constant(rng.integers(0, 8, (2, 32, 32)), tf.uint8)
    annotated = tf.constant([[True] * 7, [True, False] * 3 + [True]])
    batch = {"image": tf.constant(rng.integers(-200, 300, (2, 32, 32, 1)), tf.int16), "label": label, "annotated": annotated}
    names = {"label": label, "annotated": annotated, "logits": tf.zeros((2, 32, 32, 7))}
    names |= {"batches": tf.data.Dataset.from_tensors(batch).repeat(2)}
    exec(code.replace("(512, 512, 1), width=64", "(32, 32, 1), width=2"), names)
    assert names["weights"].shape == (2, 32, 32, 7) and float(names["loss"]) > 0
    assert all(np.isfinite(weight).all() for weight in names["network"].get_weights())


@pytest.mark.parametrize("name", PAGES_OF_THE_CODE)
def test_a_page_that_the_code_wrote_is_as_it_would_write_it_now(name):
    assert (DOCS / "reference" / name).read_text(encoding="utf-8") == PAGES_OF_THE_CODE[name](), "run `make readme`"


def test_every_option_has_a_text():
    rows = [line for line in PAGES_OF_THE_CODE["options.md"]().splitlines() if line.startswith("| `")]
    assert len(rows) > 200
    assert [row for row in rows if row.endswith("|  |")] == []


def test_the_readme_is_short():
    lines = README.splitlines()
    assert len(lines) <= 130
    assert [line for line in lines if len(line) > 120] == []


def test_there_are_such_examples():
    assert len(SOURCES) >= 2
    assert any("curriculum:" in block for block in SWEEPS)
