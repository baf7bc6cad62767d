"""One step for one case, with a predictor that is known to be wrong by one voxel."""

import numpy as np
import pytest

from tfpartial.data.store.layer_file import open_label_layer, write_label_layer
from tfpartial.errors import TfpartialError
from tfpartial.labels import SURE_BACKGROUND, without_sure_background
from tfpartial.relabel.case import Step, relabel_case, voxel_ml
from tfpartial.relabel.current_labels import CurrentLabels
from tfpartial.relabel.rules import Rules
from tfpartial.relabel.step import cases_to_relabel
from tfpartial.relabel.tally import summary


@pytest.fixture
def current(cases):
    """A case with annotated and with missing organs."""
    return next(labels for labels in cases_to_relabel(cases).values() if labels.experts.any())


def shares(current, share):
    return dict.fromkeys(range(1, len(current.experts) + 1), share)


def relabel(current, predictor, path, share=1.0, slab=4, **rules):
    rows = relabel_case(Step(1, predictor, Rules(shares(current, share), **rules), slab), current, path)
    return open_label_layer(path)[0][:], {row["organ"]: row for row in rows}


def before(current):
    return current.labels(0, current.slices)


def test_never_touches_a_voxel_that_has_a_label(current, shifted, tmp_path):
    layer, _ = relabel(current, shifted, tmp_path / "x.h5")
    labelled = before(current) != 0
    assert labelled.any()
    np.testing.assert_array_equal(layer[labelled], before(current)[labelled])


def test_adds_only_organs_that_nobody_annotated(current, shifted, tmp_path):
    layer, rows = relabel(current, shifted, tmp_path / "x.h5")
    new = np.unique(layer[before(current) == 0])
    assert new.max() > 0 and current.missing[new[new > 0] - 1].all()
    assert set(rows) == set(current.store.organs.select(current.missing))


def test_rows_are_what_a_look_at_the_whole_volume_says(current, shifted, tmp_path):
    layer, rows = relabel(current, shifted, tmp_path / "x.h5", share=0.5)
    truth = current.truth(0, current.slices)
    organ, sure = shifted.predict(np.asarray(current.store.image(current.case_id)), current.missing)
    organ[before(current) != 0] = 0
    for name, row in rows.items():
        code = current.store.organs.id_of(name)
        mine = layer == code
        assert row["candidates"] == (organ == code).sum()
        assert row["selected"] == row["added"] == row["voxels"] == mine.sum() == int(0.5 * row["candidates"] + 0.5)
        assert (row["truth"], row["correct"]) == ((truth == code).sum(), (mine & (truth == code)).sum())
        if mine.any():
            places = np.argwhere(mine)
            assert [row[f"{axis}_first"] for axis in "zyx"] == places.min(axis=0).tolist()
            assert [row[f"{axis}_last"] for axis in "zyx"] == places.max(axis=0).tolist()
            assert row["min_confidence"] == pytest.approx(sure[mine].min()) and row["mean_confidence"] == pytest.approx(
                sure[mine].mean()
            )


def test_selected_are_the_surest(current, shifted, tmp_path):
    layer, _ = relabel(current, shifted, tmp_path / "x.h5", share=0.3)
    organ, sure = shifted.predict(np.asarray(current.store.image(current.case_id)), current.missing)
    organ[before(current) != 0] = 0
    checked = 0
    for code in np.flatnonzero(current.missing) + 1:
        chosen, left = (organ == code) & (layer == code), (organ == code) & (layer == 0)
        if chosen.any() and left.any():
            assert sure[chosen].min() >= sure[left].max()
            checked += 1
    assert checked


def test_the_slab_makes_no_difference(current, shifted, tmp_path):
    one, _ = relabel(current, shifted, tmp_path / "one.h5", share=0.4, slab=3)
    other, _ = relabel(current, shifted, tmp_path / "other.h5", share=0.4, slab=100)
    np.testing.assert_array_equal(one, other)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "other.h5").read_bytes()


def test_a_threshold_replaces_the_share(current, shifted, tmp_path):
    layer, rows = relabel(current, shifted, tmp_path / "x.h5", threshold=0.5)
    _, sure = shifted.predict(np.asarray(current.store.image(current.case_id)), current.missing)
    assert (sure[(layer > 0) & (before(current) == 0)] >= 0.5).all()
    assert 0 < sum(row["added"] for row in rows.values()) < sum(row["candidates"] for row in rows.values())


class SureElsewhere:
    """What another predictor says, and sure background wherever it predicts nothing."""

    def __init__(self, predictor):
        self._predictor = predictor

    def predict(self, hu, wanted, places=None):
        organ, confidence = self._predictor.predict(hu, wanted)
        return np.where(organ == 0, SURE_BACKGROUND, organ).astype(np.uint8), confidence


def test_sure_background_is_written_where_nobody_drew_and_the_rest_is_as_without(current, shifted, tmp_path):
    plain, plain_rows = relabel(current, shifted, tmp_path / "plain.h5", share=0.5)
    layer, rows = relabel(current, SureElsewhere(shifted), tmp_path / "sure.h5", share=0.5)
    assert rows == plain_rows
    np.testing.assert_array_equal(without_sure_background(layer, len(current.experts)), plain)
    organ, _ = shifted.predict(np.asarray(current.store.image(current.case_id)), current.missing)
    np.testing.assert_array_equal(layer == SURE_BACKGROUND, (before(current) == 0) & (organ == 0))


def test_less_than_the_smallest_volume_is_left_out(current, shifted, tmp_path):
    _, all_rows = relabel(current, shifted, tmp_path / "all.h5")
    found = [name for name, row in all_rows.items() if row["added"]]
    name = found[0]
    code, ml = current.store.organs.id_of(name), all_rows[name]["added"] * voxel_ml(current)
    _, rows = relabel(current, shifted, tmp_path / "x.h5", min_ml={code: 1.01 * ml})
    assert rows[name]["added"] == 0
    _, rows = relabel(current, shifted, tmp_path / "y.h5", min_ml={code: 0.99 * ml})
    assert rows[name]["added"] == all_rows[name]["added"]


class TwoPieces:
    """Predicts the first missing organ at two places."""

    def predict(self, hu, wanted, places=None):
        organ = np.zeros(hu.shape[:3], np.uint8)
        organ[:, 0, :2], organ[:, 5:7, 5:7] = (np.flatnonzero(wanted)[0] + 1,) * 2
        return organ, (organ > 0).astype(np.float32)


def test_of_some_organs_only_the_largest_piece_stays(current, tmp_path):
    code = int(np.flatnonzero(current.missing)[0] + 1)
    layer, _ = relabel(current, TwoPieces(), tmp_path / "x.h5", largest_component=frozenset({code}))
    free = before(current) == 0
    assert ((layer == code) & free)[:, 5:7, 5:7].any() and not ((layer == code) & free)[:, 0, :2].any()


class Nan:
    def predict(self, hu, wanted, places=None):
        return np.ones(hu.shape[:3], np.uint8), np.full(hu.shape[:3], np.nan, np.float32)


def test_nan_is_refused_and_nothing_is_left(current, tmp_path):
    with pytest.raises(TfpartialError, match=rf"case {current.case_id}: expected confidences from 0 to 1, got NaN near slice 0"):
        relabel(current, Nan(), tmp_path / "x.h5")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing(current, shifted, tmp_path, monkeypatch):
    def write(path, slabs, shape, num_organs):
        write_label_layer(path, slabs, shape, num_organs)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tfpartial.relabel.case.write_label_layer", write)
    with pytest.raises(TfpartialError, match=r"x\.h5: cannot be written: No space left on device"):
        relabel(current, shifted, tmp_path / "x.h5")
    assert not list(tmp_path.iterdir())


def test_the_summary_adds_up_and_divides(current, shifted, tmp_path):
    _, rows = relabel(current, shifted, tmp_path / "x.h5")
    overall = summary(list(rows.values()), current.store.organs.names)["overall"]
    assert overall["added"] == sum(row["added"] for row in rows.values())
    correct, truth = (sum(row[name] for row in rows.values()) for name in ("correct", "truth"))
    assert overall["precision"] == correct / overall["voxels"] and overall["recall"] == correct / truth
    assert 0.3 < overall["precision"] < 1


def test_without_truth_there_is_no_precision(current):
    assert CurrentLabels(current.store, current.case_id, ()).checkable.any()
    rows = [{"organ": "x", "case": "a", "truth": None, "candidates": 3, "selected": 2, "added": 2, "voxels": 2}]
    assert summary(rows, ["x"])["overall"] | {"cases": 0} == {
        "cases": 0,
        "candidates": 3,
        "selected": 2,
        "added": 2,
        "voxels": 2,
        "precision": None,
        "recall": None,
        "precision_added": None,
    }


def test_the_summary_has_the_organs_in_the_order_of_the_data_set():
    voxels = dict.fromkeys(("candidates", "selected", "added", "voxels"), 1)
    rows = [{"organ": organ, "case": case, "truth": None, **voxels} for case, organ in (("a", "spleen"), ("b", "liver"))]
    assert list(summary(rows, ["liver", "stomach", "spleen"])["organs"]) == ["liver", "spleen"]
