"""Files are written whole or not at all."""

import hashlib
import json

import pytest

from tfpartial.artifacts import atomic_file, atomic_folder, parsing, read_json, sha256, write_json
from tfpartial.errors import TfpartialError


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "scores.nii.gz"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="disk full"), atomic_file(path) as temporary:
        assert temporary.name.endswith(".nii.gz")
        temporary.write_text("half")
        raise RuntimeError("disk full")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_folder_is_not_there(tmp_path):
    with pytest.raises(RuntimeError, match="killed"), atomic_folder(tmp_path / "case") as temporary:
        (temporary / "image.npy").write_bytes(b"half")
        raise RuntimeError("killed")
    assert list(tmp_path.iterdir()) == []


def test_refuses_to_replace_a_folder(tmp_path):
    with pytest.raises(TfpartialError, match="is there already"), atomic_folder(tmp_path):
        pass


def test_json_goes_out_and_comes_back(tmp_path):
    write_json(tmp_path / "deep" / "a.json", {"z": 1, "a": [None, 2.5]})
    assert read_json(tmp_path / "deep" / "a.json", "numbers") == {"z": 1, "a": [None, 2.5]}


def test_no_changed_bit_of_a_json_file_is_read_as_something_else(tmp_path):
    path, content = tmp_path / "a.json", {"organs": ["liver", "é"], "mean": -51.5, "n": 10, "cases": {"007": None, "b": True}}
    write_json(path, content)
    written, refused = path.read_bytes(), 0
    for place in range(len(written)):
        for bit in range(8):
            path.write_bytes(written[:place] + bytes([written[place] ^ 1 << bit]) + written[place + 1 :])
            try:
                read = read_json(path, "numbers")
            except TfpartialError:
                refused += 1
            else:  # white space, or a letter of an escape
                assert read == content
    assert refused > 8 * len(written) * 0.8


def test_a_file_that_was_changed_on_purpose_has_no_checksum(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"roots": ["/old"], "n": 1})
    path.write_text(path.read_text().replace("/old", "/new"))
    with pytest.raises(TfpartialError, match=r"a\.json: the manifest was damaged or changed .* removes its line 'checksum'"):
        read_json(path, "manifest")
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "checksum" not in line).replace("1,", "1"))
    assert read_json(path, "manifest") == {"roots": ["/new"], "n": 1}


def test_a_file_of_another_format_has_no_checksum_in_it(tmp_path):
    write_json(tmp_path / "dataset.json", {"labels": {"liver": 1}}, with_checksum=False)
    assert json.loads((tmp_path / "dataset.json").read_text()) == {"labels": {"liver": 1}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_of_other_programs_is_read_in_its_encoding(tmp_path, encoding):
    (tmp_path / "a.json").write_bytes('{"Gallengang": "ä"}'.encode(encoding))
    assert read_json(tmp_path / "a.json", "numbers") == {"Gallengang": "ä"}


def test_json_refuses_nan(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", float("nan"))
    assert list(tmp_path.iterdir()) == []


def test_says_what_was_expected_of_a_missing_or_broken_json(tmp_path):
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(TfpartialError, match="expected the manifest as JSON, got"):
        read_json(tmp_path / "broken.json", "manifest")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(TfpartialError, match=r"deep\.json: expected the manifest as JSON, got values within values too deep"):
        read_json(tmp_path / "deep.json", "manifest")
    (tmp_path / "latin.json").write_bytes('{"a": "ä"}'.encode("latin-1"))
    with pytest.raises(TfpartialError, match=r"latin\.json: expected the manifest as JSON, got 'utf-8' codec"):
        read_json(tmp_path / "latin.json", "manifest")
    with pytest.raises(TfpartialError, match="no such file; expected the manifest"):
        read_json(tmp_path / "none.json", "manifest")


def test_checksum_is_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_a_json_file_of_something_else_is_told_by_what_it_lacks(tmp_path):
    message = r"a\.json: expected the manifest; its content has no usable 'root'"
    with pytest.raises(TfpartialError, match=message), parsing(tmp_path / "a.json", "manifest"):
        {"alpha": 0.3}["root"]
