"""Places of values in charts, and what the charts say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.report.charts.axis import Axis, axis_over, axis_up_to, percent_axis
from tfpartial.report.charts.boxes import Box, box_chart, quartiles
from tfpartial.report.charts.lines import Line, Point, line_chart
from tfpartial.report.charts.styles import style_of


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.0, 1.3], (0, 0.5, 1, 1.5)),
        ([0.21, 0.24], (0.21, 0.22, 0.23, 0.24)),
        ([5.0, 5.0], (4, 6)),
        ([0.0, 0.0], (0, 0.25)),
        ([float("nan")], (0, 0.25, 0.5, 0.75, 1)),
    ],
)
def test_ticks_are_round(values, ticks):
    assert axis_over(values, 0, 100).ticks == pytest.approx(ticks)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
def test_an_axis_holds_all_values_with_few_ticks(values):
    axis = axis_over(values, 0, 100)
    tolerance = 1e-5 * max(1.0, *map(abs, values))  # ticks have six digits
    assert axis.low <= min(values) + tolerance
    assert axis.high >= max(values) - tolerance
    assert 2 <= len(axis.ticks) <= 6


def test_an_axis_may_end_at_the_last_value_and_may_be_reversed():
    assert (axis_up_to(16, 0, 160).ticks, axis_up_to(16, 0, 160).at(16)) == ((0, 5, 10, 15), 160)
    assert Axis(1.0, 0.0, 0, 100, ()).at(0.3) == 70


def test_a_line_goes_through_its_points_and_its_bars_end_at_the_axis():
    points = [Point(0, 50, "half"), Point(1, 90, "<b>", sd=20)]
    x = Axis(0, 1, 100, 200, (0.0, 1.0))
    chart = line_chart("a & b", "two points", [Line(style_of(0), points)], x, percent_axis(100, 0), "share", ["0", "1"])
    assert 'd="M100 50L200 10"' in chart
    assert 'd="M200.0 30.0V0.0m-4 0h8' in chart  # 70 to 100, not 110
    assert "<figcaption>a &amp; b</figcaption>" in chart
    assert "<title>&lt;b&gt;</title>" in chart


def test_long_lines_have_no_markers_and_lines_without_points_are_left_out():
    line = Line(style_of(0), [Point(place, 1, "") for place in range(20)])
    chart = line_chart("t", "", [line, Line(style_of(1), [])], axis_up_to(20, 0, 1), percent_axis(0, 1), "", [""] * 5)
    assert (chart.count('class="line"'), chart.count('class="mark"')) == (1, 0)


def test_quartiles_whiskers_and_values_apart_are_tukeys():
    found = quartiles([1, 2, 3, 4, 5, 20])
    assert (found.q1, found.median, found.q3) == (2.25, 3.5, 4.75)
    assert (found.low, found.high, found.apart) == (1, 5, (20,))
    assert quartiles([7]).apart == ()


def test_few_values_are_drawn_one_by_one_and_none_leave_an_empty_row():
    boxes = [Box(style_of(0), "few", [10, 20]), Box(style_of(1), "none", []), Box(style_of(2), "many", [10, 20, 30, 40, 50])]
    chart = box_chart("t", "d", [("liver", boxes)], "DSC")
    assert (chart.count('class="box"'), chart.count('class="dot"')) == (1, 2)
    assert re.findall(r">n (\d)<", chart) == ["2", "0", "5"]
    assert "many: median 30.0, middle half 20.0 to 40.0, n = 5" in chart


def test_boxes_stand_where_their_axis_says():
    chart = box_chart("t", "d", [("liver", [Box(style_of(0), "few", [25.0])])], "mm", Axis(0, 50, 10, 284, (0.0, 50.0)))
    assert 'cx="147.0"' in chart
    assert re.findall(r'class="tick" x="([\d.]+)"[^>]*>([\d.]+)<', chart) == [("10.0", "0"), ("284.0", "50")]


def test_methods_differ_in_more_than_colour():
    styles = [style_of(number) for number in range(32)]
    assert len(set(styles)) == 32
    assert len({style.marker for style in styles[:4]}) == len({style.dash for style in styles[:4]}) == 4
