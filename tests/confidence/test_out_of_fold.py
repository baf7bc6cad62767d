"""Which segmenter tells of which case, from stage folders."""

import dataclasses
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from tfpartial.confidence.out_of_fold import read_out_of_fold
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.errors import TfpartialError
from tfpartial.segmenter.card import read_card, write_card
from tfpartial.segmenter.seen_cases import write_seen_cases

CASES = ("a", "b", "c", "bare")


@pytest.fixture
def cases(threshold_segmenter):
    """Three cases with an annotated organ, and one without."""
    card = read_card(threshold_segmenter)
    names = ("organs", "channel_names", "size", "spacing_mm", "number_maps")
    store = SimpleNamespace(root="store", **{name: getattr(card, name) for name in names})
    return TrainingCases(store, CASES, ("v",), {case: () if case == "bare" else ("bone",) for case in (*CASES, "v")})


@pytest.fixture
def folders(threshold_segmenter, tmp_path):
    """Two segmenters: the first has seen a and b, the second c, and both the case in which nothing is annotated."""
    made = []
    for name, learned in (("one", "ab"), ("two", "c")):
        shutil.copytree(threshold_segmenter, tmp_path / name)
        write_seen_cases(tmp_path / name, [*learned, "bare"], "v")
        made.append(tmp_path / name)
    return made


def read(folders, cases, checkpoint="last"):
    return read_out_of_fold(folders, checkpoint, cases, read_card(folders[0]))


def test_each_case_has_the_first_segmenter_that_has_not_seen_it(folders, cases):
    assert read(folders, cases)._of_case.tolist() == [1, 1, 0, 0]
    assert read_out_of_fold([], "last", cases, read_card(folders[0])) is None


def test_one_segmenter_gives_its_logits_to_all_of_its_cases(folders, cases):
    write_seen_cases(folders[0], ["z"], [])
    image = np.array([150.0, -150.0], np.float32).reshape(2, 1, 1, 1) / 100 * np.ones((2, 32, 48, 1), np.float32)
    logits = np.asarray(read(folders[:1], cases)(image, np.array([0, 3])))
    np.testing.assert_allclose(logits[:, 0, 0], [[0.5, -2.5], [-2.5, 0.5]], rtol=1e-5)


def test_each_segmenter_sees_slices_normalised_as_it_was_trained(folders, cases):
    """150 HU: 1.5 for the first segmenter, (150 - 50) / 50 for the second; their logits are x - 1 and -x - 1."""
    write_card(dataclasses.replace(read_card(folders[1]), mean=50.0, sd=50.0), folders[1])
    image = np.full((2, 32, 48, 1), 1.5, np.float32)
    logits = np.asarray(read(folders, cases)(image, np.array([0, 2])))
    np.testing.assert_allclose(logits[:, 0, 0], [[1.0, -3.0], [0.5, -2.5]], rtol=1e-5)


def test_a_case_that_all_have_seen_is_named(folders, cases):
    write_seen_cases(folders[1], ["b", "c"], [])
    with pytest.raises(TfpartialError, match=r"segmenters: expected one that has not seen case 'b'; all 2 have \(1 such"):
        read(folders, cases)


def test_a_case_that_chose_the_best_checkpoint_was_seen_by_it(folders, cases):
    for folder in folders:
        write_seen_cases(folder, [], ["a"])
    assert read(folders, cases)._of_case.tolist() == [0, 0, 0, 0]
    with pytest.raises(TfpartialError, match="not seen case 'a'"):
        read(folders, cases, "best")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activation": "softmax"}, "needs a segmenter that ends in one sigmoid per organ"),
        ({"prior": "input"}, "was trained with a spatial prior"),
        ({"window_hu": (-100.0, 100.0)}, r"two: was trained with window_hu \(-100\.0, 100\.0\); expected \(-1000\.0, 1000\.0\)"),
        ({"size": (64, 64)}, r"store: expected size \(64, 64\) as the segmenter of .*two"),
    ],
)
def test_a_segmenter_that_does_not_fit_is_refused(folders, cases, change, message):
    write_card(dataclasses.replace(read_card(folders[1]), **change), folders[1])
    with pytest.raises(TfpartialError, match=message):
        read(folders, cases)


def test_a_segmenter_that_does_not_say_what_it_has_seen_is_refused(folders, cases):
    (folders[1] / "cases.json").unlink()
    with pytest.raises(TfpartialError, match=r"two/cases\.json: no such file; expected the cases that a segmenter has seen"):
        read(folders, cases)
