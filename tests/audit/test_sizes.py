"""What size an organ usually has."""

from pathlib import Path

import pytest

from tfpartial.audit.sizes import is_usual, organ_sizes
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.data.survey.coverage import Spread
from tfpartial.labels import OrganTable


@pytest.fixture
def manifest():
    volumes = {"a": {"liver": 1000, "spleen": 0}, "b": {"liver": 3000}, "c": {"spleen": 5}}
    cases = {
        name: ManifestCase(name, Path("/d"), (), (), tuple(voxels), None, name, (9, 9, 9), (5.0, 1.0, 2.0), voxels)
        for name, voxels in volumes.items()
    }
    return Manifest("demo", OrganTable(("liver", "spleen", "pancreas")), ("CT",), (), 0.1, cases)


def test_volumes_are_of_cases_where_the_organ_is_annotated_and_there(manifest):
    sizes = organ_sizes(manifest, None)
    assert (sizes["liver"].cases, sizes["liver"].median) == (2, 20.0)
    assert (sizes["spleen"].cases, sizes["spleen"].median) == (1, 0.05)
    assert (sizes["pancreas"].cases, sizes["pancreas"].median) == (0, None)


def test_simulated_annotations_count_instead(manifest):
    sizes = organ_sizes(manifest, {"b": ("liver",), "c": ()})
    assert (sizes["liver"].cases, sizes["liver"].median, sizes["spleen"].cases) == (1, 30.0, 0)


@pytest.mark.parametrize(("volume_ml", "usual"), [(4.9, False), (5.0, True), (40.0, True), (40.1, False)])
def test_half_and_twice_the_labelled_volumes_are_usual(volume_ml, usual):
    assert is_usual(volume_ml, Spread(2, 15.0, None, 10.0, 10.0, 15.0, 20.0, 20.0)) is usual


def test_no_size_is_usual_of_an_organ_that_nobody_labelled():
    assert not is_usual(10.0, Spread.of([]))
