"""The stage: where the page goes, and which folders are refused."""

import pytest

from tfpartial import cli
from tfpartial.config import ReportConfig, ScoreConfig
from tfpartial.errors import TfpartialError
from tfpartial.evaluate import report, score


@pytest.fixture
def scores(manifest, tmp_path):
    """A folder with the scores of a perfect prediction."""
    (tmp_path / "predictions").mkdir()
    (tmp_path / "data" / "a.nii.gz").rename(tmp_path / "predictions" / "a.nii.gz")
    (tmp_path / "data" / "a.nii.gz").symlink_to(tmp_path / "predictions" / "a.nii.gz")
    score.run(ScoreConfig(manifest, tmp_path / "predictions", tmp_path / "run" / "scores", workers=1))
    return tmp_path / "run"


def test_the_page_is_in_the_folder_or_where_it_is_asked_for(scores, tmp_path):
    summary = report.run(ReportConfig(scores))
    assert summary["report"] == str(scores / "report.html")
    assert summary["sections"] == ["overview", "results", "spread", "cases", "scores", "provenance"]
    page = (scores / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert summary["megabytes"] == round(len(page.encode()) / 1e6, 2)
    report.run(ReportConfig(scores, out=tmp_path / "pages" / "mine.html"))
    assert (tmp_path / "pages" / "mine.html").read_text() == page


def test_the_folder_is_the_first_word_of_the_command(scores, capsys):
    assert cli.main(["report", str(scores), "--cases", "0", "--quiet"]) == 0
    assert "cases" not in capsys.readouterr().out.split("sections: ")[1].split("\n")[0]


def test_a_folder_that_is_no_run_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(TfpartialError, match="expected the folder of a run, a sweep or a stage, found no stage's"):
        report.run(ReportConfig(tmp_path))
    assert not list(tmp_path.iterdir())


def test_the_pictures_take_the_window_that_is_asked_for(scores):
    dark, bright = (_pictures(scores, window) for window in ((299.0, 300.0), (-1000.0, -999.0)))
    assert dark != bright


def _pictures(scores, window_hu):
    report.run(ReportConfig(scores, window_hu=window_hu))
    return [line for line in (scores / "report.html").read_text().splitlines() if "<image" in line]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cases": -1}, "cases: expected 0 or more, got -1"),
        ({"window_hu": (300.0, -160.0)}, "window_hu: expected the lower number first"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path, options, message):
    with pytest.raises(TfpartialError, match=message):
        ReportConfig(tmp_path, **options)
