"""Folders of stages that lead to each other."""

import pytest
import yaml


@pytest.fixture
def stage(tmp_path):
    """Writes the folder of a stage; options that end in a name of a stage lead to its folder."""

    def make(name, verb, metrics=None, **options):
        folder = tmp_path / "run" / name
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(yaml.safe_dump({verb: options | {"out": str(folder)}}))
        if metrics is not None:
            (folder / "metrics.csv").write_text(metrics)
        return str(folder)

    return make
