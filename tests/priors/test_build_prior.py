"""Algorithm 3 of the thesis, against a transcription of it, and what it says of few or odd cases."""

import numpy as np
import pytest

from tfpartial.errors import TfpartialError
from tfpartial.priors import OrganMask, build_prior
from tfpartial.priors.build import Extent, ordinary


def block(shape, first, size):
    mask = np.zeros(shape, bool)
    mask[tuple(slice(start, start + length) for start, length in zip(first, size, strict=True))] = True
    return mask


def algorithm_3(masks, bins):
    """Line by line: align on the centres, crop to the largest box, add slices to bins, divide by their number."""
    boxes = []
    for mask in masks:
        axes = [np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis))) for axis in range(3)]
        boxes.append([(places[0], places[-1] + 1) for places in axes])
    depth, height, width = (max(box[axis][1] - box[axis][0] for box in boxes) for axis in range(3))
    prior, slices = np.zeros((bins, height, width)), np.zeros(bins)
    for mask, box in zip(masks, boxes, strict=True):
        centre = [(first + past - 1) / 2 for first, past in box]
        first_y, first_x = (int(np.floor(c - (n - 1) / 2 + 0.5)) for c, n in zip(centre[1:], (height, width), strict=True))
        padded = np.pad(mask, [(0, 0), (height, height), (width, width)])
        for z in range(len(mask)):
            place = (z - (centre[0] - depth / 2)) / depth
            if 0 <= place <= 1:
                number = min(int(bins * place), bins - 1)
                rows, columns = slice(first_y + height, first_y + 2 * height), slice(first_x + width, first_x + 2 * width)
                prior[number] += padded[z, rows, columns]
                slices[number] += 1
    return prior / slices[:, None, None]


@pytest.mark.parametrize("bins", [1, 2, 3, 5])
def test_in_voxels_it_is_the_algorithm_of_the_thesis(wedges, bins):
    volumes = [np.stack([mask.read(z) for z in range(20)]) for mask in wedges]
    prior = build_prior(wedges, bins=bins, unit="voxels")
    np.testing.assert_allclose(prior.probability, algorithm_3(volumes, bins), atol=1e-6)
    assert (prior.depth, prior.step, prior.cases) == (10, 1, 4)


def test_without_bins_there_is_one_for_each_slice(wedges):
    prior = build_prior(wedges, bins=0, unit="voxels")
    assert prior.probability.shape == (10, 11, 14)


def test_in_mm_a_case_may_be_sampled_otherwise():
    coarse = OrganMask.of_array("a", block((10, 16, 16), (2, 4, 4), (6, 8, 8)), (4.0, 2.0, 2.0))
    fine = OrganMask.of_array("b", block((40, 32, 32), (8, 8, 8), (24, 16, 16)), (1.0, 1.0, 1.0))
    prior = build_prior([coarse, fine], bins=3, step=2.0)
    assert prior.probability.shape == (3, 8, 8) and prior.depth == 24
    np.testing.assert_allclose(prior.probability[:, 1:-1, 1:-1], 1)


def test_a_case_weighs_by_its_millimetres_not_by_its_slices():
    # A thick case that shows the organ in the upper half only, and a thin one, four times as many slices, that shows all of it.
    thick = block((8, 4, 4), (0, 0, 0), (8, 4, 4))
    thick[:4, :, :2] = False
    thin = block((32, 4, 4), (0, 0, 0), (32, 4, 4))
    masks = [OrganMask.of_array("a", thick, (4.0, 1.0, 1.0)), OrganMask.of_array("b", thin, (1.0, 1.0, 1.0))]
    assert build_prior(masks, bins=2, step=1.0).probability[0, 2, 0] == pytest.approx(0.5, abs=0.06)


def test_a_single_case_is_its_own_prior_and_is_not_believed_entirely():
    prior = build_prior([OrganMask.of_array("a", block((6, 8, 8), (1, 2, 2), (4, 4, 4)), (1.0, 1.0, 1.0))], bins=2)
    assert set(np.unique(prior.probability)) == {1.0}
    assert prior.least == 0.25


def test_an_organ_of_one_slice_has_one_bin():
    masks = [
        OrganMask.of_array(name, block((5, 8, 8), (z, 2, 2), (1, 3, 3)), (5.0, 1.0, 1.0)) for name, z in (("a", 1), ("b", 3))
    ]
    prior = build_prior(masks, bins=5)
    assert prior.probability.shape == (1, 3, 3) and prior.depth == 5
    np.testing.assert_allclose(prior.probability, 1)


def test_a_bin_between_thick_slices_takes_the_nearest_one():
    thin = OrganMask.of_array("a", block((3, 4, 4), (1, 0, 0), (1, 4, 4)), (1.0, 1.0, 1.0))
    thick = OrganMask.of_array("b", block((2, 4, 4), (0, 0, 0), (2, 4, 4)), (10.0, 1.0, 1.0))
    prior = build_prior([thin, thick], bins=20)
    assert prior.probability.shape[0] == 20
    assert np.isfinite(prior.probability).all() and (prior.probability[[0, -1]] == 1).all()


def test_slices_beyond_the_volume_say_nothing():
    # The organ is cut by the end of the scan in one case: where that case has no slices, the other one alone is counted.
    whole = OrganMask.of_array("a", block((12, 4, 4), (1, 0, 0), (10, 4, 4)), (1.0, 1.0, 1.0))
    cut = OrganMask.of_array("b", block((4, 4, 4), (0, 0, 0), (4, 4, 4)), (1.0, 1.0, 1.0))
    prior = build_prior([whole, cut], bins=5, unit="voxels")
    np.testing.assert_allclose(prior.probability, 1)


def test_a_case_without_the_organ_tells_nothing_of_its_shape(wedges):
    absent = OrganMask.of_array("absent", np.zeros((20, 32, 40), bool), (3.0, 2.0, 2.0))
    with_it, without = build_prior([*wedges, absent], bins=2), build_prior(wedges, bins=2)
    np.testing.assert_array_equal(with_it.probability, without.probability)
    assert with_it.cases == 4


def test_an_extent_of_ones_own_crops(wedges):
    prior = build_prior(wedges, bins=2, unit="voxels", extent=Extent(4, 3, 5))
    assert prior.probability.shape == (2, 3, 5) and prior.depth == 4


def test_ordinary_leaves_out_a_label_that_runs_through_the_scan(wedges):
    spilled = OrganMask.of_array("spilled", np.ones((20, 32, 40), bool), (3.0, 2.0, 2.0))
    assert ordinary([*wedges, spilled], 1.0) == [*wedges, spilled]
    assert ordinary([*wedges, spilled], 0.75) == wedges


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bins": -1}, "prior of spleen: bins: expected 1 or more, or 0 for all slices, got -1"),
        ({"step": 0.0}, r"prior of spleen: step: expected more than 0, got 0\.0"),
        ({"extent": Extent(0, 1, 1)}, r"prior of spleen: extent: expected lengths above 0, got \(0, 1, 1\)"),
    ],
)
def test_names_a_number_out_of_range(wedges, options, message):
    with pytest.raises(TfpartialError, match=message):
        build_prior(wedges, "spleen", **options)


def test_refuses_an_organ_that_no_case_shows():
    absent = OrganMask.of_array("a", np.zeros((2, 3, 3), bool), (1.0, 1.0, 1.0))
    with pytest.raises(TfpartialError, match="prior of spleen: is in none of 1 annotated cases; expected at least one"):
        build_prior([absent], "spleen")


def test_refuses_a_mask_that_is_no_volume():
    with pytest.raises(TfpartialError, match=r"mask of a: expected bool \[Z, H, W\], got uint8 \(2, 3\)"):
        OrganMask.of_array("a", np.zeros((2, 3), np.uint8), (1.0, 1.0, 1.0))
