"""The data sets in the documentation are ones that `ingest` takes, and its experiments can be planned."""

import re
from pathlib import Path

import pytest
import yaml

from tfpartial.arguments import parse
from tfpartial.config import IngestConfig, SweepConfig
from tfpartial.experiment.methods import method_specs
from tfpartial.experiment.specification import read_experiment, specify
from tfpartial.experiment.sweep import plan_sweep
from tfpartial.stages import SECTIONS, STAGES

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
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


def test_there_are_such_examples():
    assert len(SOURCES) >= 2
    assert any("curriculum:" in block for block in SWEEPS)
