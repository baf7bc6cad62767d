import errno
import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.data.layouts import archive
from tfpartial.data.layouts.archive import is_archive, unpack
from tfpartial.data.problem import FileError
from tfpartial.errors import TfpartialError

FILES = {"data/images/a.nii": b"image", "data/labels/a.nii": b"label"}


def write_zip(path, files, links=()):
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
        for name, target in links:
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o120777 << 16
            opened.writestr(info, target)
    return path


def write_tar(path, files, *extra):
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as opened:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            opened.addfile(info, io.BytesIO(content))
        for info in extra:
            opened.addfile(info)
    return path


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def device(name, kind):
    info = tarfile.TarInfo(name)
    info.type = kind
    return info


def below(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["set.zip", "set.tar", "set.tar.gz", "set.tgz", "SET.ZIP"])
def test_unpacks_and_steps_into_the_only_folder(tmp_path, name):
    path = tmp_path / name
    (write_zip if name.lower().endswith("zip") else write_tar)(path, FILES)
    root = unpack(path, tmp_path / "unpacked")
    assert root.name == "data"
    assert below(root) == {"images/a.nii": b"image", "labels/a.nii": b"label"}


def test_without_a_single_folder_the_data_set_is_named_after_the_archive(tmp_path):
    root = unpack(write_tar(tmp_path / "lits.tar.gz", {"a.nii": b"a", "b/c.nii": b"c"}), tmp_path / "unpacked")
    assert root.name == "lits"
    assert below(root) == {"a.nii": b"a", "b/c.nii": b"c"}


def test_clutter_of_other_systems_is_no_second_folder(tmp_path):
    root = unpack(write_zip(tmp_path / "set.zip", FILES | {"__MACOSX/._a": b"", ".DS_Store": b""}), tmp_path / "unpacked")
    assert root.name == "data"


def test_unpacks_again_only_when_the_archive_has_changed(tmp_path):
    path, into = tmp_path / "set.zip", tmp_path / "unpacked"
    first = unpack(write_zip(path, FILES), into)
    (first / "mark").touch()
    assert unpack(path, into) == first
    assert (first / "mark").exists()
    write_zip(path, FILES | {"data/new.nii": b"new"})
    second = unpack(path, into)
    assert second != first
    assert (second / "new.nii").read_bytes() == b"new"


def test_keeps_links_inside_of_the_archive(tmp_path):
    path = write_tar(tmp_path / "set.tar", FILES, link("data/images/b.nii", "a.nii"))
    root = unpack(path, tmp_path / "unpacked")
    assert (root / "images/b.nii").read_bytes() == b"image"


def write_encrypted(path):
    write_zip(path, {"a.nii": b"a"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1  # general purpose flags of the central directory, bit 0 (APPNOTE 4.4.4)
    path.write_bytes(content)


def write_twice(path, *names):
    with zipfile.ZipFile(path, "w") as opened:
        for name in names:
            opened.writestr(name, name)


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[content.index(b"a.niiimage") + 6] ^= 0xFF  # the content follows the name
    path.write_bytes(content)


def cut(path, size):
    path.write_bytes(path.read_bytes()[:size])


BAD = [
    # archive, how it is written, kind, message
    ("a.zip", lambda path: write_zip(path, {"../x.nii": b""}), "outside", "'../x.nii' would lead out of the folder"),
    ("a.zip", lambda path: write_zip(path, {"data/../../x.nii": b""}), "outside", "'data/../../x.nii' would lead out"),
    ("a.zip", lambda path: write_zip(path, {"..\\x.nii": b""}), "outside", "would lead out of the folder"),
    ("a.zip", lambda path: write_zip(path, {"/etc/x.nii": b""}), "outside", "'/etc/x.nii' would lead out"),
    ("a.zip", lambda path: write_zip(path, FILES, [("data/b.nii", "a.nii")]), "unsafe_archive", "'data/b.nii' is a link"),
    ("a.zip", write_encrypted, "unsafe_archive", "'a.nii' is encrypted; unpack it yourself"),
    ("a.zip", lambda path: flip_a_byte(write_zip(path, FILES)), "damaged", "cannot be unpacked: Bad CRC-32 for file"),
    ("a.zip", lambda path: cut(write_zip(path, FILES), -30), "damaged", "cannot be unpacked: File is not a zip file"),
    ("a.zip", lambda path: path.write_bytes(b"no archive"), "damaged", "cannot be unpacked: File is not a zip file"),
    ("a.zip", lambda path: write_zip(path, {}), "empty_archive", "holds no file"),
    ("a.tar", lambda path: write_tar(path, {"../x.nii": b""}), "outside", "'../x.nii' would lead out of the folder"),
    ("a.tar", lambda path: write_tar(path, {"/etc/x.nii": b""}), "outside", "'/etc/x.nii' would lead out"),
    (
        "a.tar",
        lambda path: write_tar(path, {}, link("a", "/etc/passwd")),
        "outside",
        "the link 'a' to '/etc/passwd' would lead out",
    ),
    ("a.tar", lambda path: write_tar(path, {}, link("a", "b/../../c")), "outside", "the link 'a' to 'b/../../c' would lead out"),
    ("a.tar", lambda path: write_tar(path, {}, link("a", "../c", tarfile.LNKTYPE)), "outside", "the link 'a' to '../c'"),
    ("a.tar", lambda path: write_tar(path, {}, device("a", tarfile.CHRTYPE)), "unsafe_archive", "'a' is a device or a pipe"),
    ("a.tar", lambda path: write_tar(path, {}, device("a", tarfile.FIFOTYPE)), "unsafe_archive", "'a' is a device or a pipe"),
    ("a.tar", lambda path: write_tar(path, {}), "empty_archive", "holds no file"),
    ("a.tar", lambda path: cut(write_tar(path, FILES), 1024), "damaged", "ends early: the archive has no end mark"),
    ("a.tar", lambda path: cut(write_tar(path, FILES), 515), "damaged", "cannot be unpacked: unexpected end of data"),
    ("a.tgz", lambda path: cut(write_tar(path, FILES), 60), "damaged", "cannot be unpacked: Compressed file ended before"),
    ("a.tgz", lambda path: path.write_bytes(b"no archive"), "damaged", "cannot be unpacked: "),
    (
        "a.zip",
        lambda path: write_twice(path, "data/a.nii", "data/./a.nii"),
        "unsafe_archive",
        "has 'data/./a.nii' twice: which of both is meant nobody can tell",
    ),
    (
        "a.tar",
        lambda path: write_tar(path, FILES, tarfile.TarInfo("./data/images/a.nii")),
        "unsafe_archive",
        "has './data/images/a.nii' twice",
    ),
    ("a.zip", lambda path: None, "missing_file", "no such file; expected an archive (.zip, .tar, .tar.gz, .tgz)"),
]


@pytest.mark.parametrize(("name", "write", "kind", "message"), BAD, ids=[f"{row[0]}-{row[2]}-{n}" for n, row in enumerate(BAD)])
def test_refuses(tmp_path, name, write, kind, message):
    write(tmp_path / name)
    before = set(tmp_path.iterdir())
    with pytest.raises(FileError) as caught:
        unpack(tmp_path / name, tmp_path / "unpacked")
    assert (caught.value.path, caught.value.kind) == (tmp_path / name, kind)
    assert message in caught.value.reason
    assert set(tmp_path.iterdir()) - before <= {tmp_path / "unpacked"}
    assert below(tmp_path / "unpacked") == {}


@pytest.mark.parametrize("name", ["a.zip", "a.tgz"])
def test_an_archive_that_unpacks_to_far_more_than_it_is_needs_consent(tmp_path, name, monkeypatch):
    monkeypatch.setattr(archive, "SMALL", 1000)
    path, into = tmp_path / name, tmp_path / "unpacked"
    files = {"a.nii": bytes(10**6), "b.nii": b"b"}
    if name.endswith("zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
            for member, content in files.items():
                opened.writestr(member, content)
    else:
        write_tar(path, files)
    with pytest.raises(FileError, match=r"would unpack to more than \d+ bytes, expected less; raise unpack_growth if") as caught:
        unpack(path, into)
    assert caught.value.kind == "unsafe_archive"
    assert not into.exists()
    assert below(unpack(path, into, growth=2000)) == files


def test_a_full_disk_is_not_taken_for_a_damaged_archive(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "extractall", full)
    with pytest.raises(TfpartialError, match=r"unpacked/.*: cannot be written: No space left on device"):
        unpack(write_zip(tmp_path / "a.zip", FILES), tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()


@pytest.mark.parametrize("name", ["...zip", "..zip", ".zip"])
def test_a_name_that_is_nearly_nothing_does_not_lead_out(tmp_path, name):
    assert unpack(write_zip(tmp_path / name, {"a.nii": b"a", "b.nii": b"b"}), tmp_path / "unpacked").name == "archive"


@given(end=st.integers(0, 400), compressed=st.booleans())
def test_a_cut_archive_is_refused_wherever_it_ends(tmp_path_factory, end, compressed):
    folder = tmp_path_factory.mktemp("cut")
    whole = write_tar(folder / ("a.tgz" if compressed else "a.tar"), FILES).read_bytes()
    (folder / "b").mkdir()
    path = folder / "b" / ("a.tgz" if compressed else "a.tar")
    # A plain tar file may lack its padding: it is whole with the block after its two members of two blocks each.
    size = len(whole) if compressed else 5 * 512
    path.write_bytes(whole[: end * size // 401])
    with pytest.raises(FileError):
        unpack(path, folder / "unpacked")
    assert not list((folder / "unpacked").glob("*"))


@pytest.mark.parametrize(("name", "expected"), [("a.zip", True), ("a.tar.gz", True), ("A.TGZ", True), ("a.nii.gz", False)])
def test_knows_archives_by_their_names(tmp_path, name, expected):
    (tmp_path / name).touch()
    assert is_archive(tmp_path / name) == expected
    assert not is_archive(tmp_path)
