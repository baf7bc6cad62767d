"""Organs that do not lie to each other as they should."""

import numpy as np

from tfpartial.priors.arrangement import displacement

USUAL = np.array([[0.0, 0, -60], [10, 20, 60], [-40, 40, 0], [30, -20, -40]])


def training(number=8, sd_mm=8.0):
    rng = np.random.default_rng(1)
    shift = rng.normal(0, 100, (number, 1, 3))
    return USUAL + shift + rng.normal(0, sd_mm, (number, 4, 3))


def test_the_place_of_the_whole_patient_does_not_matter():
    assert (displacement(USUAL + np.array([500, -80, 30]), training()) < 1.5).all()


def test_one_wrong_organ_is_found():
    wrong = USUAL.copy()
    wrong[1, 0] += 150
    numbers = displacement(wrong, training())
    assert numbers[1] > 6 and (np.delete(numbers, 1) < 3).all()


def test_a_mirrored_patient_is_wrong_all_through():
    assert (displacement(USUAL * np.array([1, 1, -1]), training()) > 3).all()


def test_unknown_organs_have_no_number_and_are_not_asked():
    some = USUAL.copy()
    some[2] = np.nan
    numbers = displacement(some, training())
    assert np.isnan(numbers[2]) and (numbers[[0, 1, 3]] < 1.5).all()


def test_two_cases_do_not_tell_what_is_usual():
    assert np.isnan(displacement(USUAL, training(2))).all()
    assert np.isnan(displacement(USUAL, np.zeros((0, 4, 3)))).all()
