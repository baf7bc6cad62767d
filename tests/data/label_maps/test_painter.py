import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tfpartial.data.label_maps.painter import Overlap, Painter
from tfpartial.labels import OrganTable

ORGANS = OrganTable(("liver", "spleen", "tumour"))
TUMOUR_FIRST = ("tumour", "liver", "spleen")


def layer(*codes):
    return np.array([[codes]], np.uint8)


def painted(*layers, priority=TUMOUR_FIRST):
    painter = Painter(layers[0].shape, ORGANS, priority)
    for one in layers:
        painter.paint(one.copy())
    return painter.finished(), painter.overlaps()


def test_the_first_of_the_priority_keeps_the_voxel_whoever_was_painted_first():
    layers = layer(1, 1, 1, 0), layer(0, 3, 3, 3)
    for order in (layers, layers[::-1]):
        codes, overlaps = painted(*order)
        assert codes.ravel().tolist() == [1, 3, 3, 3]
        assert overlaps == (Overlap("tumour", "liver", 2),)


def test_pairs_are_counted_apart():
    codes, overlaps = painted(layer(3, 3, 0, 1), layer(1, 2, 2, 2))
    assert codes.ravel().tolist() == [3, 3, 2, 1]
    assert overlaps == (Overlap("liver", "spleen", 1), Overlap("tumour", "liver", 1), Overlap("tumour", "spleen", 1))


def test_the_same_organ_twice_is_no_overlap():
    assert painted(layer(1, 1), layer(0, 1))[1] == ()


def test_ignored_voxels_win_and_are_no_overlap():
    codes, overlaps = painted(layer(3, 255, 1), layer(255, 1, 1))
    assert codes.ravel().tolist() == [255, 255, 1]
    assert overlaps == ()


def test_nothing_painted_is_background():
    painter = Painter((1, 2, 3), ORGANS, TUMOUR_FIRST)
    assert painter.finished().tolist() == [[[0] * 3] * 2]
    assert painter.overlaps() == ()


LAYERS = st.lists(arrays.arrays(np.uint8, (2, 2, 3), elements=st.sampled_from([0, 1, 2, 3, 255])), min_size=1, max_size=4)


@given(LAYERS, st.permutations(ORGANS.names), st.randoms())
def test_the_order_of_the_layers_does_not_matter(layers, priority, random):
    codes, _ = painted(*layers, priority=priority)
    shuffled, _ = painted(*random.sample(layers, len(layers)), priority=priority)
    ranking = [255, *(ORGANS.id_of(organ) for organ in priority), 0]
    best = np.array(ranking)[np.min([np.vectorize(ranking.index)(layer) for layer in layers], axis=0)]
    assert np.array_equal(codes, best)
    assert np.array_equal(shuffled, best)


@given(arrays.arrays(bool, (3, 2, 2, 3)), st.permutations(ORGANS.names))
def test_painted_by_priority_each_organ_loses_to_the_one_that_keeps_the_voxel(masks, priority):
    by_name = dict(zip(priority, masks, strict=True))
    first, second, third = (by_name[organ] for organ in priority)
    _, overlaps = painted(*(mask * np.uint8(ORGANS.id_of(organ)) for organ, mask in by_name.items()), priority=priority)
    counts = {
        (priority[0], priority[1]): (first & second).sum(),
        (priority[0], priority[2]): (first & third).sum(),
        (priority[1], priority[2]): (second & third & ~first).sum(),
    }
    assert {(one.kept, one.lost): one.voxels for one in overlaps} == {pair: count for pair, count in counts.items() if count}
