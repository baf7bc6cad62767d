"""Trainings with terms on voxels that are not certain, through the command line."""

import csv
import math

import pytest

from tfpartial.data.store.store import Store

TERMS = {
    "focal": "{weight: 1, positive_weight: SHARES}",
    "entropy": "{weight: 0.1, ramp: [1, 3]}",
    "mutual_information": "{weight: 0.1}",
    "marginal_kl": "{weight: 0.1, marginal: SHARES}",
    "extremal_area": "{weight: 0.1, area: SHARES, slices: uncertain}",
}


def words_of(organs):
    shares = f"{{{', '.join(f'{organ}: 0.05' for organ in organs)}}}"
    return [f"--loss.terms.{name}={options.replace('SHARES', shares)}" for name, options in TERMS.items()]


@pytest.mark.slow
@pytest.mark.parametrize("more", [("--activation", "softmax"), ("--deep_supervision", "true")])
def test_each_term_has_a_column_of_the_metrics(train, tiny_run, tmp_path, more):
    status, printed = train(*words_of(Store.open(tiny_run.store).organs.names), *more)
    assert status == 0, printed
    with (tmp_path / "model" / "metrics.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    values = {name: float(row[name]) for name in ("loss", "bce", *TERMS)}
    assert all(math.isfinite(value) for value in values.values())
    assert values["entropy"] > 0 >= values["mutual_information"] and values["focal"] > 0
    assert values["marginal_kl"] > 0 and values["extremal_area"] > 0
    others = sum(0.1 * values[name] for name in ("mutual_information", "marginal_kl", "extremal_area"))
    rest = values["loss"] - values["bce"] - values["focal"] - others
    assert rest == pytest.approx(0, abs=1e-3), "the weight of the entropy has not begun to rise in two steps"


def test_an_organ_that_the_data_lack_is_one_line_before_the_first_step(train, tiny_run, tmp_path):
    organs = ", ".join(Store.open(tiny_run.store).organs.names)
    expected = f"tfpartial train: loss.terms.extremal_area.area: no organ 'brain'; expected some of {organs}\n"
    assert train("--loss.terms.extremal_area.area={brain: 0.1}") == (1, expected)
    assert not (tmp_path / "model" / "metrics.csv").exists()
