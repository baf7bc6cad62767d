"""The steps of a folder of label layers, and their table."""

import json

import pytest

from tfpartial.errors import TfpartialError
from tfpartial.relabel.steps import has_steps, read_audit, read_steps, step_table
from tfpartial.text_table import ALL, markdown


def measure(**changes):
    known = {"precision": 0.9814, "recall": 0.1999, "precision_added": 0.98}
    return {"cases": 3, "candidates": 300, "selected": 100, "added": 99, "voxels": 99, **known, **changes}


def write(folder, step, **changes):
    content = {"step": step, "estimator": "learned", "share": step / 3, "threshold": None, "precision": None}
    content |= {"organs": {"liver": measure()}, "overall": measure()}
    (folder / f"step-{step}").mkdir(parents=True)
    (folder / f"step-{step}" / "summary.json").write_text(json.dumps(content | changes))


def test_steps_come_in_their_order_and_steps_of_persons_are_left_out(tmp_path):
    for step in (10, 2, 1):
        write(tmp_path, step, share=0.5)
    (tmp_path / "step-3").mkdir()
    (tmp_path / "step-x").mkdir()
    assert [step.step for step in read_steps(tmp_path)] == [1, 2, 10]
    assert has_steps(tmp_path)
    assert not has_steps(tmp_path / "step-3")


def test_measures_are_of_an_organ_or_of_all(tmp_path):
    write(tmp_path, 1, overall=measure(added=500))
    (step,) = read_steps(tmp_path)
    assert step.measure(ALL).added == 500
    assert step.measure("liver").precision == 0.9814
    assert step.measure("spleen") is None


def test_the_table_is_that_of_the_thesis(tmp_path):
    write(tmp_path, 1)
    unknown = measure(precision=None, recall=None)
    write(tmp_path, 2, share=1.0, threshold=0.9, organs={"spleen": unknown}, overall=measure(recall=0.2589))
    lines = markdown(step_table(read_steps(tmp_path))).splitlines()
    assert lines[0] == "| step | taken | added voxels | precision | recall | liver | spleen |"
    assert lines[2] == "| 1 | 33.3 % | 99 | 98.14 | 19.99 | 98.14 / 19.99 | n/a |"
    assert lines[3] == "| 2 | from 0.9 on | 99 | 98.14 | 25.89 | n/a | n/a / n/a |"


def test_what_is_no_step_is_named(tmp_path):
    with pytest.raises(TfpartialError, match=r"expected steps that `relabel` wrote, found no step-\*/summary\.json"):
        read_steps(tmp_path)
    write(tmp_path, 1, overall={})
    with pytest.raises(TfpartialError, match=r"step-1/summary\.json: expected the summary of a relabel step; .* 'cases'"):
        read_steps(tmp_path)


def test_an_audit_is_read_with_unknown_truth_as_nothing(tmp_path):
    (tmp_path / "step-1").mkdir()
    path = tmp_path / "step-1" / "audit.csv"
    with pytest.raises(TfpartialError, match=r"audit\.csv: no such file"):
        read_audit(tmp_path, 1)
    path.write_text("case,organ,candidates,added,voxels,truth,correct\n007,NA,5,2,2,,\n")
    table = read_audit(tmp_path, 1)
    assert table.loc[0, ["case", "organ"]].tolist() == ["007", "NA"]
    assert table["truth"].isna().all()
    path.write_text("case,organ\n1,liver\n")
    with pytest.raises(TfpartialError, match=r"audit\.csv: expected a column candidates, got case, organ"):
        read_audit(tmp_path, 1)
    path.write_text("")
    with pytest.raises(TfpartialError, match=r"audit\.csv: expected a row per case and organ, got "):
        read_audit(tmp_path, 1)
