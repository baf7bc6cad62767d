"""Names of cases and organs: what they may be, and every file that brings some."""

import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tfpartial import cli
from tfpartial.comparison.averages import MEAN as MEAN_OF_ORGANS
from tfpartial.comparison.scores import COLUMNS, read_scores
from tfpartial.data.fold.positions import read_positions
from tfpartial.data.fold.pseudo_labels import PseudoLabels
from tfpartial.data.fold.simulate import read_annotations
from tfpartial.data.fold.split import read_folds
from tfpartial.data.formats.volume_files import label_maps
from tfpartial.data.from_json import from_json
from tfpartial.data.manifest import read_manifest
from tfpartial.data.store.store import Store
from tfpartial.data.survey.fingerprint import read_fingerprint
from tfpartial.errors import TfpartialError
from tfpartial.inference.cases import find_cases
from tfpartial.inference.probability_files import organ_file
from tfpartial.integrity import checks_below
from tfpartial.labels import OrganTable
from tfpartial.names import ROWS, CaseId, fault_of_case, fault_of_organ
from tfpartial.pictures.scene import file_scene
from tfpartial.ranking.rows import MEAN
from tfpartial.segmenter.seen_cases import read_seen_cases
from tfpartial.text_table import ALL

ROOT = Path(__file__).parents[1]
BAD = "../../x"


@pytest.mark.parametrize("name", ["a", "007", "scan v2.1 (final)", "1.2.840.113", "a..b", "肝臓", "a" * 200, "-1", "=1+1"])
def test_a_file_name_is_the_name_of_a_case(name):
    assert fault_of_case(name) is None


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "not empty"),
        (" ", "not empty"),
        (None, "not empty"),
        ("../x", "none with '/'"),
        ("a/b", "none with '/'"),
        ("a\\b", "none with '/'"),
        ("..", "none that begins with '.'"),
        (".unfinished-a", "none that begins with '.'"),
        ("a\x1b[2Jb", "without control characters"),
        ("a\nb", "without control characters"),
        ("a\x00", "without control characters"),
        ("a\udc80", "without control characters"),
        ("肝" * 67, "at most 200 bytes, got 201"),
    ],
)
def test_what_is_no_file_name_is_no_name_of_a_case(name, fault):
    assert fault in fault_of_case(name)


def test_rows_of_tables_are_no_organs():
    assert set(ROWS) == {MEAN_OF_ORGANS, MEAN, ALL}
    for name in ROWS:
        with pytest.raises(TfpartialError, match=f"organ table: '{name}': tables call the row over all organs so"):
            OrganTable(("liver", name))


def test_an_organ_may_have_a_slash_but_no_control_characters():
    assert fault_of_organ("liver/lesion") is None
    assert "without control characters" in fault_of_organ("liver\x1b[31m")
    assert [organ_file(name) for name in ("liver/lesion", "../x", ".x")] == [
        "liver_lesion.nii.gz",
        "_._x.nii.gz",
        "_x.nii.gz",
    ]


def manifest(folder, name):
    case = {"root": 0, "images": [], "labels": [], "annotated": [], "source": None, "patient": "p", "size_zyx": [1, 1, 1]}
    case |= {"spacing_mm_zyx": [1.0, 1.0, 1.0]}
    common = {"name": "d", "roots": ["/d"], "organs": ["liver"], "channel_names": [], "priority": ["liver"], "tolerance_mm": 0.1}
    (folder / "f.json").write_text(json.dumps({"format": 2, **common, "cases": {name: case}}))
    return read_manifest(folder / "f.json")


def splits(folder, name):
    (folder / "f.json").write_text(json.dumps({"format": 1, "folds": [{"train": [], "val": [], "test": [name]}]}))
    return read_folds(folder / "f.json")


def annotations(folder, name):
    (folder / "f.json").write_text(json.dumps({"format": 1, "folds": [{name: []}]}))
    return read_annotations(folder / "f.json", 0, OrganTable(("liver",)))


def positions(folder, name):
    (folder / "positions.json").write_text(json.dumps({"format": 1, "cases": {name: {}}}))
    return read_positions(folder)


def layers(folder, name):
    record = {"sha256": "0", "annotated": [], "pseudo": [], "accepted": []}
    steps = [{"step": 1, "cases": {name: record}}]
    (folder / "labels.json").write_text(json.dumps({"format": 1, "organs": ["liver"], "size": [1, 1], "steps": steps}))
    return PseudoLabels.open(folder)


def store(folder, name):
    (folder / "store.json").write_text(json.dumps({"format": 2, "cases": {name: {}}}))
    return Store.open(folder)


def fingerprint(folder, name):
    case = {"size_zyx": [1, 1, 1], "spacing_mm_zyx": [1.0, 1.0, 1.0]}
    about = {"name": "d", "organs": {}, "channel_names": [], "foreground_intensity": {}}
    (folder / "fingerprint.json").write_text(json.dumps({"format": 1, **about, "cases": {name: case}}))
    return read_fingerprint(folder / "fingerprint.json")


def seen_cases(folder, name):
    (folder / "cases.json").write_text(json.dumps({"format": 1, "learned": [name], "validated": []}))
    return read_seen_cases(folder)


def scores(folder, name):
    about = {"organs": [], "predictions": "p", "manifest": "m", "surface": "voxels", "tolerances_mm": {}}
    (folder / "summary.json").write_text(json.dumps(about))
    (folder / "done.json").write_text("{}")
    (folder / "scores.csv").write_text(",".join(COLUMNS) + f"\n{name},liver,scored{',' * (len(COLUMNS) - 3)}\n")
    return read_scores(folder)


@pytest.mark.parametrize("read", [manifest, splits, annotations, positions, layers, store, fingerprint, seen_cases, scores])
def test_every_reader_refuses_a_case_that_would_lead_out_of_the_folder(tmp_path, read):
    with pytest.raises(TfpartialError, match=rf"\.(json|csv): case '{BAD}': a name becomes a file name") as caught:
        read(tmp_path, BAD)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("verb", ["prepare", "write", "split"])
def test_nothing_is_written_of_a_manifest_that_leads_out_of_the_folder(tmp_path, capsys, verb):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    with contextlib.suppress(TfpartialError):
        manifest(inner, "../../evil")
    before = sorted(tmp_path.rglob("*"))
    assert cli.main([verb, "--manifest", str(inner / "f.json"), "--out", str(inner / "out"), "--json"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{inner / 'f.json'}: case '../../evil': a name becomes a file name" in line
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("name", "write"), [("store.json", store), ("labels.json", layers)])
def test_checksums_of_a_case_outside_of_the_folder_are_not_looked_at(tmp_path, name, write):
    with contextlib.suppress(TfpartialError):
        write(tmp_path, BAD)
    ((path, problem),) = checks_below(tmp_path).unreadable.items()
    assert path == tmp_path / name
    assert f"case '{BAD}': a name becomes a file name" in problem


def test_a_record_of_another_case_than_the_store_says_is_refused(tmp_path):
    about = {"name": "d", "organs": ["liver"], "size": [1, 1], "spacing_mm": None, "channel_names": ["CT"]}
    (tmp_path / "store.json").write_text(json.dumps({"format": 2, **about, "cases": {"a": {"id": BAD}}}))
    with pytest.raises(TfpartialError, match=r"store\.json: expected the store; its content has no usable id of case 'a'"):
        Store.open(tmp_path)


@pytest.mark.parametrize(("kind", "content"), [(CaseId, BAD), (tuple[CaseId, ...], ["a", BAD]), (Mapping[CaseId, int], {BAD: 1})])
def test_an_id_in_json_is_looked_at(kind, content):
    with pytest.raises(ValueError, match=rf"^drawn: case '{BAD}': a name becomes a file name"):
        from_json(kind, content, "drawn")


def test_a_good_id_in_json_is_taken():
    assert from_json(Mapping[CaseId, tuple[CaseId, ...]], {"a": ["b", "c"]}) == {"a": ("b", "c")}


HOSTILE = "a\x1b[2J"
"""A file may be called so; one with a slash there cannot be."""


def test_label_maps_whose_names_no_case_has_are_refused(tmp_path):
    (tmp_path / f"{HOSTILE}.nii.gz").touch()
    with pytest.raises(TfpartialError, match=r"case 'a\\x1b\[2J': expected a name without control characters"):
        label_maps(tmp_path)


def test_pictures_are_not_called_by_a_name_that_no_case_has(tmp_path):
    (tmp_path / f"{HOSTILE}.nii.gz").touch()
    with pytest.raises(TfpartialError, match=r"case 'a\\x1b\[2J': expected a name without control characters"):
        file_scene(tmp_path / f"{HOSTILE}.nii.gz", tmp_path / "label.nii.gz", None, [])


MAKERS = ("tfpartial/names.py",)
"""Where `CaseId` is called: a cast of a name that nobody looked at would pass the type checker."""


def test_only_checked_names_become_ids():
    casts = re.compile(r"\bCaseId\(|cast\(\W*CaseId")
    folders = ("tfpartial", "data_prep", "train", "evaluate", "benchmarks")
    files = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    assert {path.relative_to(ROOT).as_posix() for path in files if casts.search(path.read_text(encoding="utf-8"))} == {*MAKERS}


def test_a_folder_to_predict_is_called_by_its_own_name(tmp_path, monkeypatch):
    (tmp_path / "scan").mkdir()
    (tmp_path / "scan" / "1").write_bytes(bytes(128) + b"DICM")
    monkeypatch.chdir(tmp_path / "scan")
    for path in (".", "../scan", "../scan/."):
        assert [case.id for case in find_cases([tmp_path.__class__(path)], ["CT"])] == ["scan"]


def test_a_file_to_predict_whose_name_steers_a_terminal_is_refused(tmp_path):
    (tmp_path / "a\x1b[2J.nii").write_bytes(b"")
    with pytest.raises(TfpartialError, match=r"^/.*[^m]: case 'a\\x1b\[2J': expected a name without control characters"):
        find_cases([tmp_path], ["CT"])
