"""The picture: what is cropped, which colours, and that it is drawn."""

import numpy as np
from matplotlib.image import imread

from tfpartial.labels import IGNORE, OrganTable
from tfpartial.pictures.colours import organ_colours
from tfpartial.pictures.figure import LEFT_IN, Panel, Row, crop_to_body, draw

ORGANS = OrganTable(("liver", "spleen"))


def body(size=40):
    """Air, and a square of soft tissue; far from it a speck of bone."""
    hu = np.full((size, size), -1000, np.int16)
    hu[10:30, 12:32] = 40
    hu[0, 0] = 500
    return hu


def row(label, prediction=None, hu=None):
    panels = (Panel(label, ""), Panel(label if prediction is None else prediction, "DSC 0.5"))
    return Row("case a", body() if hu is None else hu, (1.0, 2.0), panels)


def label_at(*places, code=1):
    label = np.zeros((40, 40), np.uint8)
    for place in places:
        label[place] = code
    return label


def test_the_air_around_the_body_is_cut_off():
    cropped = crop_to_body(row(label_at()))
    assert cropped.hu.shape == (24, 24)  # 20 x 20 and a margin of 2 on each side
    assert cropped.panels[0].label.shape == (24, 24)


def test_no_labelled_voxel_is_cut_off():
    cropped = crop_to_body(row(label_at(), prediction=label_at((5, 39))))
    assert cropped.panels[1].label.sum() == 1


def test_ignored_voxels_do_not_widen_the_crop():
    assert crop_to_body(row(label_at((0, 39), code=IGNORE))).hu.shape == (24, 24)


def test_a_slice_without_body_and_labels_stays_whole():
    air = np.full((40, 40), -1000, np.int16)
    assert crop_to_body(row(label_at(), hu=air)).hu.shape == (40, 40)


def test_colours_are_apart_and_do_not_depend_on_the_number_of_organs():
    colours = organ_colours(254)
    assert colours.shape == (254, 3)
    assert np.array_equal(organ_colours(3), colours[:3])
    assert len(np.unique(colours, axis=0)) == 254
    assert organ_colours(0).shape == (0, 3)


def test_the_picture_shows_fills_in_the_organs_colours(tmp_path):
    label = label_at((slice(15, 25), slice(15, 25)))
    draw([row(label), row(label_at())], ["expert", "naive"], ORGANS, (-160.0, 300.0), tmp_path / "figure.png")
    picture = imread(tmp_path / "figure.png")[..., :3]
    assert picture.shape[1] == round((LEFT_IN + 2 * 3.0 + 2 * 0.06) * 150)
    tissue = (40 + 160) / 460
    expected = 0.72 * tissue + 0.28 * organ_colours(1)[0]
    assert np.isclose(picture, expected, atol=0.02).all(axis=-1).sum() > 5000


def test_an_organ_on_the_border_of_the_slice_is_outlined(tmp_path):
    tissue = np.full((40, 40), 40, np.int16)
    draw([row(label_at((slice(0, 40), slice(0, 40))), hu=tissue)], ["a", "b"], ORGANS, (-160.0, 300.0), tmp_path / "f.png")
    outline = np.isclose(imread(tmp_path / "f.png")[..., :3], organ_colours(1)[0], atol=0.03).all(axis=-1)
    assert outline.sum() > 300
