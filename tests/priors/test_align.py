"""From probabilities to the places of organs, and to those that are not trusted."""

import numpy as np
import pytest

from tfpartial.config import SearchConfig
from tfpartial.errors import TfpartialError
from tfpartial.priors import OrganMask, SpatialPrior, build_prior
from tfpartial.priors.align import align_case
from tfpartial.priors.grid import CoarseGrid
from tfpartial.priors.labelled_references import coarse_mask, draw_references, mean_reference
from tfpartial.priors.search import coarse_boxes, search, soft_dice
from tfpartial.priors.spatial_prior import References

SHAPE, CELL = (24, 30, 32), 4.0
GRID = CoarseGrid(SHAPE, (CELL, CELL, CELL), CELL)
ORGANS = ("cone", "bar")


def cone(centre, radius=5):
    """An organ that is wide below and narrow above."""
    z, y, x = np.indices(SHAPE)
    height = (z - centre[0]) / radius
    return (np.abs(height) <= 1) & (np.hypot(y - centre[1], x - centre[2]) <= radius * (1.2 - height) / 2)


def bar(centre):
    z, y, x = (np.abs(axis - at) for axis, at in zip(np.indices(SHAPE), centre, strict=True))
    return (z <= 2) & (y <= 3) & (x <= 6)


def mask(name, volume):
    return OrganMask.of_array(name, volume, (CELL, CELL, CELL))


def cases(count=4):
    rng = np.random.default_rng(5)
    for number in range(count):
        at = np.array([8, 12, 9]) + rng.integers(-1, 2, 3)
        yield f"case_{number}", at, at + np.array([6, 3, 10])


@pytest.fixture(scope="module")
def prior():
    masks = {organ: [] for organ in ORGANS}
    centres, volumes = [], []
    for name, one, other in cases():
        volumes_of = (cone(one), bar(other))
        for organ, volume in zip(ORGANS, volumes_of, strict=True):
            masks[organ].append(mask(name, volume))
        centres.append([GRID.position_mm(one), GRID.position_mm(other)])
        volumes.append([volume.sum() * CELL**3 / 1000 for volume in volumes_of])
    priors = {organ: build_prior(masks[organ], organ) for organ in ORGANS}
    references = {organ: draw_references(masks[organ], 3, CELL, (0,)) for organ in ORGANS}
    return SpatialPrior(
        ORGANS,
        priors,
        references,
        grid_mm=CELL,
        centres_mm=np.array(centres, np.float32),
        volumes_ml=np.array(volumes, np.float32),
    )


def predicted(one=(12, 15, 11), other=(18, 18, 21), noise=0.02, seed=0):
    """Probabilities of both organs: the upper, narrow part of the cone is missed, and there is noise."""
    truth = np.stack([cone(one), bar(other)]).astype(np.float32)
    truth[0, one[0] + 2 :] = 0
    rng = np.random.default_rng(seed)
    return np.clip(0.9 * truth + rng.uniform(0, noise, truth.shape), 0, 1).astype(np.float32)


def test_the_search_mends_the_place_of_an_organ_that_was_predicted_in_part(prior):
    found = align_case(predicted(), GRID, prior, SearchConfig())["cone"]
    true = GRID.position_mm(np.array([12, 15, 11]))
    coarse, searched = (np.linalg.norm(np.array(place) - true) for place in (found.coarse_mm, found.searched_mm))
    assert found.state == "aligned" and found.centre_mm == found.searched_mm
    assert coarse > 4 and searched < 0.6 * coarse
    assert 0 < found.sharpness < 1 and found.overlap > 0.5 and found.divergence > 0


def test_the_settings_reach_the_search(prior):
    """The strongest pull keeps an organ where it was predicted; votes and window change what is found."""
    free, held = (align_case(predicted(), GRID, prior, SearchConfig(pull_mm=pull))["cone"] for pull in (0.0, 1.0))
    moved = [np.linalg.norm(np.array(found.searched_mm) - found.coarse_mm) for found in (free, held)]
    assert moved[1] < CELL < moved[0]
    one, three = (align_case(predicted(), GRID, prior, SearchConfig(pull_mm=0, votes=votes))["cone"] for votes in (1, 3))
    assert one.spread_mm == 0 and one.overlap >= three.overlap


def test_without_the_search_the_coarse_place_is_taken(prior):
    found = align_case(predicted(), GRID, prior, SearchConfig(adjust=False))["cone"]
    assert found.centre_mm == found.coarse_mm != found.searched_mm


def test_an_organ_out_of_the_scan_gets_no_place(prior):
    probability = predicted()
    probability[1] *= 0.4  # nothing reaches 0.5
    assert align_case(probability, GRID, prior, SearchConfig())["bar"].state == "absent"
    probability[1, 3, 3, 3] = 1.0  # one cell is far less than any case had
    found = align_case(probability, GRID, prior, SearchConfig())["bar"]
    assert (found.state, found.centre_mm) == ("absent", None)


def test_a_prediction_that_fits_no_reference_is_poor(prior):
    probability = predicted()
    sheet = np.zeros(SHAPE, np.float32)
    sheet[:, 15, :] = 1  # as large as the organ, and of another shape
    probability[0] = sheet
    found = align_case(probability, GRID, prior, SearchConfig(poorest=0.5))["cone"]
    assert (found.state, found.centre_mm) == ("poor", None)


def test_a_minimum_at_the_border_of_the_window_is_not_trusted(prior):
    """The mended place is farther than one cell away: the lowest divergence within the window is only on its way there."""
    narrow, wide = (
        align_case(predicted(), GRID, prior, SearchConfig(window_mm=length, pull_mm=0, poorest=0))["cone"]
        for length in (CELL, 6 * CELL)
    )
    assert (narrow.state, narrow.centre_mm, wide.state) == ("poor", None, "aligned")
    assert narrow.overlap is not None and narrow.overlap > 0.3, "it is the border alone that tells"
    unadjusted = align_case(predicted(), GRID, prior, SearchConfig(window_mm=CELL, pull_mm=0, adjust=False))["cone"]
    assert unadjusted.state == "aligned"  # the coarse place does not depend on the window


def test_a_mirrored_patient_is_displaced_and_falls_back(prior):
    mirrored = np.ascontiguousarray(predicted()[..., ::-1])
    found = align_case(mirrored, GRID, prior, SearchConfig(displaced=3.0))
    assert {position.state for position in found.values()} == {"displaced"}
    assert all(position.centre_mm is None and position.displacement > 3 for position in found.values())


def test_labelled_organs_are_not_looked_for(prior):
    labelled = np.full((2, 3), np.nan)
    labelled[0] = GRID.position_mm(np.array([12, 15, 11]))
    found = align_case(predicted(), GRID, prior, SearchConfig(), labelled)
    assert found["cone"].state == "labelled" and found["cone"].centre_mm == tuple(labelled[0])
    assert found["bar"].state == "aligned" and found["bar"].displacement < 3


def test_the_coarse_centre_does_not_follow_outliers():
    probability = cone((12, 15, 11)).astype(np.float32)
    (clean,) = coarse_boxes(probability)
    probability[2, 2, 2] = probability[23, 29, 31] = 1
    np.testing.assert_array_equal(coarse_boxes(probability)[0].centre, clean.centre)
    assert coarse_boxes(np.zeros(SHAPE)) == []


def test_coarse_boxes_are_of_the_largest_pieces():
    probability = cone((12, 15, 11)).astype(np.float32)
    probability[2, 2:5, 2] = probability[20, 29, 30:32] = 1
    assert len(coarse_boxes(probability, 2)) == 2
    sides = [box.sides.tolist() for box in coarse_boxes(probability, 5)]
    assert sides[1:] == [[1, 3, 1], [1, 1, 2]]


def test_a_larger_piece_of_another_shape_is_not_the_organ(prior):
    """Both are predicted; with one piece alone, the place is that of the wrong one, which fits poorly."""
    probability = predicted()
    probability[0, :, 22:30, 24:32] = 0.9
    largest, right = (align_case(probability, GRID, prior, SearchConfig(pieces=pieces))["cone"] for pieces in (1, 3))
    alone = align_case(predicted(), GRID, prior, SearchConfig())["cone"]
    far, near = (np.linalg.norm(np.subtract(found.searched_mm, alone.searched_mm)) for found in (largest, right))
    assert far > 30 and near < 2 * CELL
    assert right.coarse_mm == largest.coarse_mm and right.overlap > largest.overlap
    assert right.state == "aligned"


def test_an_organ_that_the_end_of_the_volume_cuts_is_still_found(prior):
    probability = predicted(one=(20, 15, 11))  # its tip is beyond the last slice
    found = align_case(probability, GRID, prior, SearchConfig())["cone"]
    assert np.linalg.norm(np.array(found.searched_mm) - GRID.position_mm(np.array([20, 15, 11]))) < 6


def test_an_organ_that_fits_everywhere_along_itself_stays_where_it_is():
    """A tube through the whole scan, and a shorter reference: the divergence is the same all along."""
    tube = np.zeros(SHAPE, bool)
    tube[:, 14:17, 10:13] = True
    short = np.zeros(SHAPE, bool)
    short[2:12, 14:17, 10:13] = True
    references = draw_references([mask("a", short)], 1, CELL, (0,))
    rng = np.random.default_rng(0)
    probability = np.clip(0.9 * tube + rng.uniform(0, 0.02, SHAPE), 0, 1).astype(np.float32)
    for pull in (0.0, 10.0):
        found = search(probability, references, 7, pull=pull)
        np.testing.assert_allclose(found.place[1:], [15, 11], atol=0.6)
    assert abs(found.place[0] - found.coarse[0]) < 0.5  # with the pull


def test_the_references_that_fit_best_are_listened_to(prior):
    """Two references of another shape would move the place."""
    good = prior.references["cone"]
    odd = np.zeros_like(good.masks[:1])
    odd[0, 2:4] = 1
    mixed = References(np.concatenate([odd, odd, good.masks[:1]]), ("x", "y", "z"), good.overlap)
    one, all_three = (search(predicted()[0], mixed, 7, votes=votes) for votes in (1, 3))
    alone = search(predicted()[0], References(good.masks[:1], ("z",), good.overlap), 7)
    np.testing.assert_allclose(one.place, alone.place)
    assert not np.allclose(all_three.place, alone.place)


def test_a_mean_reference_finds_the_place_as_well(prior):
    masks = [mask(name, cone(one)) for name, one, _ in cases()]
    reference = mean_reference(prior.priors["cone"], masks, CELL)
    assert reference.masks.shape[0] == 1 and 0 < reference.overlap <= 1
    found = search(predicted()[0], reference, 7)
    assert np.linalg.norm(GRID.position_mm(found.place) - GRID.position_mm(np.array([12, 15, 11]))) < 5


def test_references_are_drawn_by_the_seed_whatever_the_order():
    masks = [mask(name, cone(one)) for name, one, _ in cases()]
    one, other = draw_references(masks, 2, CELL, (1, 0)), draw_references(masks[::-1], 2, CELL, (1, 0))
    assert one.cases == other.cases and len(set(one.cases)) == 2
    np.testing.assert_array_equal(one.masks, other.masks)
    assert draw_references(masks[:1], 3, CELL, (0,)).overlap == 1.0


def test_the_usual_overlap_is_that_of_the_drawn_cases_with_each_other():
    """Blocks of 5, 5 and 3 cells, centred: soft Dice 1 of the first two, and 2 * 27 / (125 + 27) of each with the third."""
    blocks = []
    for name, side in (("a", 5), ("b", 5), ("c", 3)):
        volume = np.zeros(SHAPE, bool)
        volume[6 : 6 + side, 6 : 6 + side, 6 : 6 + side] = True
        blocks.append(mask(name, volume))
    assert draw_references(blocks, 3, CELL, (0,)).overlap == pytest.approx(54 / 152, rel=1e-5)  # the median of the three
    assert draw_references(blocks[1:], 2, CELL, (0,)).overlap == pytest.approx(54 / 152, rel=1e-5)
    assert draw_references(blocks[:2], 2, CELL, (0,)).overlap == pytest.approx(1.0, rel=1e-5)


def test_the_overlap_is_judged_by_what_is_usual(prior):
    """Where cases vary, a prediction that overlaps as they do is not poor."""
    strict = References(prior.references["cone"].masks, prior.references["cone"].cases, 1.0)
    usual = References(strict.masks, strict.cases, 0.5)
    one, other = (search(predicted()[0], references, 7) for references in (strict, usual))
    assert other.overlap == pytest.approx(2 * one.overlap)


def test_a_reference_is_centred_and_keeps_its_volume():
    volume = cone((9, 12, 14))
    own = mask("a", volume)
    coarse = coarse_mask(own, own.box(), (15, 17, 17), CELL)
    assert coarse.sum() == pytest.approx(volume.sum(), rel=0.01)


def test_soft_dice_of_nothing_is_nothing():
    assert soft_dice(np.zeros(3), np.zeros(3)) == 0.0
    assert soft_dice(np.array([1.0, 0]), np.array([0.5, 0.5])) == 0.5


def test_refuses_probabilities_that_are_none(prior):
    probability = predicted()
    probability[0, 0, 0, 0] = np.nan
    with pytest.raises(TfpartialError, match="align: expected probabilities from 0 to 1, got NaN or infinity"):
        align_case(probability, GRID, prior, SearchConfig())


def test_refuses_cells_of_another_size(prior):
    with pytest.raises(TfpartialError, match="align: expected cells of 4 mm, as the references', got 5 mm"):
        align_case(predicted(), CoarseGrid(SHAPE, (4.0, 4.0, 4.0), 5.0), prior, SearchConfig())
