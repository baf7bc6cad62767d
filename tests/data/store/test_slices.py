import numpy as np
import pytest

from tfpartial.data.slices import SliceReader
from tfpartial.errors import TfpartialError

EXPERT = {"a": ("liver", "spleen"), "b": ("liver",), "c": ()}


def test_reads_a_batch_across_cases(store):
    reader = SliceReader(store, ["b", "a"], EXPERT)
    image, label = reader.read(np.array([1, 0, 1]), np.array([3, 1, 0]))
    for place, (case_id, z) in enumerate([("a", 3), ("b", 1), ("a", 0)]):
        np.testing.assert_array_equal(image[place], store.image(case_id)[z])
        np.testing.assert_array_equal(label[place], store.label(case_id)[z])


def test_thinned_organs_become_background(store):
    reader = SliceReader(store, ["a"], {"a": ("spleen",)})
    _, label = reader.read(np.array([0, 0]), np.array([1, 3]))
    assert np.unique(label[0]).tolist() == [0]  # liver alone
    assert np.unique(label[1]).tolist() == [0, 2]  # liver and spleen
    assert reader.annotated.tolist() == [[False, True]]


def test_pseudo_labels_of_a_later_layer_stay(store):
    (store.root / "cases" / "a" / "label-0.h5").rename(store.root / "cases" / "a" / "label-1.h5")
    reader = SliceReader(store, ["a"], {"a": ("spleen",)}, layer=1)
    _, label = reader.read(np.array([0]), np.array([3]))
    assert np.unique(label).tolist() == [0, 1, 2]
    assert reader.visible.all()


@pytest.mark.parametrize(
    ("case_ids", "annotated", "message"),
    [
        ([], EXPERT, "no case is given"),
        (["x"], {"x": ()}, "no case 'x' among its 3"),
        (["a"], {}, "case a: no annotated set is given for it"),
        (["b"], {"b": ("spleen",)}, r"case b: 'spleen' is not annotated there; expected a part of \['liver'\]"),
    ],
)
def test_says_what_is_wrong_with_the_cases(store, case_ids, annotated, message):
    with pytest.raises(TfpartialError, match=message):
        SliceReader(store, case_ids, annotated)
