"""The rules of scoring: annotated, absent, missed, unknown, ignored."""

import math
import subprocess
import sys
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.metrics import average_surface_distance, dice, hausdorff, normalized_surface_dice, volume_error
from tfpartial.metrics.scoring import METRICS, score_case

ORGANS = OrganTable(("liver", "spleen", "pancreas"))
CODES = arrays(np.uint8, (3, 4, 5), elements=st.sampled_from([0, 1, 2, 3, 255]))
SPACING_MM = (5.0, 10.0, 10.0)
VOXEL_ML = 0.5
TOLERANCES_MM = {"liver": 0.0, "spleen": 5.0, "pancreas": 11.0}


def score(reference, prediction, annotated=ORGANS.names, surface="voxels"):
    """Scores by organ; a list is a row of voxels amid background."""
    codes = [as_volume(label) if isinstance(label, list) else label for label in (reference, prediction)]
    return {row.organ: row for row in score_case("a", *codes, ORGANS, annotated, SPACING_MM, TOLERANCES_MM, surface)}


def as_volume(row):
    return np.pad(np.uint8([[row]]), ((1, 1), (1, 1), (0, 0)))


def values(row):
    return {metric: getattr(row, metric) for metric in METRICS}


def test_each_state_by_hand():
    rows = score([1, 1, 2, 0, 0, 0], [1, 0, 0, 3, 0, 0])
    assert (rows["liver"].state, rows["liver"].dsc) == ("scored", pytest.approx(2 / 3))
    assert (rows["spleen"].state, rows["spleen"].dsc) == ("missed", 0.0)
    assert (rows["pancreas"].state, rows["pancreas"].dsc) == ("false_positive", 0.0)


def test_distances_and_volumes_by_hand():
    liver = score([1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 0])["liver"]
    assert values(liver) == {
        "dsc": pytest.approx(6 / 8),
        "hd_mm": 20.0,
        "hd95_mm": pytest.approx(18.0),  # of 0, 0, 0, 10 and 20 mm
        "asd_mm": pytest.approx(30 / 8),
        "nsd": pytest.approx(6 / 8),
        "volume_error_ml": pytest.approx(2 * VOXEL_ML),
        "volume_error_relative": pytest.approx(2 / 3),
    }
    assert (liver.volume_reference_ml, liver.volume_prediction_ml) == (1.5, 2.5)
    assert liver.reason == ""


def test_an_organ_has_its_own_tolerance():
    rows = score([1, 1, 0, 3, 3, 0], [1, 1, 1, 3, 3, 3])
    assert (rows["liver"].nsd, rows["pancreas"].nsd) == (pytest.approx(4 / 5), 1.0)


def test_what_is_missed_or_wrongly_found_overlaps_nowhere_and_has_no_distance():
    rows = score([1, 1, 0], [0, 2, 2])
    for organ, error_ml in (("liver", -1.0), ("spleen", 1.0)):
        row = values(rows[organ])
        assert (row["dsc"], row["nsd"], row["volume_error_ml"]) == (0.0, 0.0, error_ml)
        assert all(math.isnan(row[metric]) for metric in ("hd_mm", "hd95_mm", "asd_mm"))
        assert "no distance is defined" in rows[organ].reason
    assert rows["liver"].volume_error_relative == -1.0
    assert math.isnan(rows["spleen"].volume_error_relative)


def test_an_organ_that_is_annotated_and_in_neither_is_absent_with_a_reason():
    row = score([1, 0], [1, 0])["spleen"]
    assert row.state == "absent"
    assert all(map(math.isnan, values(row).values()))
    assert row.reason.startswith("undefined")
    assert (row.volume_reference_ml, row.volume_prediction_ml) == (0.0, 0.0)


def test_an_organ_that_nobody_looked_for_has_no_score_wherever_the_prediction_has_it():
    for prediction, found_ml in (([1, 2], 0.5), ([1, 0], 0.0)):
        row = score([1, 0], prediction, annotated=("liver",))["spleen"]
        assert row.state == "not_annotated"
        assert all(map(math.isnan, values(row).values()))
        assert math.isnan(row.volume_reference_ml)
        assert row.volume_prediction_ml == found_ml
        assert row.reason.startswith("unknown")


def test_ignored_voxels_count_in_neither_label_map():
    rows = score([1, 1, 255, 255, 0, 3], [1, 1, 1, 2, 0, 3])
    assert (rows["liver"].dsc, rows["liver"].hd_mm, rows["liver"].volume_prediction_ml) == (1.0, 0.0, 1.0)
    assert rows["spleen"].state == "absent"


@given(CODES, CODES, st.sampled_from(["voxels", "elements"]))
def test_one_pass_equals_the_metrics_organ_by_organ(reference, prediction, surface):
    prediction[prediction == 255] = 0
    certain = reference != 255
    for organ, row in score(reference, prediction, surface=surface).items():
        pair = (reference == ORGANS.id_of(organ)) & certain, (prediction == ORGANS.id_of(organ)) & certain
        expected = (
            dice(*pair),
            hausdorff(*pair, SPACING_MM, surface=surface),
            hausdorff(*pair, SPACING_MM, 95, surface=surface),
            average_surface_distance(*pair, SPACING_MM, surface=surface),
            normalized_surface_dice(*pair, SPACING_MM, TOLERANCES_MM[organ], surface=surface),
            *(volume_error(*pair, SPACING_MM) if row.state != "absent" else (math.nan, math.nan)),
        )
        np.testing.assert_allclose(list(values(row).values()), expected, rtol=1e-12)


@given(CODES, CODES, st.integers(0, 2))
def test_a_mirrored_case_has_the_same_scores(reference, prediction, axis):
    mirrored = score(np.flip(reference, axis), np.flip(prediction, axis))
    for organ, row in score(reference, prediction).items():
        for one, other in zip(astuple(row), astuple(mirrored[organ]), strict=True):
            assert one == (other if isinstance(other, str) else pytest.approx(other, nan_ok=True))


def test_an_organ_in_one_slice_of_many_is_no_picture():
    slice_ = np.zeros((1, 6, 6), np.uint8)
    slice_[:, :5, :5] = 1
    below = np.zeros_like(slice_)
    volume = np.concatenate([below, slice_, below])
    smaller = np.where(np.indices(volume.shape)[1:].max(axis=0) < 3, volume, 0)
    # In a volume every voxel of one layer is a border; in a picture the 3 x 3 inner ones are not.
    assert score(volume, smaller)["liver"].asd_mm != pytest.approx(score(slice_, smaller[1:2])["liver"].asd_mm)


def test_what_cannot_be_scored_is_refused_by_case():
    label = np.zeros((2, 3, 4), np.uint8)
    with pytest.raises(TfpartialError, match=r"case 'a': expected label maps of equal shape, got reference \(2, 3, 4\) and"):
        score(label, label[1:])
    with pytest.raises(TfpartialError, match=r"case 'a': expected spacing_mm as three positive numbers"):
        score_case("a", label, label, ORGANS, (), (1.0, 0.0, 1.0), TOLERANCES_MM)
    with pytest.raises(TfpartialError, match="case 'a': expected surface as one of voxels, elements, got 'skin'"):
        score(label, label, surface="skin")


def test_metrics_import_without_tensorflow():
    code = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; import tfpartial.metrics.summary"
    subprocess.run([sys.executable, "-c", code], check=True)
