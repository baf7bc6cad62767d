"""The coverage picture and tables: what they show, from one organ to a hundred, and from one case to a thousand."""

import numpy as np
import pytest
from matplotlib.image import imread

from tfpartial.data.survey.case_statistics import ABSENT, CaseStatistics, OrganStatistics
from tfpartial.data.survey.coverage import Coverage, measure_coverage
from tfpartial.data.survey.coverage_text import markdown, organ_rows
from tfpartial.labels import OrganTable
from tfpartial.pictures.colours import organ_colours
from tfpartial.pictures.coverage_figure import ABSENT as ABSENT_COLOUR
from tfpartial.pictures.coverage_figure import draw_coverage

ORGAN = OrganStatistics(500, ((3, 9), (4, 8), (5, 7)), 60.0, (0.0, 60.0, 90.0))


def coverage(organs: int, cases: int, sources: int = 1, absent: bool = False) -> Coverage:
    """Every case is annotated for the organs of its source: source s for organs s, s + sources, ..."""
    names = tuple(f"organ {number}" for number in range(organs))

    def case(number: int) -> CaseStatistics:
        annotated = tuple(name for place, name in enumerate(names) if place % sources == number % sources)
        parts = tuple(ORGAN if name in annotated and not absent else ABSENT for name in names)
        source = f"source {number % sources}" if sources > 1 else None
        return CaseStatistics(f"c{number}", source, annotated, (10, 20, 20), (2.0, 1.0, 1.0), 0, parts, (), (10, 20, 20))

    return measure_coverage([case(number) for number in range(cases)], OrganTable(names))


def drawn(found, tmp_path):
    draw_coverage(found, "tiny", tmp_path / "coverage.png")
    return imread(tmp_path / "coverage.png")[..., :3]


def share_of(picture, colour):
    return np.isclose(picture, colour, atol=0.01).all(axis=-1).mean()


def test_present_organs_have_their_colour_and_absent_ones_another(tmp_path):
    present, absent = drawn(coverage(2, 10), tmp_path), drawn(coverage(2, 10, absent=True), tmp_path)
    white = [int(ABSENT_COLOUR[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    for colour in organ_colours(2):
        assert share_of(present, colour) > 0.02
        assert share_of(absent, colour) < 0.005
    assert share_of(absent, white) > 0.04 > share_of(present, white)


def test_half_the_cases_fill_half_the_matrix(tmp_path):
    all_of_them, half = drawn(coverage(2, 10), tmp_path), drawn(coverage(2, 10, sources=2), tmp_path)
    colour = organ_colours(1)[0]
    assert share_of(half, colour) * half.size == pytest.approx(share_of(all_of_them, colour) * all_of_them.size / 2, rel=0.15)


@pytest.mark.parametrize(("organs", "cases", "sources"), [(1, 1, 1), (3, 40, 12), (104, 1000, 3)])
def test_any_number_of_organs_and_cases_is_drawn(organs, cases, sources, tmp_path):
    picture = drawn(coverage(organs, cases, sources), tmp_path)
    height, width, _ = picture.shape
    assert 200 < height < 4000 and 1000 < width < 6000
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert np.ptp(edge, axis=0).max() == 0  # nothing is cut off


def test_a_row_says_what_an_organ_has():
    found = coverage(2, 4, sources=2)
    assert organ_rows(found)[0] == {
        "organ": "organ 0",
        "annotated": 2,
        "present": 2,
        "cut": 0,
        "ml (5–95 %)": "1 (1–1)",
        "HU": 60,
        "learns from %": 56.2,  # two cases of four, and 500 of 4000 voxels of the two others
        "positive %": 6.2,
        "sources": "source 0 2",
    }


def test_what_is_undefined_is_a_dash():
    text = markdown(coverage(1, 2, absent=True))
    assert text.startswith("2 cases, 2 annotated for every organ, 0 for none.\n")
    assert "| organ 0 | 2 | 0 | 0 | – | – | 100.0 | 0.0 | unknown 2 |\n" in text
    assert text.endswith("| organ | organ 0 |\n| --- | ---: |\n| organ 0 | 2 |\n")
