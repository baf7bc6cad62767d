"""What a segmenter says of the cases that it has seen."""

import pytest

from tfpartial.errors import TfpartialError
from tfpartial.segmenter.seen_cases import SEEN_CASES, read_seen_cases, write_seen_cases


def test_a_tuned_segmenter_has_seen_what_the_first_one_has(tmp_path):
    first, tuned = tmp_path / "first", tmp_path / "tuned"
    write_seen_cases(first, ["a", "b"], ["v"])
    write_seen_cases(tuned, ["c"], ["w"], first)
    seen = read_seen_cases(tuned)
    assert (seen.of("last"), seen.of("best")) == ({"a", "b", "c"}, {"a", "b", "c", "v", "w"})


def test_what_was_tuned_from_an_unknown_segmenter_does_not_say_it(tmp_path):
    write_seen_cases(tmp_path, ["a"], [], tmp_path / "older release")
    with pytest.raises(TfpartialError, match=r"cases\.json: no such file; expected the cases that a segmenter has seen"):
        read_seen_cases(tmp_path)


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / SEEN_CASES).write_text('{"format": 1}')
    with pytest.raises(TfpartialError, match=r"cases\.json: expected the cases .*; its content has no usable 'learned'"):
        read_seen_cases(tmp_path)
