"""YAML as a person writes it, and as somebody writes it who means harm."""

import pytest

from tfpartial.errors import TfpartialError
from tfpartial.yaml_file import LIMIT, parse_yaml, read_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("off", "off"),
        ("On", "On"),
        ("[yes, no, y, n]", ["yes", "no", "y", "n"]),
        ("[true, False]", [True, False]),
        ("{no: 1}", {"no": 1}),
        ("{a: &x [1], b: *x}", {"a": [1], "b": [1]}),
        ("", None),
    ],
)
def test_only_true_and_false_are_booleans(text, value):
    assert parse_yaml(text) == value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_in_its_encoding(tmp_path, encoding):
    (tmp_path / "a.yaml").write_bytes("organ: Gallengang-Ä".encode(encoding))
    assert read_yaml(tmp_path / "a.yaml", "YAML configuration") == {"organ": "Gallengang-Ä"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BOMB, "more than 100000 values with the aliases written out; raise the environment variable TFPARTIAL_YAML_VALUES"),
        ("a: &a [*a]", "a value that holds itself"),
        ("[" * 5000, "values within values too deep"),
        ("a: 1\na: 2", "'a' twice"),
        ("b: 1\na: 1\na: 2\nb: 2", "'b' twice"),
        ("a: [", "while parsing"),
        ("organ: Gallengang-Ä x".encode("latin-1"), "invalid continuation byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_fault(tmp_path, content, reason):
    (tmp_path / "a.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TfpartialError, match=rf"a\.yaml: expected YAML, got .*{reason}"):
        read_yaml(tmp_path / "a.yaml", "YAML configuration")


def test_the_limit_can_be_raised(monkeypatch):
    monkeypatch.setenv(LIMIT, "2")
    with pytest.raises(ValueError, match="more than 2 values"):
        parse_yaml("[1, 2]")
    monkeypatch.setenv(LIMIT, "3")
    assert parse_yaml("[1, 2]") == [1, 2]
    monkeypatch.setenv(LIMIT, "many")
    with pytest.raises(TfpartialError, match=f"environment variable {LIMIT}: expected a whole number, got 'many'"):
        parse_yaml("[1, 2]")
