"""The page: its sections, what it says of what is missing, and that nothing in a name is taken for HTML."""

import base64
import hashlib
import importlib.util
import itertools
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from tfpartial.artifacts import read_json
from tfpartial.report.page import SECTIONS, write_page
from tfpartial.report.sections.overview import missing

EVIL = "<script>alert(1)</script>"
ALL = [section.id for section in SECTIONS]


@pytest.fixture(scope="session")
def problems_of():
    spec = importlib.util.spec_from_file_location("html_check", Path(__file__).with_name("html_check.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.problems_of


def test_a_sweep_has_every_section_and_the_page_is_sound(whole_sweep, open_run, problems_of):
    page, sections = write_page(open_run(whole_sweep))
    assert sections == ALL
    assert problems_of(page) == []
    assert "sweep of 2 methods × 2 shares of labels × 2 folds" in page


def test_names_are_never_html(whole_sweep, open_run):
    page, _ = write_page(open_run(whole_sweep))
    assert EVIL not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<script>") == 1


def test_the_policy_allows_the_pages_own_script_alone(whole_sweep, open_run):
    page, _ = write_page(open_run(whole_sweep))
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    checksum = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{checksum}'" in page


def test_the_same_folder_gives_the_same_page(whole_sweep, open_run):
    assert write_page(open_run(whole_sweep)) == write_page(open_run(whole_sweep))


def test_sections_are_there_when_their_files_are(sweep, open_run, problems_of):
    cell = sweep / "alpha0.1" / "fold0" / "certain"
    page, sections = write_page(open_run(cell))
    scored = ["results", "spread", "cases", "scores"]
    assert sections == ["overview", *scored, "training", "positions", "relabeling", "confidence", "provenance"]
    assert problems_of(page) == []
    for name in ("07-score", "04-relabel", "04-rank", "04-prior", "06-align"):
        shutil.rmtree(cell / name)
    assert write_page(open_run(cell))[1] == ["overview", "training", "provenance"]
    assert write_page(open_run(cell / "06-predict"))[1] == ["overview", "provenance"]
    assert write_page(open_run(sweep / "02-coverage"))[1] == ["overview", "coverage", "provenance"]
    assert write_page(open_run(sweep / "08-audit"))[1] == ["overview", "audit", "provenance"]


def test_no_case_is_drawn_when_none_is_asked_for(whole_sweep, open_run):
    assert "cases" not in write_page(open_run(whole_sweep, cases=0))[1]


def test_predictions_that_are_gone_leave_a_note_and_the_scores(sweep, open_run, problems_of):
    for folder in sweep.rglob("06-predict"):
        for path in folder.glob("*.nii.gz"):
            path.unlink()
    page, sections = write_page(open_run(sweep))
    assert sections == ALL
    assert problems_of(page) == []
    assert page.count("is not drawn: ") == 3
    assert 'id="grey-' not in page


def test_a_section_whose_files_are_broken_is_a_note(sweep, open_run, caplog):
    (sweep / "02-coverage" / "coverage.json").write_text("{}")
    page, _ = write_page(open_run(sweep))
    assert "This part is missing: " in page
    assert "coverage.json: expected the coverage of a data set" in page
    assert "Coverage: " in caplog.text


def test_what_is_missing_is_said(sweep, open_run):
    train, broken = (sweep / "alpha1" / "fold0" / method for method in ("naive/05-train", "certain/07-score"))
    (train / "done.json").unlink()
    (broken / "scores.csv").unlink()
    cells = read_json(sweep / "sweep.json", "content")
    cells["cells"][0] |= {"state": "unfinished"}
    cells["cells"][7] |= {"state": "failed", "reason": "out of memory"}
    (sweep / "sweep.json").write_text(json.dumps(cells))
    assert missing(open_run(sweep)) == [
        "alpha1/fold0/naive/05-train: unfinished, after epoch 2 of 2",
        "certain, α 10 %, fold 1: failed: out of memory",
        "1 of 8 cells are not finished: naive, α 100 %, fold 0",
        "ingest: not begun",  # the manifest is there, but not what the stage says of itself
        f"{broken}/scores.csv: no such file; expected the scores of each case and organ",
    ]


def test_stages_that_the_experiment_has_but_does_not_do_are_not_missed(sweep, open_run):
    (sweep / "experiment.yaml").write_text("run: {stages: [train, {score: {}}, export]}\nphantom:\nsplit:\n")
    assert missing(open_run(sweep)) == ["export: not begun"]


def test_a_curriculum_is_missed_when_no_step_of_it_is_there(sweep, open_run):
    (sweep / "experiment.yaml").write_text("run: {stages: [train, curriculum, score]}\n")
    assert missing(open_run(sweep)) == []
    for folder in sweep.rglob("04-relabel"):
        shutil.rmtree(folder)
    assert missing(open_run(sweep)) == ["curriculum: not begun"]


def test_the_command_that_does_it_again_is_given_as_a_shell_takes_it(sweep, open_run):
    page, _ = write_page(open_run(sweep.rename(sweep.with_name("my sweep"))))
    folder = f"{sweep.parent}/my sweep"
    assert f"tfpartial sweep &#39;{folder}/experiment.yaml&#39; --out &#39;{folder}&#39;" in page
    assert "0123abc" in page  # the commit


def test_cases_of_the_coverage_stand_by_source_and_then_by_what_is_annotated(sweep, open_run):
    (sweep / "02-coverage" / "cases.csv").write_text(
        f"case,source,organ,voxels\n1,x,liver,5\n2,x,liver,0\n2,x,{EVIL},7\n3,a,liver,5\n3,a,{EVIL},0\n"
    )
    page, _ = write_page(open_run(sweep / "02-coverage"))
    strips = re.findall(r'<path class="absent" d="(.*?)"/><path class="present" d="(.*?)"/>', page)
    # Cases 3, 2, 1.
    assert strips == [("M1 0h1v1h-1z", "M0 0h1v1h-1zM2 0h1v1h-1z"), ("M0 0h1v1h-1z", "M1 0h1v1h-1z")]
    (sweep / "02-coverage" / "cases.csv").write_text("\n")
    page, _ = write_page(open_run(sweep / "02-coverage"))
    assert page.count('<path class="absent" d=""/><path class="present" d=""/>') == 2


def test_a_training_that_has_just_begun_is_said_to_be_so(sweep, open_run):
    train = sweep / "alpha1" / "fold0" / "naive" / "05-train"
    (train / "metrics.csv").write_text("epoch,steps,seconds,loss,val_dsc\n")
    (train / "done.json").unlink()
    page, _ = write_page(open_run(train))
    assert "This part is missing: no training has finished an epoch" in page
    (train / "metrics.csv").write_text("not,a,table\n")
    page, _ = write_page(open_run(train))
    assert "metrics.csv: expected a column epoch, got not, a, table" in page
    assert "05-train: unfinished" in page


def test_states_are_kept_apart_with_their_numbers(whole_sweep, open_run):
    page, _ = write_page(open_run(whole_sweep))
    rows = re.findall(r'<tr><th scope="row">&lt;script.*?</tr>', page, re.DOTALL)
    numbers = [re.findall(r'<td class="number(?: bad)?">([^<]*)</td>', row) for row in rows]
    # In 3 of 4 cases present, in one not annotated; naive misses it in all 3 at 10 %.
    assert ["3", "0", "1", "0 / 0", "0 / 0", "3 / 0", "0 / 0"] in numbers


def test_methods_that_were_scored_on_other_cases_are_not_compared_in_silence(sweep, open_run):
    scores = sweep / "alpha1" / "fold0" / "naive" / "07-score" / "scores.csv"
    scores.write_text("\n".join(line for line in scores.read_text().splitlines() if not line.startswith("b,")) + "\n")
    assert "Some methods were scored on other cases than the rest" in write_page(open_run(sweep))[0]


def test_a_large_sweep_stays_small_and_says_which_rows_it_leaves_out(scored, open_run, problems_of, tmp_path):
    organs = [f"organ {number}" for number in range(7)]
    random = np.random.default_rng(0)
    for alpha, fold, method in itertools.product((1, 0.3, 0.1), (0, 1), ("naive", "certain")):
        dsc = {f"case_{fold}_{number:03d}": random.random(7).tolist() for number in range(150)}
        folder = scored(f"large/alpha{alpha}/fold{fold}/{method}/07-score", dsc, organs=organs)
        (folder / "config.yaml").write_text("score: {}\n")
    page, _ = write_page(open_run(tmp_path / "large"))
    assert len(page.encode()) < 6e6  # with at most 1.5 MB of pictures, which are the same for all methods, below 8
    assert problems_of(page) == []
    assert page.count("The 833 worst rows; scores.csv has 217 more") == 12
