"""The rules of scoring: annotated, absent, missed, unknown, ignored."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.metrics import dice
from tfpartial.metrics.scoring import score_case, summarise

ORGANS = OrganTable(("liver", "spleen", "pancreas"))
CODES = arrays(np.uint8, (4, 5), elements=st.sampled_from([0, 1, 2, 3, 255]))


def score(reference, prediction, annotated=ORGANS.names, voxel_ml=0.5):
    codes = np.array(reference, np.uint8), np.array(prediction, np.uint8)
    return {row.organ: row for row in score_case("a", *codes, ORGANS, annotated, voxel_ml)}


def test_each_state_by_hand():
    rows = score([1, 1, 2, 0, 0, 0], [1, 0, 0, 3, 0, 0])
    assert (rows["liver"].state, rows["liver"].dsc) == ("scored", pytest.approx(2 / 3))
    assert (rows["spleen"].state, rows["spleen"].dsc) == ("missed", 0.0)
    assert (rows["pancreas"].state, rows["pancreas"].dsc) == ("false_positive", 0.0)
    assert (rows["liver"].reference_ml, rows["liver"].prediction_ml) == (1.0, 0.5)


def test_an_organ_that_is_annotated_and_in_neither_is_absent_with_a_reason():
    row = score([1, 0], [1, 0])["spleen"]
    assert row.state == "absent"
    assert math.isnan(row.dsc)
    assert row.reason.startswith("undefined")
    assert (row.reference_ml, row.prediction_ml) == (0.0, 0.0)


def test_an_organ_that_nobody_looked_for_has_no_score_wherever_the_prediction_has_it():
    for prediction in ([1, 2], [1, 0]):
        row = score([1, 0], prediction, annotated=("liver",))["spleen"]
        assert row.state == "not_annotated"
        assert math.isnan(row.dsc)
        assert math.isnan(row.reference_ml)
        assert row.reason.startswith("unknown")


def test_ignored_voxels_count_in_neither_label_map():
    rows = score([1, 1, 255, 255], [1, 1, 1, 2])
    assert (rows["liver"].dsc, rows["liver"].prediction_ml) == (1.0, 1.0)
    assert rows["spleen"].state == "absent"


@given(CODES, CODES)
def test_counting_once_equals_dice_organ_by_organ(reference, prediction):
    prediction[prediction == 255] = 0
    certain = reference != 255
    for organ, row in score(reference, prediction).items():
        organ_id = ORGANS.id_of(organ)
        expected = dice((reference == organ_id) & certain, (prediction == organ_id) & certain)
        assert row.dsc == pytest.approx(expected, nan_ok=True)


def test_unlike_shapes_are_refused_by_case():
    with pytest.raises(TfpartialError, match=r"case 'a': expected label maps of equal shape, got reference \(2,\) and"):
        score([1, 0], [1, 0, 0])


def test_the_summary_averages_what_is_defined_and_counts_the_rest():
    scores = [
        *score([1, 1, 2, 2], [1, 0, 2, 2]).values(),
        *score([1, 1, 0, 0], [1, 1, 0, 0], annotated=("liver", "spleen")).values(),
        *score([1, 2, 0, 0], [0, 0, 0, 0], annotated=("liver",)).values(),
    ]
    summary = summarise(scores, ORGANS)
    liver, spleen, pancreas = summary["organs"]
    values = [2 / 3, 1.0, 0.0]
    assert liver["mean_dsc"] == pytest.approx(np.mean(values))
    assert liver["sd_dsc"] == pytest.approx(np.std(values, ddof=1))
    assert (liver["cases"], liver["scored"], liver["missed"]) == (3, 2, 1)
    assert (spleen["mean_dsc"], spleen["sd_dsc"]) == (1.0, None)
    assert (spleen["scored"], spleen["absent"], spleen["not_annotated"]) == (1, 1, 1)
    assert (pancreas["mean_dsc"], pancreas["absent"], pancreas["not_annotated"]) == (None, 1, 2)
    assert summary["mean_dsc"] == pytest.approx((np.mean(values) + 1.0) / 2)


def test_metrics_import_without_tensorflow():
    code = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; import tfpartial.metrics.scoring"
    subprocess.run([sys.executable, "-c", code], check=True)
