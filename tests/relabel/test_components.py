import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from tfpartial.relabel.components import NEIGHBOURS, LargestPiece


def largest_piece(mask, size):
    slabs = [mask[start : start + size] for start in range(0, len(mask), size)]
    piece = LargestPiece()
    for slab in slabs:
        piece.see(slab)
    kept = piece.cursor()
    return np.concatenate([kept(slab) for slab in slabs])


@given(seed=st.integers(0, 200), size=st.integers(1, 6), share=st.sampled_from([0.05, 0.1, 0.2, 0.4]))
def test_is_the_largest_piece_of_the_whole_volume(seed, size, share):
    mask = np.random.default_rng(seed).random((6, 7, 8)) < share
    numbers, count = ndimage.label(mask, NEIGHBOURS)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)[1:]
    found = largest_piece(mask, size)
    assert found.sum() == sizes.max(initial=0) and not (found & ~mask).any()
    assert len(np.unique(numbers[found])) == (1 if count else 0)


def test_pieces_join_over_slabs_through_a_corner():
    mask = np.zeros((4, 3, 3), bool)
    mask[0, 0, 0] = mask[1, 1, 1] = mask[2, 2, 2] = True
    mask[3, 0, 0] = True  # touches nothing
    found = largest_piece(mask, 1)
    assert found.sum() == 3 and not found[3].any()


def test_of_equal_pieces_the_first_stays():
    mask = np.zeros((3, 1, 3), bool)
    mask[0, 0, 0] = mask[2, 0, 2] = True
    found = largest_piece(mask, 1)
    assert found[0, 0, 0] and found.sum() == 1
