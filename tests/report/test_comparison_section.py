"""The section of the comparison: what each run was trained with."""

import dataclasses
import json

import pytest

from tfpartial.artifacts import read_json
from tfpartial.comparison.budgets import Budget
from tfpartial.comparison.files import write_comparison
from tfpartial.comparison.joined_scores import join_scores
from tfpartial.comparison.runs import Run
from tfpartial.provenance import say_done
from tfpartial.report.sections import comparison


@pytest.fixture
def compared(scored, tmp_path):
    """A comparison of two runs with other steps; the slices of one are unknown."""
    budgets = {
        Run("certain", 0.3, 0, scored("certain", {"a": [0.5, 0.0]}), 1): Budget(2040, 16320, 0),
        Run("smiler", 0.3, 0, scored("smiler", {"a": [0.6, 0.4]}), 1): Budget(2380, None, 340),
    }
    folder = tmp_path / "09-compare"
    write_comparison(folder, dataclasses.replace(join_scores(list(budgets)), budgets=budgets), [], {})
    (folder / "config.yaml").write_text("compare: {}\n")
    say_done(folder, {})
    return folder


def test_steps_and_slices_of_each_run_are_shown_and_what_is_not_alike(compared, open_run):
    page = comparison.SECTION.render(open_run(compared))
    assert "Not alike: α 30 %, steps differ by more than 5 %: certain has 2,040, smiler 2,380." in page
    cells = ("smiler, α 30 %, fold 0, seed 1", ["2380", "–", "340", "0", "0"])
    assert f'<th scope="row">{cells[0]}</th>' + "".join(f'<td class="number">{cell}</td>' for cell in cells[1]) in page


def test_a_comparison_of_an_older_release_has_no_steps(compared, open_run):
    content = read_json(compared / "comparison.json", "content")
    content.pop("not alike")
    content["runs"] = [{name: run[name] for name in ("method", "alpha", "fold", "folder")} for run in content["runs"]]
    (compared / "comparison.json").write_text(json.dumps(content))
    page = comparison.SECTION.render(open_run(compared))
    assert "Not alike" not in page
    assert '<th scope="row">smiler, α 30 %, fold 0</th><td class="number">–</td>' in page
