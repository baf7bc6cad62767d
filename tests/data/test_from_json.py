import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from tfpartial.data.from_json import from_json


@dataclass(frozen=True)
class Inner:
    path: Path
    keys: Mapping[str, tuple[int | str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Outer:
    name: str | None
    size: tuple[int, int]
    spacing_mm: float
    way: Literal["same", "nearest"]
    inner: tuple[Inner, ...]


GOOD = Outer("a", (3, 4), 1.5, "nearest", (Inner(Path("b.nii"), {"liver": (1, "x")}), Inner(Path("c"))))


def as_json(value):
    return json.loads(json.dumps(dataclasses.asdict(value), default=str))


def test_comes_back_from_json():
    assert from_json(Outer, as_json(GOOD)) == GOOD


def test_a_field_with_a_default_may_be_left_out_and_a_whole_number_is_a_number():
    content = as_json(GOOD) | {"spacing_mm": 2, "name": None}
    del content["inner"][0]["keys"]
    assert from_json(Outer, content) == dataclasses.replace(
        GOOD, name=None, spacing_mm=2.0, inner=(Inner(Path("b.nii")), Inner(Path("c")))
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": [3]}, r"size: expected a list of 2, got \[3\]"),
        ({"size": [3, "4"]}, 'size: expected a whole number, got "4"'),
        ({"size": [3, True]}, "size: expected a whole number, got true"),
        ({"spacing_mm": None}, "spacing_mm: expected a number, got null"),
        ({"spacing_mm": float("nan")}, "spacing_mm: expected a number, got NaN"),
        ({"spacing_mm": 10**400}, "spacing_mm: expected a number, got 1000"),
        ({"way": "linear"}, 'way: expected one of same, nearest, got "linear"'),
        ({"inner": [{"path": 7}]}, "inner.path: expected a path, got 7"),
        ({"inner": [{"path": "b", "keys": {"liver": [1.5]}}]}, "inner.keys.liver: expected a text, got 1.5"),
        ({"inner": [[]]}, r"inner: expected an object, got \[\]"),
        ({"inner": [{}]}, "inner: no 'path'"),
        ({"colour": "red"}, "value: an unknown 'colour'"),
    ],
)
def test_refuses_what_does_not_fit_by_its_place(changes, message):
    with pytest.raises(ValueError, match=message):
        from_json(Outer, as_json(GOOD) | changes)
