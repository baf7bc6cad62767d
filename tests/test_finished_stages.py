"""Which folders are stages, and where in a sweep they stand."""

import pytest

from tfpartial.checksums import write_checksums
from tfpartial.config import ReportConfig
from tfpartial.errors import TfpartialError
from tfpartial.finished_stages import Place, find_stages
from tfpartial.provenance import begin, say_done


@pytest.fixture
def stage(tmp_path):
    """Makes a stage folder."""

    def make(name, verb="report", finished=True):
        folder = tmp_path / "run" / name
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(f"{verb}: {{}}\n")
        if finished:
            say_done(folder, {"minutes": 2.0})
        return tmp_path / "run"

    return make


@pytest.mark.parametrize(
    ("name", "place", "label"),
    [
        ("07-score", Place(), ""),
        ("alpha0.3/fold1/certain/07-score", Place("certain", 0.3, 1), "certain, α 30 %, fold 1"),
        ("fold2/naive/07-score", Place("naive", None, 2), "naive, fold 2"),
        ("fold2/seed10/naive/07-score", Place("naive", None, 2, 10), "naive, fold 2, seed 10"),
        ("alpha1e-05/03-simulate", Place("", 1e-05, None), "α 0.001 %"),
        ("scores/certain", Place("scores/certain"), "scores/certain"),
    ],
)
def test_names_of_folders_tell_method_share_and_fold(stage, name, place, label):
    (found,) = find_stages(stage(name, "score"))
    assert (found.name, found.place, found.place.label) == (name, place, label)


def test_a_stage_may_be_the_folder_itself(stage):
    (found,) = find_stages(stage("certain", "score") / "certain")
    assert (found.name, found.verb, found.place.method) == ("certain", "score", "certain")


def test_a_damaged_stage_is_left_out_and_named(stage, caplog):
    root = stage("01-split", "split")
    write_checksums(root / "01-split")
    stage("02-score", "score")
    (root / "01-split" / "config.yaml").write_text("relabel: {}\n")
    assert [found.name for found in find_stages(root)] == ["02-score"]
    assert "01-split/config.yaml: was damaged or changed after its stage was finished" in caplog.text


def test_what_a_stage_said_is_not_read_from_a_damaged_file(stage, caplog):
    root = stage("01-split", "split")
    done = root / "01-split" / "done.json"
    done.write_text(done.read_text().replace("2.0", "3.0"))
    assert find_stages(root)[0].summary == {}
    assert "done.json: the description of a stage was damaged or changed" in caplog.text


def test_only_stages_are_found_and_reports_are_none(stage, tmp_path, caplog):
    root = stage("01-split", "split", finished=False)
    stage("02-report", "report")
    stage(".hidden", "split")
    stage("01-split/inside", "split")
    (stage("other") / "other" / "config.yaml").write_text("split: {}\nscore: {}\n")
    (stage("broken") / "broken" / "config.yaml").write_text("colour: red\n")
    assert [(found.name, found.finished) for found in find_stages(root)] == [("01-split", False)]
    assert "left out of the report: " in caplog.text
    assert "unknown section colour" in caplog.text


def test_what_a_stage_wrote_is_read_and_what_is_broken_is_empty(stage):
    root = stage("01-score", "score")
    (found,) = find_stages(root)
    assert (found.summary, found.provenance) == ({"minutes": 2.0}, {})
    (root / "01-score" / "provenance.json").write_text("{")
    assert found.provenance == {}


def test_a_begun_stage_is_found_before_it_has_done_anything(tmp_path):
    begin(tmp_path / "01-report-of-mine", "export", ReportConfig(tmp_path))
    assert [found.verb for found in find_stages(tmp_path)] == ["export"]


def test_a_folder_without_stages_is_refused(tmp_path):
    with pytest.raises(
        TfpartialError, match=r"expected the folder of a run, a sweep or a stage, found no stage's config\.yaml in it"
    ):
        find_stages(tmp_path)
    with pytest.raises(TfpartialError, match="nothing: no such folder; expected that of a run, a sweep or a stage"):
        find_stages(tmp_path / "nothing")
