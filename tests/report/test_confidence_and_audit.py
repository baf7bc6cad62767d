"""The sections of confidences and of the label audit."""

import json
import re
import shutil

import pytest

from tfpartial.artifacts import read_json
from tfpartial.errors import TfpartialError
from tfpartial.report.page import write_page
from tfpartial.report.sections import audit, confidence

EVIL = "<script>alert(1)</script>"


def cells(page, start):
    rows = re.findall(r"<tr>(?:(?!<tr>).)*?</tr>", page, re.DOTALL)
    texts = [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[dh].*?>(.*?)</t[dh]>", row)] for row in rows]
    return [row for row in texts if row and row[0].startswith(start)]


def test_a_row_per_confidence_with_means_over_the_folds(whole_sweep, open_run):
    page = confidence.SECTION.render(open_run(whole_sweep))
    assert cells(page, "certain, α 10 %") == [
        ["certain, α 10 %", "MCP", "210", "9.5", "70.0 ± 0.0", "90.0 ± 0.0", "30.0 ± 0.0"],
        ["certain, α 10 %", "learned confidence", "210", "9.5", "76.0 ± 1.4", "90.0 ± 0.0", "30.0 ± 0.0"],
    ]
    assert "certain, α 10 %: Learned confidence: filters 8. Published (thesis): filters 400." in page
    # Of the second organ every candidate is right.
    assert [row[3:] for row in cells(page, "&lt;script")] == [["10", "0.0", "–", "–", "–"]] * 2


def test_rankings_before_and_after_a_step_are_told_apart(sweep, open_run):
    cell = sweep / "alpha0.1" / "fold0" / "certain"
    shutil.copytree(cell / "04-rank", cell / "08-rank")
    page = confidence.SECTION.render(open_run(cell))
    assert [row[0] for row in cells(page, "certain")] == ["certain, 04-rank"] * 2 + ["certain, 08-rank"] * 2


def test_pictures_of_the_first_fold_are_part_of_the_page(sweep, open_run):
    page = confidence.SECTION.render(open_run(sweep))
    assert page.count('<img src="data:image/png;base64,') == 1
    assert "10 voxels of the volume are wrong" in page
    assert "<img" not in confidence.SECTION.render(open_run(sweep, cases=0))
    (sweep / "alpha0.1" / "fold0" / "certain" / "04-rank" / "confidence-1.png").unlink()
    with pytest.raises(TfpartialError, match=r"confidence-1\.png: expected a picture"):
        confidence.SECTION.render(open_run(sweep))


def test_an_audit_lists_suspects_and_the_next_cases(whole_sweep, open_run):
    page = audit.SECTION.render(open_run(whole_sweep))
    (suspect,) = cells(page, "1")[:1]
    assert suspect == ["1", "a", "&lt;script&gt;alert(1)&lt;/script&gt;", "not labelled", "–", "3", "4", "1.4", "0.95", "1.40"]
    assert cells(page, "1")[1][:5] == ["1", "b", "–", "–", "0.50"]
    assert page.count("<img") == 1
    assert EVIL not in page


def test_a_long_list_is_cut_and_says_so(sweep, open_run):
    path = sweep / "08-audit" / "suspects.json"
    content = read_json(path, "content")
    content["suspects"] = [content["suspects"][0] | {"rank": rank} for rank in range(1, 81)]
    path.write_text(json.dumps(content))
    page = audit.SECTION.render(open_run(sweep))
    assert page.count("not labelled</span>") == 50
    assert "suspects.csv has all" in page


def test_an_audit_that_cannot_be_read_is_a_note(sweep, open_run):
    (sweep / "08-audit" / "next.json").write_text('{"format": 1}')
    page, sections = write_page(open_run(sweep))
    assert "audit" in sections
    assert "next.json: expected the lists of an audit; its content has no usable" in page
