"""Which organs are drawn, and what is in the picture."""

import numpy as np
import pytest
from PIL import Image

from tfpartial.ranking.candidates import case_candidates
from tfpartial.ranking.confidence_figure import colours_of
from tfpartial.ranking.pictures import draw_worst, worst_organs
from tfpartial.relabel.current_labels import CurrentLabels

CYAN, RED = (76, 201, 240), (255, 93, 93)


@pytest.fixture
def worst(store, predictor):
    store.labels["b"][:, 2:] = 0  # all candidates of b are wrong
    cases = [CurrentLabels(store, case, ("liver",)) for case in "ab"]
    return worst_organs(cases, [case_candidates(predictor, one) for one in cases], 3)


def test_the_cases_with_most_errors_come_first_on_their_fullest_slice(worst, store):
    assert [(one.current.case_id, one.organ) for one in worst] == [("b", "spleen"), ("a", "spleen")]
    bright = store.hu["b"][:, 2:, :, 0] >= 20
    assert worst[0].errors == bright.sum()
    assert worst[0].z == bright.sum(axis=(1, 2)).argmax()


def test_cases_without_errors_are_not_drawn(store, predictor):
    store.labels["a"][store.hu["a"][..., 0] >= 20] = 2
    one = CurrentLabels(store, "a", ("liver", "stomach"))
    assert worst_organs([one], [case_candidates(predictor, one)], 3) == []


def test_a_picture_has_a_column_per_estimator_and_marks_right_and_wrong(worst, predictor, tmp_path):
    drawn = list(draw_worst(worst[1:], {"mcp": predictor, "tta": predictor}, (-50.0, 150.0), tmp_path))
    assert drawn[0] | {"errors": None, "slice": None} == {
        **{"file": "confidence-1.png", "case": "a", "organ": "spleen", "slice": None, "errors": None, "share": 0.66}
    }
    picture = np.asarray(Image.open(tmp_path / "confidence-1.png").convert("RGB")).astype(int)
    assert picture.shape[1] >= 3 * 300
    prediction, confidence = picture[40:330, :300], picture[40:310, 310:610]
    for colour in (CYAN, RED):
        assert (np.abs(prediction - colour).max(axis=-1) < 25).sum() > 50
    assert (np.ptp(confidence, axis=-1) > 100).mean() > 0.2  # colours over grey


def test_colours_go_from_red_over_yellow_to_blue():
    assert colours_of(np.array([-1, 0, 0.5, 1, 2])).tolist() == [
        *([214, 40, 40], [214, 40, 40], [255, 209, 102], [58, 134, 255], [58, 134, 255])
    ]
