import pytest

from tfpartial.data.confined import inside, require_inside
from tfpartial.data.problem import FileError


@pytest.mark.parametrize("name", ["imagesTr/a.nii.gz", "./a.nii.gz", "a..b/c"])
def test_a_name_inside_of_the_data_set_is_taken(tmp_path, name):
    assert inside(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize("name", ["../a.nii.gz", "imagesTr/../../a.nii.gz", "/etc/passwd", "..", "..\\a.nii.gz"])
def test_a_name_that_leads_out_is_refused(tmp_path, name):
    with pytest.raises(FileError, match="expected a name inside of the data set") as caught:
        inside(tmp_path, name)
    assert caught.value.kind == "outside"


def test_a_link_may_stay_inside(tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    require_inside(tmp_path, tmp_path / "b")


def test_a_data_set_may_itself_be_reached_by_a_link(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (real / "a").write_text("x")
    (tmp_path / "link").symlink_to(real)
    require_inside(tmp_path / "link", tmp_path / "link" / "a")


@pytest.mark.parametrize("depth", ["file", "folder"])
def test_a_link_that_leads_out_is_refused(tmp_path, depth):
    root, other = tmp_path / "root", tmp_path / "other"
    for folder in (root, other):
        folder.mkdir()
    (other / "a").write_text("x")
    (root / "a").symlink_to(other / "a") if depth == "file" else (root / "sub").symlink_to(other)
    path = root / "a" if depth == "file" else root / "sub" / "a"
    with pytest.raises(FileError, match="is a link that leads out of the data set"):
        require_inside(root, path)
