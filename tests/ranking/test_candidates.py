"""Candidates of a case: which voxels, right or wrong, and which of them are selected."""

import numpy as np
import pytest

from tfpartial.ranking import candidates as module
from tfpartial.ranking.candidates import case_candidates, slice_candidates
from tfpartial.relabel.current_labels import CurrentLabels

SPLEEN = 2


@pytest.fixture(autouse=True, params=[3, 64])
def slab(request, monkeypatch):
    monkeypatch.setattr(module, "SLAB", request.param)


def expected_mask(store):
    """Bright voxels where the expert did not draw the liver, the one organ that is annotated."""
    mask = store.hu["a"][..., 0] >= 20
    mask[:, :2] = False
    return mask


def test_candidates_are_predicted_missing_organs_where_the_expert_says_nothing(current, predictor, store):
    found = case_candidates(predictor, current)
    mask = expected_mask(store)
    spleen = found["spleen"]
    assert list(found) == ["spleen", "stomach"]
    assert np.array_equal(spleen.per_slice, mask.sum(axis=(1, 2)))
    assert np.array_equal(spleen.correct, store.labels["a"][mask] == SPLEEN)
    assert np.allclose(spleen.confidence, 0.5 + store.hu["a"][..., 0][mask] / 300)
    assert spleen.errors == np.count_nonzero(store.labels["a"][mask] != SPLEEN) > 0
    assert len(found["stomach"].confidence) == found["stomach"].errors == 0


def test_organs_that_the_experts_never_annotated_are_not_judged(store, predictor):
    assert list(case_candidates(predictor, CurrentLabels(store, "b", ("liver",)))) == ["spleen"]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_slice_has_its_part_of_what_the_whole_volume_selects(current, predictor, store, share):
    mask = expected_mask(store)
    confidence = np.where(mask, 0.5 + store.hu["a"][..., 0] / 300, 0).astype(np.float32)
    order = np.argsort(-confidence[mask], kind="stable")
    top = np.zeros(mask.sum(), bool)
    top[order[: int(share * len(order) + 0.5)]] = True
    selected = np.zeros_like(mask)
    selected[mask] = top
    for z in range(4):
        found = slice_candidates(predictor, current, "spleen", z, share)
        assert np.array_equal(found.candidate, mask[z])
        assert np.array_equal(found.selected, selected[z])
        assert np.allclose(found.confidence[mask[z]], confidence[z][mask[z]])
