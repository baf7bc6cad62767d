"""Whether a file is still the one that was read."""

import os

import pytest

from tfpartial.artifacts import sha256
from tfpartial.data.store.sources import as_read, is_as_read


@pytest.mark.parametrize("release", ["this", "older"])
def test_a_file_is_read_again_when_somebody_has_written_to_it(tmp_path, release):
    path = tmp_path / "a"
    path.write_bytes(b"one")
    remembered = as_read(path)
    assert remembered["crc32"] == 0x7A6C86F1
    if release == "older":
        remembered = {"modified_ns": remembered["modified_ns"], "sha256": sha256(path)}
    os.utime(path, ns=(1, 1))
    assert is_as_read(path, remembered)
    path.write_bytes(b"two")
    os.utime(path, ns=(2, 2))
    assert not is_as_read(path, remembered)


def test_a_folder_is_another_one_when_a_file_has_another_name_or_content(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text(name)
    remembered = as_read(tmp_path) | {"modified_ns": 0}
    assert is_as_read(tmp_path, remembered)
    (tmp_path / "a").write_text("b")
    assert not is_as_read(tmp_path, remembered)
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").rename(tmp_path / "c")
    assert not is_as_read(tmp_path, remembered)
