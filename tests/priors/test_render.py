"""Where the prior of a slice comes to lie."""

import numpy as np
import pytest
import tensorflow as tf

from tfpartial.config import AugmentConfig
from tfpartial.data.feed.augment import draw_affine, warp
from tfpartial.priors import OrganPrior, SlicePlaces, SpatialPrior, place_prior
from tfpartial.priors.render import PriorRenderer

SIZE = (12, 16)


def prior(probability, depth=6.0, step=2.0, cases=99, **options):
    own = OrganPrior("spleen", np.asarray(probability, np.float32), depth, step, cases)
    return SpatialPrior(("liver", "spleen"), {"spleen": own}, **options)


def places(*centres, spacing=(1.0, 2.0, 2.0)):
    """The second organ at these centres, the first one nowhere."""
    centre = np.full((len(centres), 2, 3), np.nan, np.float32)
    centre[:, 1] = centres
    return SlicePlaces(centre, np.tile(np.float32(spacing), (len(centres), 1)))


def test_a_cell_of_the_size_of_a_voxel_is_copied():
    # The middle of 12 x 16 voxels lies between voxels 5 and 6, 7 and 8; a centre 1 mm off is on voxels (6, 8).
    bins = np.zeros((1, 3, 3))
    bins[0] = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]
    placed = np.array(place_prior(prior(bins, epsilon=0.01), places((0, 1, 1)), SIZE))[0, ..., 1]
    np.testing.assert_allclose(placed[5:8, 7:10], bins[0], atol=1e-6)
    placed[5:8, 7:10] = 0.01
    np.testing.assert_allclose(placed, 0.01, atol=1e-6)


def test_each_slice_takes_the_bin_in_which_it_lies():
    bins = np.broadcast_to(np.float32([0.2, 0.5, 0.8])[:, None, None], (3, 30, 30))
    heights = [-2.9, -1.1, -0.9, 0.9, 1.1, 3.0, 3.1, -3.1]  # of the slice over the organ's centre; the box is 6 mm deep
    placed = np.asarray(place_prior(prior(bins), places(*((-height, 0, 0) for height in heights)), SIZE))[:, 6, 8, 1]
    np.testing.assert_allclose(placed, [0.2, 0.2, 0.5, 0.5, 0.8, 0.8, 0.005, 0.005], atol=1e-6)


def test_an_organ_without_prior_or_place_gets_exactly_one_half():
    placed = np.asarray(place_prior(prior(np.ones((1, 3, 3))), places((0, 0, 0), (np.nan, 0, 0)), SIZE))
    assert (placed[..., 0] == 0.5).all() and (placed[1] == 0.5).all() and (placed[0, ..., 1] != 0.5).any()


def test_in_voxels_the_spacing_of_the_case_does_not_matter():
    one = prior(np.full((2, 3, 3), 0.7), depth=4, step=1, unit="voxels")
    fine = place_prior(one, places((1, 3, -2), spacing=(1.0, 1.0, 1.0)), SIZE)
    coarse = place_prior(one, places((5, 9, -6), spacing=(5.0, 3.0, 3.0)), SIZE)
    np.testing.assert_array_equal(fine, coarse)


def test_probabilities_stay_within_what_the_number_of_cases_can_tell():
    few = np.asarray(place_prior(prior(np.ones((1, 9, 9)), cases=1), places((0, 0, 0)), SIZE))[..., 1]
    assert (few.min(), few.max()) == (0.25, 0.75)
    many = np.asarray(place_prior(prior(np.ones((1, 9, 9)), cases=10_000, epsilon=1e-3), places((0, 0, 0)), SIZE))[..., 1]
    assert (many.min(), many.max()) == (np.float32(1e-3), np.float32(1) - np.float32(1e-3))


def test_without_the_limit_by_the_number_of_cases_epsilon_alone_counts():
    one = prior(np.ones((1, 9, 9)), cases=1, epsilon=1e-3, least="epsilon")
    placed = np.asarray(place_prior(one, places((0, 0, 0)), SIZE))[..., 1]
    assert (placed.min(), placed.max()) == (np.float32(1e-3), np.float32(1) - np.float32(1e-3))


def test_without_a_margin_an_organ_is_nowhere_out_of_reach():
    one = prior(np.ones((1, 3, 3)), depth=4.0, step=2.0, cases=1, epsilon=1e-3, margin=None)
    placed = np.asarray(place_prior(one, places((0, 1, 1), (400, 1, 1)), SIZE))[..., 1]
    assert set(np.unique(placed)) == {0.25, 0.75} and (placed[1] == 0.25).all()


def test_beyond_the_margin_of_the_box_one_case_is_as_sure_as_many():
    """A box of 4 x 6 x 6 mm about voxel (6, 8), with a margin of 2.5 mm: of voxels of 2 mm, one beside it is not out of reach."""
    one = prior(np.ones((1, 3, 3)), depth=4.0, step=2.0, cases=1, epsilon=1e-3, margin=2.5)
    placed = np.asarray(place_prior(one, places((0, 1, 1), (4.4, 1, 1), (4.6, 1, 1)), SIZE))[..., 1]
    np.testing.assert_allclose(placed[0, 6], [1e-3] * 6 + [0.25, 0.75, 0.75, 0.75, 0.25] + [1e-3] * 5, atol=1e-6)
    np.testing.assert_allclose(placed[0, :, 8], [1e-3] * 4 + [0.25, 0.75, 0.75, 0.75, 0.25] + [1e-3] * 3, atol=1e-6)
    np.testing.assert_allclose(placed[1], np.where(placed[0] > 0.1, 0.25, 1e-3), atol=1e-6)  # over the box
    np.testing.assert_allclose(placed[2], 1e-3, atol=1e-6)  # over its margin


def test_moves_as_the_slice_does():
    """The rendered prior, warped, lies where the warped label lies."""
    size = (32, 32)
    label = np.zeros((1, *size, 1), np.float32)
    label[0, 8:17, 10:21] = 1
    own = OrganPrior("spleen", np.ones((1, 9, 11), np.float32), 4.0, 1.0, 99)
    renderer = PriorRenderer(SpatialPrior(("spleen",), {"spleen": own}), size)
    where = SlicePlaces(np.float32([[[0, 12 - 15.5, 15 - 15.5]]]), np.ones((1, 3), np.float32))
    np.testing.assert_array_equal(renderer(where), label)
    affine = draw_affine(AugmentConfig(translation=0.2, rotation_deg=30, scale=0.2), 1, tf.constant([3, 4]))
    moved = renderer.finish(warp(renderer(where), affine, "bilinear", 0.0), where)
    np.testing.assert_allclose(moved, np.clip(warp(label, affine, "bilinear", 0.0), 0.005, 0.995), atol=1e-5)


def test_is_the_same_inside_a_compiled_function():
    bins = np.random.default_rng(0).random((5, 7, 4))
    one, where = prior(bins), places((1, 2, 3), (-2, 1.5, 0))
    compiled = tf.function(lambda *parts: place_prior(one, SlicePlaces(*parts), SIZE))
    np.testing.assert_allclose(compiled(*where), place_prior(one, where, SIZE), atol=1e-6)


def test_refuses_a_prior_of_no_organ_of_the_table():
    with pytest.raises(Exception, match=r"prior: has \['spleen'\], none of the organs \['kidney'\]"):
        prior(np.ones((1, 3, 3))).of_organs(("kidney",))


def test_is_found_by_name_under_another_organ_table():
    other = prior(np.ones((1, 3, 3)), centres_mm=np.zeros((1, 2, 3), np.float32), volumes_ml=np.ones((1, 2), np.float32))
    other = other.of_organs(("spleen", "kidney"))
    assert other.has.tolist() == [True, False]
    assert np.isnan(other.centres_mm[0, 1]).all() and other.volumes_ml[0, 0] == 1
