"""Learning curves, over steps and over minutes."""

from __future__ import annotations

import pytest

from tfpartial.report.page import write_page


@pytest.fixture
def page_of_a_training(sweep, open_run):
    return lambda metrics: _page(sweep / "alpha1" / "fold0" / "naive" / "05-train", metrics, open_run)


def _page(train, metrics, open_run) -> str:
    (train / "metrics.csv").write_text(metrics)
    return write_page(open_run(train))[0]


def test_the_dsc_is_drawn_over_steps_and_over_minutes(page_of_a_training):
    page = page_of_a_training("epoch,steps,seconds,loss,val_dsc\n1,170,90,0.9,0.2\n2,340,180,0.5,0.4\n")
    assert ", 340 steps: 40" in page and ", 3 minutes: 40" in page
    assert ", 340 steps: 0.5" in page and "minutes: 0.5" not in page, "the loss is drawn over steps"


def test_each_training_has_a_panel_of_its_organs(page_of_a_training, whole_sweep, open_run):
    page = page_of_a_training("epoch,steps,seconds,loss,val_dsc,val_dsc_a,val_dsc_b\n1,170,90,0.9,0.2,0.1,0.3\n")
    assert "a, 170 steps: 10" in page and "b, 170 steps: 30" in page
    assert write_page(open_run(whole_sweep))[0].count("liver, 100 steps: 30") == 8, "2 methods, 2 shares, 2 folds"


def test_an_organ_that_was_never_validated_has_no_line(page_of_a_training):
    page = page_of_a_training("epoch,steps,seconds,loss,val_dsc,val_dsc_a,val_dsc_b,val_dsc_c\n1,170,90,0.9,0.2,0.1,0.3,\n")
    assert "b, 170 steps: 30" in page and "c, 170 steps" not in page


def test_each_summand_of_the_loss_has_a_line_in_its_own_units(page_of_a_training):
    header = "epoch,steps,seconds,loss,bce,mutual_information,val_dsc,val_dsc_a"
    page = page_of_a_training(f"{header}\n1,170,90,0.9,0.7,-0.2,0.2,0.1\n2,340,180,0.5,0.6,-0.25,0.2,0.1\n")
    assert "Summands of the loss" in page
    assert "bce, 340 steps: 0.6" in page and "mutual_information, 340 steps: -0.25" in page


def test_a_loss_of_one_summand_is_drawn_once(page_of_a_training):
    page = page_of_a_training("epoch,steps,seconds,loss,bce,val_dsc\n1,170,90,0.9,0.9,0.2\n")
    assert "Summands of the loss" not in page


@pytest.mark.parametrize("missing", ["steps", "seconds"])
def test_a_table_without_what_curves_run_over_is_named(page_of_a_training, missing):
    header = ", ".join(name for name in ("epoch", "steps", "seconds", "loss") if name != missing)
    assert f"metrics.csv: expected a column {missing}, got {header}" in page_of_a_training(header.replace(" ", "") + "\n1,2,3\n")
