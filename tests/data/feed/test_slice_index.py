import numpy as np

from tfpartial.data.feed.slice_index import SliceIndex, count_columns


def test_a_slice_shows_an_organ_only_where_it_is_annotated():
    voxels = [np.array([[5, 0], [0, 5], [0, 0]]), np.array([[5, 5], [0, 0]])]
    annotated = np.array([[True, False], [False, True]])
    index = SliceIndex.build(voxels, annotated, annotated)
    assert index.case.tolist() == [0, 0, 0, 1, 1]
    assert index.z.tolist() == [0, 1, 2, 0, 1]
    assert index.shows.tolist() == [[True, False], [False, False], [False, False], [False, True], [False, False]]
    assert index.empty.tolist() == [False, True, True, False, True]
    assert not index.pseudo.any()


def test_a_case_with_nothing_annotated_is_left_out():
    voxels = [np.array([[5, 0], [0, 0]]), np.array([[0, 5]])]
    annotated = np.array([[False, False], [False, True]])
    index = SliceIndex.build(voxels, annotated, annotated)
    assert list(zip(index.case, index.z, strict=True)) == [(1, 0)]


def test_its_slices_with_pseudo_labels_are_used_but_no_expert_showed_anything_there():
    voxels = [np.array([[5, 0], [0, 0]])]
    index = SliceIndex.build(voxels, np.array([[False, False]]), np.array([[True, True]]))
    assert index.z.tolist() == [0]
    assert index.pseudo.tolist() == [True]
    assert index.shows_label.tolist() == [True]
    assert index.expert.tolist() == index.empty.tolist() == [False]


def test_counts_tell_the_strata_of_each_organ():
    voxels = [np.array([[5, 5], [0, 5], [0, 0], [0, 0]]), np.array([[5, 5], [5, 0]])]
    annotated = np.array([[True, True], [False, True]])
    visible = np.array([[True, True], [True, True]])
    index = SliceIndex.build(voxels, annotated, visible)
    counts = index.counts(np.array([0, 1, 1, 2, 4, 5]), ("liver", "spleen"))
    assert counts == {
        **{"drawn_with_liver": 1, "drawn_without_liver": 2, "drawn_empty_liver": 1},
        **{"drawn_with_spleen": 4, "drawn_without_spleen": 0, "drawn_empty_spleen": 2},
        "drawn_pseudo": 2,
    }
    assert list(counts) == count_columns(("liver", "spleen"))
