import numpy as np
import pytest

from tfpartial.data.feed.slices import SliceReader
from tfpartial.data.fold.pseudo_label_writer import layer_record, write_index
from tfpartial.data.fold.pseudo_labels import PseudoLabels, layer_path
from tfpartial.data.store.layer_file import write_label_layer
from tfpartial.errors import TfpartialError
from tfpartial.labels import SURE_BACKGROUND, keep_annotated

EXPERT = {"a": ("liver", "spleen"), "b": ("liver",), "c": ()}


def test_reads_a_batch_across_cases(store):
    reader = SliceReader(store, ["b", "a"], EXPERT)
    where = (np.array([1, 0, 1]), np.array([3, 1, 0]))
    image, label = reader.images(*where), reader.labels(*where)
    for place, (case_id, z) in enumerate([("a", 3), ("b", 1), ("a", 0)]):
        np.testing.assert_array_equal(image[place], store.image(case_id)[z])
        np.testing.assert_array_equal(label[place], store.label(case_id)[z])


def test_thinned_organs_become_background(store):
    reader = SliceReader(store, ["a"], {"a": ("spleen",)})
    label = reader.labels(np.array([0, 0]), np.array([1, 3]))
    assert np.unique(label[0]).tolist() == [0]  # liver alone
    assert np.unique(label[1]).tolist() == [0, 2]  # liver and spleen
    assert reader.annotated.tolist() == [[False, True]]


@pytest.fixture
def pseudo(store, tmp_path):
    """Case `a`, whose spleen alone is annotated, got a voxel of liver in slice 4."""
    out = tmp_path / "labels"
    label = keep_annotated(store.label("a")[:], np.array([False, True]))
    label[4, 0, 0] = 1
    path = layer_path(out, 1, "a")
    path.parent.mkdir(parents=True)
    write_label_layer(path, [(0, label)], label.shape, 2)
    write_index(out, store, None, "relabel", {"a": layer_record(out, 1, "a", ("spleen",), ("liver",), ())})
    return PseudoLabels.open(out)


def test_pseudo_labels_stay_and_the_annotated_set_too(store, pseudo):
    reader = SliceReader(store, ["a", "b"], {"a": ("spleen",), "b": ("liver",)}, pseudo)
    label = reader.labels(np.array([0, 0, 1]), np.array([3, 4, 1]))
    assert np.unique(label[0]).tolist() == [0, 2]  # the expert's liver is not annotated
    assert label[1, 0, 0] == 1 and np.unique(label[1]).tolist() == [0, 1, 2]
    assert np.unique(label[2]).tolist() == [0, 1]  # a case without a layer has the expert's
    assert reader.annotated.tolist() == [[False, True], [True, False]]
    assert reader.visible.tolist() == [[True, True], [True, False]]
    assert reader.voxels[0][4, 0] == 1


def test_ignored_pseudo_labels_are_drawn_by_and_not_learned(store, pseudo):
    annotated, where = {"a": ("spleen",), "b": ("liver",)}, (np.array([0, 0, 1]), np.array([3, 4, 1]))
    learned = SliceReader(store, ["a", "b"], annotated, pseudo)
    ignored = SliceReader(store, ["a", "b"], annotated, PseudoLabels.open(pseudo.folder, ignored=True))
    np.testing.assert_array_equal(ignored.labels(*where), SliceReader(store, ["a", "b"], annotated).labels(*where))
    assert not np.array_equal(ignored.labels(*where), learned.labels(*where))
    # Slices are drawn by these three.
    np.testing.assert_array_equal(ignored.annotated, learned.annotated)
    np.testing.assert_array_equal(ignored.visible, learned.visible)
    np.testing.assert_array_equal(ignored.voxels[0], learned.voxels[0])


def test_what_is_surely_background_is_ignored_with_them_and_accepted_organs_stay(store, tmp_path):
    label = np.zeros(store.label("a").shape, np.uint8)
    label[2, 0, :3] = (1, 2, SURE_BACKGROUND)
    path = layer_path(tmp_path, 1, "a")
    path.parent.mkdir(parents=True)
    write_label_layer(path, [(0, label)], label.shape, 2)
    write_index(tmp_path, store, None, "accept", {"a": layer_record(tmp_path, 1, "a", (), ("spleen",), ("liver",))})
    slices = {
        ignored: SliceReader(store, ["a"], {"a": ()}, PseudoLabels.open(tmp_path, ignored=ignored)).labels(*np.array([[0], [2]]))
        for ignored in (False, True)
    }
    assert slices[False][0, 0, :3].tolist() == [1, 2, SURE_BACKGROUND]
    assert slices[True][0, 0, :3].tolist() == [1, 0, 0]


def test_pseudo_labels_of_another_annotated_set_are_refused(store, pseudo):
    with pytest.raises(TfpartialError, match=r"case a was relabeled with \['spleen'\] annotated, now \['liver', 'spleen'\] are"):
        SliceReader(store, ["a"], EXPERT, pseudo)


def test_pseudo_labels_of_another_store_are_refused(store, pseudo):
    pseudo.organs = ("liver",)
    with pytest.raises(TfpartialError, match=r"label layers of organs \['liver'\] .*expected those of .*\['liver', 'spleen'\]"):
        SliceReader(store, ["a"], {"a": ("spleen",)}, pseudo)


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
