"""The data sets in the documentation are ones that `ingest` takes."""

import re
from pathlib import Path

import pytest
import yaml

from tfpartial.arguments import parse
from tfpartial.cli import STAGES
from tfpartial.config import IngestConfig

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCKS = [block for page in PAGES for block in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)]
SOURCES = [block for block in BLOCKS if (yaml.safe_load(block).get("ingest") or {}).get("sources")]


@pytest.mark.parametrize("block", SOURCES)
def test_an_example_of_several_sources_is_a_configuration(block, tmp_path):
    path = tmp_path / "example.yaml"
    path.write_text(block)
    config = parse("ingest", IngestConfig, ["--config", str(path)], tuple(STAGES)).config
    assert len(config.sources) > 1


def test_there_are_such_examples():
    assert len(SOURCES) >= 2
