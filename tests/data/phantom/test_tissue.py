"""HU of the phantom's tissues."""

import numpy as np
import pytest

from tfpartial.data.phantom.tissue import TISSUES, draw_tissues

TABLE_2_1 = {
    "gas": (-1000, -1000), "lung": (-700, -600), "fat": (-120, -90), "kidney_cortex": (20, 45), "muscle": (35, 55),
    "liver": (55, 65), "spongy_bone": (300, 1900), "cortical_bone": (300, 1900),
}  # fmt: skip


@pytest.mark.parametrize(("tissue", "expected"), TABLE_2_1.items())
def test_tissues_without_contrast_agent_are_as_in_the_thesis(tissue, expected):
    low, high = TISSUES[tissue].hu
    assert expected[0] <= low <= high <= expected[1]


def test_patients_differ_in_contrast_and_some_have_none():
    patients = [draw_tissues(np.random.default_rng(n)) for n in range(60)]
    liver, blood = (np.array([patient[name].mean for patient in patients]) for name in ("liver", "blood"))
    unenhanced = blood < 50
    assert 0.05 < unenhanced.mean() < 0.4
    assert np.all((liver[unenhanced] >= 55) & (liver[unenhanced] <= 65))
    assert np.all(liver[~unenhanced] > 75) and liver[~unenhanced].std() > 5


def test_bowel_follows_the_pancreas_of_the_patient():
    for seed in range(20):
        patient = draw_tissues(np.random.default_rng(seed))
        assert abs(patient["bowel"].mean - patient["pancreas"].mean) <= 6
        assert patient["bowel"].texture == patient["pancreas"].texture
