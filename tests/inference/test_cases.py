"""Which files are which cases."""

from pathlib import Path

import pytest

from tfpartial.data.files import ImageFile
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.errors import TfpartialError
from tfpartial.inference.cases import InputCase, find_cases, manifest_cases
from tfpartial.labels import OrganTable

ROOT = Path("/d")


def touch(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def case_of(path, name):
    return InputCase(name, (ImageFile(path),))


def ids(cases):
    return [case.id for case in cases]


def test_a_folder_gives_its_volumes_and_nothing_else(tmp_path):
    folder = touch(tmp_path / "in", "b.nii.gz", "a.nrrd", "._a.nrrd", "notes.txt", "dataset.json")
    (folder / "sub.nii.gz").mkdir()
    assert find_cases([folder], ["CT"]) == [case_of(folder / "a.nrrd", "a"), case_of(folder / "b.nii.gz", "b")]


def test_channel_numbers_are_grouped_in_order(tmp_path):
    folder = touch(tmp_path / "in", "x_0001.nii.gz", "x_0000.nii.gz", "y_0000.nii.gz", "y_0001.nii.gz")
    cases = find_cases([folder], ["CT", "PET"])
    assert cases[0] == InputCase("x", (ImageFile(folder / "x_0000.nii.gz"), ImageFile(folder / "x_0001.nii.gz")))
    assert ids(cases) == ["x", "y"]


def test_one_channel_loses_its_number(tmp_path):
    assert ids(find_cases([touch(tmp_path / "in", "x_0000.nii.gz", "y.nii.gz")], ["CT"])) == ["x", "y"]


def test_numbers_that_cannot_be_channels_belong_to_the_name(tmp_path):
    folder = touch(tmp_path / "in", "amos_0004.nii.gz", "amos_0005.nii.gz")
    assert ids(find_cases([folder], ["CT"])) == ["amos_0004", "amos_0005"]


def test_a_file_named_twice_is_one_case(tmp_path):
    folder = touch(tmp_path / "in", "a.nii.gz")
    assert ids(find_cases([folder, folder / "a.nii.gz"], ["CT"])) == ["a"]


def test_a_folder_with_a_dicom_series_is_one_case(tmp_path):
    folder = touch(tmp_path / "series", "notes.txt")
    (folder / "I10").write_bytes(bytes(128) + b"DICM")
    assert find_cases([folder], ["CT"]) == [case_of(folder, "series")]


def test_dicom_folders_of_one_name_are_told_apart_by_their_parents(tmp_path):
    places = [tmp_path / name for name in ("a/p1/ct", "a/p2/ct", "b/p2/ct", "b/p3/mr")]
    for place in places:
        place.mkdir(parents=True)
        (place / "I10").write_bytes(bytes(128) + b"DICM")
    assert ids(find_cases(places[:2], ["CT"])) == ["p1_ct", "p2_ct"]
    assert find_cases([places[3], places[1]], ["CT"]) == [case_of(places[1], "ct"), case_of(places[3], "mr")]
    assert ids(find_cases(places, ["CT"])) == ["a_p1_ct", "a_p2_ct", "b_p2_ct", "mr"]


def series(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "I10").write_bytes(bytes(128) + b"DICM")
    return folder


@pytest.mark.parametrize(
    ("inside", "path", "name"),
    [
        ("p1/ct", ".", "ct"),
        ("p1/ct", "../ct/", "ct"),
        ("p1/ct/deeper", "..", "ct"),
        ("p1", "link", "link"),
        ("p1/ct", "../link/.", "link"),
        ("p1/ct", "../link/../mr", "mr"),
    ],
)
def test_a_series_is_called_after_its_folder_however_the_path_is_written(tmp_path, monkeypatch, inside, path, name):
    series(tmp_path / "p1/ct"), series(tmp_path / "elsewhere/mr")
    (tmp_path / "p1/ct/deeper").mkdir()
    (tmp_path / "p1/link").symlink_to(tmp_path / "elsewhere/mr")
    monkeypatch.chdir(tmp_path / inside)
    assert ids(find_cases([Path(path)], ["CT"])) == [name]


def test_parents_tell_series_apart_however_their_paths_are_written(tmp_path, monkeypatch):
    series(tmp_path / "p1/ct"), series(tmp_path / "p2/ct")
    monkeypatch.chdir(tmp_path / "p1/ct")
    assert ids(find_cases([Path(), Path("../../p2/ct")], ["CT"])) == ["p1_ct", "p2_ct"]
    with pytest.raises(TfpartialError, match=r"case 'ct' stands twice: \. and \.\./ct$"):
        find_cases([Path(), Path("../ct")], ["CT"])


def test_the_root_of_all_folders_gives_no_name(monkeypatch):
    monkeypatch.setattr("tfpartial.inference.cases.holds_dicom", lambda _: True)
    with pytest.raises(TfpartialError, match=r"^/: case '': expected a name that is not empty$"):
        find_cases([Path("/")], ["CT"])


def test_the_two_files_of_a_pair_are_one_case(tmp_path):
    folder = touch(tmp_path / "in", "a.hdr", "a.img", "b.img.gz", "b.hdr.gz", "lone.img")
    expected = [case_of(folder / name, name.partition(".")[0]) for name in ("a.hdr", "b.hdr.gz", "lone.img")]
    assert find_cases([folder], ["CT"]) == expected
    assert find_cases(sorted(folder.iterdir()), ["CT"]) == expected


def test_dicom_files_may_be_called_img(tmp_path):
    folder = touch(tmp_path / "series")
    (folder / "I10.img").write_bytes(bytes(128) + b"DICM")
    assert find_cases([folder], ["CT"]) == [case_of(folder, "series")]


def test_the_form_that_is_believed_goes_to_every_image(tmp_path):
    folder = touch(tmp_path / "in", "x_0000.nii.gz", "x_0001.nii.gz", "y_0000.nii.gz", "y_0001.nii.gz")
    cases = find_cases([folder], ["CT", "PET"], "qform")
    assert [image.nifti_form for case in cases for image in case.images] == ["qform"] * 4


def test_endings_may_be_in_upper_case(tmp_path):
    assert ids(find_cases([touch(tmp_path / "in", "A.NII.GZ", "b.PNG", "c_0000.Nrrd")], ["CT"])) == ["A", "b", "c"]


def test_dicom_files_beside_volumes_are_left_out_with_a_warning(tmp_path, caplog):
    folder = touch(tmp_path / "in", "a.nii.gz", "notes.txt")
    assert ids(find_cases([folder], ["CT"])) == ["a"]
    assert caplog.text == ""
    for name in ("I10", "I11.dcm"):
        (folder / name).write_bytes(bytes(128) + b"DICM")
    assert ids(find_cases([folder], ["CT"])) == ["a"]
    assert "in: leaves out 2 DICOM files, the first is I10; put the series into a folder of its own" in caplog.text


def test_the_colours_of_a_picture_are_the_channels_of_a_network_that_has_three(tmp_path):
    folder = touch(tmp_path / "in", "a.png")
    expected = InputCase("a", tuple(ImageFile(folder / "a.png", component=colour) for colour in range(3)))
    assert find_cases([folder], ["red", "green", "blue"]) == [expected]


@pytest.mark.parametrize(
    ("names", "channels", "message"),
    [
        (["x_0000.nii.gz", "x_0001.nii.gz"], ["CT"], r"case 'x': expected .* channels 0000 \(CT\), got files 0000, 0001"),
        (["x_0000.nii.gz"], ["CT", "PET"], r"case 'x': expected .* 0000 \(CT\), 0001 \(PET\), got files 0000"),
        (["x.nii.gz"], ["CT", "PET"], r"x.nii.gz: the network takes 2 channels; expected files x_0000, x_0001"),
        (["x.nii.gz", "x.nrrd"], ["CT"], r"case 'x' stands twice: .*x.nii.gz and .*x.nrrd"),
        (["x_0000.nii.gz", "x_0000.mha"], ["CT"], r"two files for one volume: .*x_0000.mha and .*x_0000.nii.gz"),
        (["notes.txt"], ["CT"], r"in: expected volumes or pictures \(.nii.gz, .*\) or a DICOM series"),
    ],
)
def test_files_that_do_not_make_cases_are_named(tmp_path, names, channels, message):
    with pytest.raises(TfpartialError, match=message):
        find_cases([touch(tmp_path / "in", *names)], channels)


def test_a_path_that_is_no_volume_is_named(tmp_path):
    with pytest.raises(TfpartialError, match=r"gone: no such file or folder"):
        find_cases([tmp_path / "gone"], ["CT"])
    with pytest.raises(TfpartialError, match=r"a.txt: expected a volume"):
        find_cases([touch(tmp_path / "in", "a.txt") / "a.txt"], ["CT"])


def manifest():
    cases = {
        name: ManifestCase(name, ROOT, (ImageFile(ROOT / f"{name}.nii.gz"),), (), (), None, name, (2, 3, 4), (1.0, 1.0, 1.0))
        for name in ("a", "b")
    }
    return Manifest("demo", OrganTable(("liver",)), ("CT",), ("liver",), 0.1, cases)


def test_a_manifest_gives_all_its_cases_or_those_asked_for():
    assert ids(manifest_cases(manifest(), None, ["CT"])) == ["a", "b"]
    assert manifest_cases(manifest(), ["b"], ["CT"]) == [case_of(ROOT / "b.nii.gz", "b")]


def test_a_manifest_that_does_not_fit_is_named():
    with pytest.raises(TfpartialError, match="case 'c' is not in the manifest"):
        manifest_cases(manifest(), ["c"], ["CT"])
    with pytest.raises(TfpartialError, match=r"manifest 'demo': expected the network's channels \(MR\), got \(CT\)"):
        manifest_cases(manifest(), None, ["MR"])
