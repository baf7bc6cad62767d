"""The stage: version folders."""

import json
from dataclasses import replace

import pytest

from tfpartial.config import ExportConfig
from tfpartial.errors import TfpartialError
from tfpartial.evaluate import export


@pytest.fixture
def config(unet_segmenter, tmp_path):
    return ExportConfig(model=unet_segmenter, out=tmp_path / "served")


def test_a_version_folder_is_written_whole(config):
    summary = export.run(config)
    folder = config.out / "1"
    assert [path.name for path in config.out.iterdir()] == ["1"]
    assert (folder / "saved_model.pb").is_file()
    assert json.loads((folder / "assets" / "organs.json").read_text())["organs"]["3"] == "left kidney"
    assert (summary["saved_model"], summary["precision"]) == (str(folder), "float32")


def test_a_version_that_is_there_stays_as_it_is(config):
    (config.out / "1").mkdir(parents=True)
    with pytest.raises(TfpartialError, match=r"served/1: this version is there already; expected a new version number"):
        export.run(config)
    assert not list((config.out / "1").iterdir())


def test_a_failure_leaves_no_version(config, monkeypatch):
    def fail(*_):
        raise RuntimeError("disk full")

    monkeypatch.setattr(export, "save_model", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        export.run(config)
    assert not list(config.out.iterdir())


def test_versions_that_tf_serving_would_not_take_are_refused(config):
    with pytest.raises(TfpartialError, match="version: expected 1 or more, as TF Serving does, got 0"):
        export.run(replace(config, version=0))


def test_a_folder_without_a_segmenter_is_named(config, tmp_path):
    with pytest.raises(TfpartialError, match=r"nothing/segmenter.json: no such file; expected the card"):
        export.run(replace(config, model=tmp_path / "nothing"))


def test_a_full_disk_is_named_and_leaves_no_version(config, full_after):
    with full_after(4096), pytest.raises(TfpartialError, match=r"served/1: cannot be written: File too large$"):
        export.run(config)
    assert not config.out.exists() or not list(config.out.iterdir())
