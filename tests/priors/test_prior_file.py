"""The file of the priors."""

import dataclasses
import json

import numpy as np
import pytest

from tfpartial.errors import TfpartialError
from tfpartial.priors import OrganPrior, SpatialPrior, read_prior, write_prior
from tfpartial.priors.spatial_prior import FILE_NAME, References


@pytest.fixture
def prior():
    rng = np.random.default_rng(0)
    own = OrganPrior("left kidney", rng.random((5, 6, 7)).astype(np.float32), 80.5, 2.5, 12)
    references = References(rng.random((2, 5, 5, 5)).astype(np.float32), ("a", "b"), 0.7)
    centres, volumes = rng.random((3, 2, 3)).astype(np.float32), rng.random((3, 2)).astype(np.float32)
    organs = ("liver", "left kidney")
    return SpatialPrior(organs, {"left kidney": own}, {"left kidney": references}, "mm", 1e-3, 4.0, centres, volumes)


def test_comes_back_as_it_was_written(prior, tmp_path):
    write_prior(prior, tmp_path)
    back = read_prior(tmp_path)
    assert (back.organs, back.unit, back.epsilon, back.grid_mm) == (prior.organs, "mm", 1e-3, 4.0)
    one, other = back.priors["left kidney"], prior.priors["left kidney"]
    assert (one.depth, one.step, one.cases) == (other.depth, other.step, other.cases)
    np.testing.assert_array_equal(one.probability, other.probability)
    np.testing.assert_array_equal(back.references["left kidney"].masks, prior.references["left kidney"].masks)
    assert back.references["left kidney"].cases == ("a", "b")
    np.testing.assert_array_equal(back.centres_mm, prior.centres_mm)
    np.testing.assert_array_equal(back.volumes_ml, prior.volumes_ml)


@pytest.mark.parametrize("changes", [{"least": "epsilon"}, {"margin": 12.5}, {"margin": None}])
def test_its_settings_come_back_too(prior, tmp_path, changes):
    changed = dataclasses.replace(prior, **changes)
    write_prior(changed, tmp_path)
    back = read_prior(tmp_path)
    assert (back.least, back.margin) == (changed.least, changed.margin)


def test_one_of_an_older_release_is_limited_by_the_number_of_cases(prior, tmp_path):
    """Its file does not say `least`."""
    write_prior(prior, tmp_path)
    with np.load(tmp_path / FILE_NAME) as file:
        arrays = dict(file)
    meta = json.loads(str(arrays.pop("meta")))
    del meta["least"]
    np.savez(tmp_path / FILE_NAME, meta=np.array(json.dumps(meta)), **arrays)
    assert read_prior(tmp_path).least_of("left kidney") == 0.5 / 13


DAMAGE = {
    "cut short": lambda data: data[: len(data) // 2],
    "changed": lambda data: data[:200] + b"\x00" * 40 + data[240:],
    "something else": lambda data: b"{}",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_one_that_was_cut_short_or_changed_is_refused(prior, tmp_path, damage):
    write_prior(prior, tmp_path)
    path = tmp_path / FILE_NAME
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.raises(
        TfpartialError, match=rf"{FILE_NAME}: expected the spatial priors that `prior` writes, got a damaged file"
    ):
        read_prior(tmp_path)


def test_names_the_file_that_is_not_there(tmp_path):
    with pytest.raises(TfpartialError, match=rf"{FILE_NAME}: no such file; expected the spatial priors"):
        read_prior(tmp_path)


def test_refuses_an_epsilon_that_leaves_nothing():
    with pytest.raises(TfpartialError, match=r"epsilon: expected above 0, below 0.5, got 0.5"):
        SpatialPrior(("liver",), {}, epsilon=0.5)
