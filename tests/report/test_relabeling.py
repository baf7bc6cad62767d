"""The section of relabeling: means over folds, the slice step by step, and what it says when something is missing."""

import json
import re
import shutil

import pandas as pd
import pytest

from tfpartial.artifacts import read_json
from tfpartial.data.store.store import Store
from tfpartial.report.relabel_chains import chain_groups
from tfpartial.report.sections import relabeling
from tfpartial.report.step_views import middling_organ, view_steps

EVIL = "<script>alert(1)</script>"
CELL = "alpha0.1/fold{}/certain/04-relabel"


def change(folder, step, **measures):
    path = folder / f"step-{step}" / "summary.json"
    content = read_json(path, "content")
    content["overall"] |= measures
    path.write_text(json.dumps(content))


def test_folds_of_a_method_and_share_are_one_group(sweep, open_run):
    change(sweep / CELL.format(1), 2, precision=0.7)
    (group,) = chain_groups(open_run(sweep))
    assert (group.method, group.alpha, group.numbers) == ("certain", 0.1, [1, 2])
    assert group.mean(2, "all organs", "precision") == pytest.approx(0.6)
    assert group.sd(2, "all organs", "precision") == pytest.approx(0.02**0.5)
    assert group.mean(1, EVIL, "recall") == 0.5
    assert [chain.dsc for chain in group.chains] == [{2: 0.75}] * 2


def test_of_several_stages_the_last_one_holds_all_steps(sweep, open_run):
    cell = sweep / "alpha0.1" / "fold0" / "certain"
    shutil.copytree(cell / "04-relabel", cell / "03-relabel")
    shutil.rmtree(cell / "03-relabel" / "step-2")
    (group,) = chain_groups(open_run(cell))
    assert [step.step for step in group.chains[0].steps] == [1, 2]
    assert group.chains[0].stage.folder.name == "04-relabel"
    assert len(group.chains) == 1


def test_the_table_has_a_row_per_step_with_the_audits_totals(whole_sweep, open_run):
    page = relabeling.SECTION.render(open_run(whole_sweep))
    rows = [re.findall(r"<t[dh].*?>(.*?)</t[dh]>", row) for row in re.findall(r'<tr><th scope="row">certain.*?</tr>', page)]
    # 3 missing organs: two in one fold, one in the other.
    assert [re.sub("<.*?>", "", " ".join(row)) for row in rows] == [
        "certain 1 learned confidence 50 % 90 40 100.0 ± 0.0 50.0 ± 0.0 50.0 ± 0.0 3 0 –",
        "certain 2 learned confidence 100 % 180 40 50.0 ± 0.0 100.0 ± 0.0 50.0 ± 0.0 3 0 75.0",
    ]
    assert "all organs, step 2: 50.0 ± 0.0 %" in page


def test_methods_are_compared_with_a_line_each(sweep, open_run):
    shutil.copytree(sweep / CELL.format(0), sweep / "alpha0.1" / "fold0" / "naive" / "04-relabel")
    page = relabeling.SECTION.render(open_run(sweep))
    assert "naive, step 1: 100.0 %" in page
    assert "certain, step 1: 100.0 ± 0.0 %" in page
    assert re.findall(r'<p class="head">(\w+) <small>step (\d)', page) == [
        *(("naive", "1"), ("naive", "2"), ("certain", "1"), ("certain", "2"))
    ]


def test_without_a_truth_there_are_numbers_but_no_charts_and_no_pictures(sweep, open_run):
    for fold in (0, 1):
        for step in (1, 2):
            folder = sweep / CELL.format(fold)
            change(folder, step, precision=None, recall=None, precision_added=None)
            table = pd.read_csv(folder / f"step-{step}" / "audit.csv")
            table[["truth", "correct"]] = None
            table.to_csv(folder / f"step-{step}" / "audit.csv", index=False)
    page = relabeling.SECTION.render(open_run(sweep))
    assert "Nobody knows here what is right." in page
    assert "<svg" not in page.replace('<svg viewBox="0 0 34 12"', "")
    assert '<td class="number">180</td>' in page


def test_a_layer_that_was_changed_costs_only_the_picture(sweep, open_run):
    (sweep / CELL.format(0) / "step-1" / "cases" / "d.h5").write_bytes(b"changed")
    page = relabeling.SECTION.render(open_run(sweep))
    assert "Not drawn α 10 %: " in page
    assert "its checksum is not that of labels.json" in page
    assert "<strong>All organs, α 10 %</strong>" in page


def test_no_picture_when_none_is_asked_for(whole_sweep, open_run):
    assert "step-grey" not in relabeling.SECTION.render(open_run(whole_sweep, cases=0))


def audit_of(*rows):
    return pd.DataFrame(rows, columns=["case", "organ", "voxels", "truth", "correct"])


def test_the_organ_in_the_middle_is_drawn():
    rows = audit_of(
        ("a", "x", 10, 10, 10), ("b", "x", 10, 10, 2), ("c", "y", 10, 10, 5), ("d", "y", 0, 10, 0), ("e", "y", 5, 0, 0)
    )
    assert middling_organ(rows) == ("c", "y")
    assert middling_organ(rows[3:]) is None
    assert middling_organ(audit_of(("a", "x", 10, None, None))) is None


def test_a_slice_shows_what_is_right_wrong_and_missing_at_each_step(whole_sweep):
    store = Store.open(whole_sweep / "store")
    view = view_steps(store, [(whole_sweep / CELL.format(0), 2)], "c", EVIL, (-100.0, 200.0))
    assert (view.place, view.width_mm, view.height_mm) == ("slice 3 of 6", 24, 40)
    ((first, second),) = view.rows
    assert (first.step, second.step) == (1, 2)
    assert first.wrong == ""
    assert second.wrong.count("M") == 2  # half of what lies beside it comes in again at the other edge
    right, truth = (bounds(path) for path in (first.right, view.truth))
    assert truth == (8, 20, 24, 36)
    assert right == (8, 14, 24, 36)  # the half below column 14
    assert bounds(second.right) == truth


def bounds(path):
    numbers = [float(number) for number in re.findall(r"[\d.]+", path)]
    return min(numbers[::2]), max(numbers[::2]), min(numbers[1::2]), max(numbers[1::2])
