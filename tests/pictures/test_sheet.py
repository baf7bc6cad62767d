"""Pictures put together."""

import numpy as np
from PIL import Image

from tfpartial.labels import IGNORE, OrganTable
from tfpartial.pictures.sheet import BACKGROUND, MARGIN, Tile, arrange, legend
from tfpartial.pictures.slice_picture import RGB, WHITE

ORGANS = OrganTable(("liver", "spleen", "pancreas"))


def tile(width, height, colour=(200, 0, 0), caption="a\nb"):
    return Tile(Image.new("RGB", (width, height), colour), caption, ("R", "A"))


def test_the_legend_has_the_organs_that_are_shown_and_the_dashed_line():
    label, other = np.array([0, 3, IGNORE], np.uint8), np.array([1], np.uint8)
    assert [entry.name for entry in legend([label, other], ORGANS)] == ["liver", "pancreas"]
    assert legend([label], ORGANS)[0].colour == tuple(RGB[2].tolist())
    assert legend([], ORGANS, "expert") == [("expert", WHITE, True)]


def test_pictures_of_different_sizes_stand_in_cells_of_one_width():
    sheet = np.asarray(arrange([tile(100, 80), tile(60, 40, (0, 200, 0)), tile(100, 20, (0, 0, 200))], 2, []))
    assert sheet.shape[1] == 2 * (100 + MARGIN) + MARGIN
    assert (sheet == (200, 0, 0)).all(axis=-1).sum() > 0.95 * 100 * 80  # all but the letters
    green = np.argwhere((sheet == (0, 200, 0)).all(axis=-1))[:, 1]
    assert (green.min(), green.max()) == (MARGIN + 108 + 20, MARGIN + 108 + 79)
    blue = np.argwhere((sheet == (0, 0, 200)).all(axis=-1))
    assert blue[:, 0].min() > 80 and blue[:, 1].min() == MARGIN


def test_a_long_caption_is_not_cut():
    narrow, wide = (arrange([tile(40, 40, caption=text)], 4, []) for text in ("a", "a very long name of a case"))
    assert wide.width > narrow.width == 40 + 2 * MARGIN


def test_a_legend_that_is_too_wide_has_several_lines():
    entries = legend([np.array([1, 2, 3], np.uint8)], ORGANS)
    one, several = arrange([tile(400, 40)], 1, entries), arrange([tile(80, 40)], 1, entries)
    assert several.height > one.height
    for entry in entries:
        assert (np.asarray(several) == entry.colour).all(axis=-1).sum() > 100


def test_no_legend_takes_no_room():
    assert arrange([tile(40, 40)], 1, []).getpixel((0, 0)) == BACKGROUND
