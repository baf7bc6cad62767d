"""The section of priors and places: errors over the folds, who is to be looked at, and what it says when something is damaged."""

import re
import shutil

import pytest

from tfpartial.report.page import write_page
from tfpartial.report.sections import positions

EVIL = "&lt;script&gt;alert(1)&lt;/script&gt;"
CELL = "alpha0.1/fold{}/certain"


def rows(page, region):
    """Texts of the cells of the tables whose region's name starts so, row by row."""
    tables = re.findall(rf'aria-label="{region}.*?</table>', page, re.DOTALL)
    lines = re.findall(r'<tr><th scope="row">.*?</tr>', "".join(tables), re.DOTALL)
    return [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[dh].*?>(.*?)</t[dh]>", line)] for line in lines]


@pytest.fixture
def render(open_run):
    return lambda folder, **options: positions.SECTION.render(open_run(folder, **options))


def test_errors_by_organ_are_of_all_folds_together(whole_sweep, render):
    page = render(whole_sweep)
    # Cases, aligned, absent, poor, displaced; mean before and after, worst before and after, most lost.
    assert rows(page, "Errors of the places") == [
        ["liver", "4", "3", "0", "0", "1", "6.5", "2.5", "8.0", "4.0", "-3.0"],
        [EVIL, "4", "1", "1", "2", "0", "23.3", "30.7", "40.0", "50.0", "10.0"],
        ["all organs", "8", "4", "1", "2", "1", "13.7", "14.6", "40.0", "50.0", "10.0"],
    ]
    assert "2 folds together" in page
    assert "The search was off" not in page


def test_the_chart_has_the_errors_before_beside_those_after(whole_sweep, render):
    page = render(whole_sweep)
    assert re.findall(r"<title>(\w+: median [\d.]+).*?n = (\d)", page) == [
        *(("before: median 6.5", "4"), ("after: median 2.5", "4")),
        *(("before: median 20.0", "3"), ("after: median 30.0", "3")),
    ]


def test_places_that_are_not_trusted_are_listed_the_worst_first(whole_sweep, render):
    page = render(whole_sweep)
    assert rows(page, "Places that are not trusted") == [
        ["b", "liver", "displaced", "0.80", "5.5", "4.0", "test, fold 0"],
        ["d", EVIL, "poor", "0.10", "–", "50.0", "test, fold 1"],
        ["a", EVIL, "poor", "0.20", "–", "30.0", "test, fold 0"],
    ]
    assert "Of training cases positions.csv has 1 more." in page


def test_a_long_list_is_cut_and_says_so(sweep, render):
    path = sweep / CELL.format(0) / "06-align" / "positions.csv"
    line = next(line for line in path.read_text().splitlines() if "displaced" in line and line.startswith("b,"))
    path.write_text("\n".join([path.read_text().splitlines()[0], *[line] * 60]) + "\n")
    page = render(sweep / CELL.format(0))
    assert len(rows(page, "Places that are not trusted")) == 50
    assert "The first 50; positions.csv has all." in page


def test_the_prior_of_the_first_fold_has_its_table_and_its_picture(whole_sweep, render):
    page = render(whole_sweep)
    assert rows(page, "Prior") == [[organ, "2", "5", "20.0", "7", "9"] for organ in ("liver", EVIL)]
    assert "depth <small>mm</small>" in page
    assert page.count('<img src="data:image/png;base64,') == 1
    assert "<img" not in render(whole_sweep, cases=0)


def test_runs_are_told_apart_with_the_largest_share_of_labels_first(sweep, render):
    for target in ("alpha0.1/fold0/naive", "alpha1/fold0/certain"):
        for stage in ("04-prior", "06-align"):
            shutil.copytree(sweep / CELL.format(0) / stage, sweep / target / stage)
    page = render(sweep)
    runs = ["certain, α 100 %", "naive, α 10 %", "certain, α 10 %"]
    assert [row[:2] for row in rows(page, "Errors of the places by run")] == [[runs[0], "4"], [runs[1], "4"], [runs[2], "8"]]
    assert re.findall("<summary>(.*?, α .*?)</summary>", page) == [*(f"{run}, fold 0" for run in runs), *runs]


def test_only_so_many_priors_are_drawn(sweep, render, monkeypatch):
    shutil.copytree(sweep / CELL.format(0) / "04-prior", sweep / "alpha1/fold0/certain/04-prior")
    monkeypatch.setattr(positions, "MOST_PICTURES", 1)
    page = render(sweep)
    assert page.count("<img") == 1
    assert "The first 1 priors are drawn here" in page


def test_a_damaged_table_is_left_out_with_a_warning(sweep, render, caplog):
    (sweep / CELL.format(0) / "06-align" / "positions.csv").write_text("case,part\n")
    page = render(sweep)
    assert [row[:2] for row in rows(page, "Errors of the places")] == [["liver", "2"], [EVIL, "2"], ["all organs", "4"]]
    message = "positions.csv: expected a column organ, got case, part"
    assert message in caplog.text
    assert f"{message}</p>" in page
    (sweep / CELL.format(1) / "06-align" / "positions.csv").unlink()
    page = render(sweep)
    assert rows(page, "Errors of the places") == []
    assert "positions.csv: no such file; expected a row per case and organ" in page


def test_a_damaged_prior_is_left_out_with_a_warning(sweep, render, caplog):
    (sweep / CELL.format(0) / "04-prior" / "done.json").write_text("{}")
    (sweep / CELL.format(1) / "04-prior" / "prior.png").write_text("text")
    page = render(sweep)
    assert rows(page, "Prior")[0] == ["liver", "3", "5", "20.0", "7", "9"]  # of the second fold
    assert "<img" not in page
    assert "done.json: expected the summary of the verb prior" in caplog.text
    assert "prior.png: expected a picture" in caplog.text


def test_without_a_truth_there_are_numbers_but_no_chart(sweep, render):
    path = sweep / CELL.format(0) / "06-align" / "positions.csv"
    path.write_text(re.sub(r"[\d.]*,[\d.]*\r?\n", ",\n", path.read_text()))
    page = render(sweep / CELL.format(0))
    assert rows(page, "Errors of the places")[0] == ["liver", "2", "1", "0", "0", "1", "–", "–", "–", "–", "–"]
    assert "Nobody knows here where the organs are." in page
    assert '<figure class="chart">' not in page


def test_what_was_not_searched_is_said(sweep, render):
    folder = sweep / CELL.format(0) / "06-align"
    (folder / "config.yaml").write_text((folder / "config.yaml").read_text().replace("adjust: true", "adjust: false"))
    assert "The search was off for this run" in render(sweep / CELL.format(0))
    path = folder / "positions.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert "No organ was looked for in validation and test cases." in render(sweep / CELL.format(0))


def test_the_section_is_there_when_such_a_stage_is_finished(sweep, open_run):
    cell = sweep / CELL.format(0)
    assert write_page(open_run(cell / "06-align"))[1] == ["overview", "positions", "provenance"]
    assert write_page(open_run(cell / "04-prior"))[1] == ["overview", "positions", "provenance"]
    for stage in ("04-prior", "06-align"):
        (cell / stage / "done.json").unlink()
    assert "positions" not in write_page(open_run(cell))[1]
