"""A phantom patient: reproducible, anatomically plausible, and hard."""

import re
import subprocess
import sys
import time
from functools import cache

import numpy as np
import pytest

from tfpartial.data.phantom import ORGANS, generate_case
from tfpartial.data.phantom.anatomy import draw_anatomy
from tfpartial.errors import TfpartialError

SIZE = (128, 128)
PLAUSIBLE_ML = {
    "liver": (1000, 2000), "gallbladder": (10, 80), "spleen": (80, 400), "left_kidney": (90, 240),
    "right_kidney": (90, 240), "stomach": (180, 650), "pancreas": (40, 130),
}  # fmt: skip


@cache
def patients():
    """Twelve patients on a coarse grid."""
    return tuple(generate_case(3, number, SIZE, (4.0, 6.0)) for number in range(12))


def mask(case, organ):
    return case.label == ORGANS.index(organ) + 1


def whole(case, organ):
    """Whether the scan shows the organ from its lower to its upper end."""
    return mask(case, organ).any() and not mask(case, organ)[[0, -1]].any()


def millilitres(case, organ):
    return mask(case, organ).sum() * np.prod(case.spacing_mm_zyx) / 1000


def centre_mm(case, organ):
    """Centre of mass (z, y, x)."""
    return np.argwhere(mask(case, organ)).mean(axis=0) * case.spacing_mm_zyx + case.origin_mm_zyx


def shares(hu):
    """Histogram of HU in the window, bins of 10 HU, sum 1."""
    return np.histogram(np.clip(hu, -160, 299), np.arange(-160, 301, 10))[0] / hu.size


def overlap(a, b):
    """Overlap coefficient of two histograms: 0 apart, 1 equal."""
    return np.minimum(shares(a), shares(b)).sum()


def bowel(case):
    codes = [n for n, name in enumerate(case.structures, start=1) if re.match("small_bowel|duodenum", name)]
    return np.isin(case.structure, codes)


def test_the_same_seed_gives_the_same_bytes():
    first, second = (generate_case(5, 2, (64, 48), (8.0, 8.0)) for _ in range(2))
    assert first.hu.tobytes() == second.hu.tobytes() and first.label.tobytes() == second.label.tobytes()
    assert first.spacing_mm_zyx == second.spacing_mm_zyx


def test_another_seed_or_number_gives_another_patient():
    first, other_seed, other_number = (generate_case(*key, (32, 32), (10.0, 10.0)) for key in ((0, 1), (1, 1), (0, 2)))
    spacings = {case.spacing_mm_zyx for case in (first, other_seed, other_number)}
    assert len(spacings) == 3


def test_arrays_have_their_types_and_the_field_of_view_is_about_400_mm():
    case = generate_case(0, 0, (40, 80), (10.0, 12.0))
    assert (case.hu.dtype, case.label.dtype) == (np.int16, np.uint8)
    assert case.hu.shape == case.label.shape == (len(case.hu), 40, 80)
    assert 10 <= case.spacing_mm_zyx[0] <= 12
    for axis in (1, 2):
        assert 380 <= case.spacing_mm_zyx[axis] * case.hu.shape[axis] <= 420
    assert case.hu.min() >= -1024 and case.hu.max() <= 3071
    assert case.label.max() == len(ORGANS)


def test_the_body_does_not_depend_on_the_number_of_pixels():
    coarse, fine = (generate_case(0, 4, (side, side), (5.0, 5.0)) for side in (96, 192))
    assert len(coarse.hu) == len(fine.hu)
    for organ in ORGANS:
        assert millilitres(coarse, organ) == pytest.approx(millilitres(fine, organ), rel=0.06, abs=2)


def test_organs_have_plausible_volumes():
    for organ, (low, high) in PLAUSIBLE_ML.items():
        volumes = [millilitres(case, organ) for case in patients() if whole(case, organ)]
        assert len(volumes) >= 6, organ
        assert low < min(volumes) and max(volumes) < high, (organ, volumes)
        assert np.std(volumes) > 0.05 * np.mean(volumes), organ


def test_organs_are_where_they_are_in_a_patient_seen_in_lps():
    for case in patients():
        z, y, x = (np.array([centre_mm(case, organ)[axis] for organ in ORGANS if organ != "gallbladder"]) for axis in range(3))
        liver, spleen, left_kidney, right_kidney, stomach, pancreas = range(6)
        assert x[liver] < -20 and x[right_kidney] < -30  # the patient's right is low x
        assert x[spleen] > 50 and x[stomach] > 10 and x[left_kidney] > 30
        assert y[stomach] < y[pancreas] < y[left_kidney]  # the back is high y
        assert z[spleen] > z[left_kidney] > z[right_kidney] - 5
        spine = np.argwhere(case.structure == case.structures.index("vertebrae") + 1).mean(axis=0)
        assert spine[1] * case.spacing_mm_zyx[1] + case.origin_mm_zyx[1] > y[pancreas] + 30


def test_kidneys_are_alike_and_mirrored():
    both = [case for case in patients() if whole(case, "left_kidney") and whole(case, "right_kidney")]
    assert len(both) >= 6
    for case in both:
        assert millilitres(case, "left_kidney") == pytest.approx(millilitres(case, "right_kidney"), rel=0.25)
        left, right = (centre_mm(case, side)[2] for side in ("left_kidney", "right_kidney"))
        assert left == pytest.approx(-right, abs=16)


def test_the_stomach_holds_gas_in_front_of_its_content():
    for case in patients():
        stomach = mask(case, "stomach")
        gas = np.argwhere(stomach & (case.hu < -500))[:, 1]
        rest = np.argwhere(stomach & (case.hu > -100))[:, 1]
        assert len(gas) > 0.01 * stomach.sum()
        assert np.mean(gas) < np.mean(rest)


def test_bowel_looks_like_pancreas():
    overlaps = [overlap(case.hu[mask(case, "pancreas")], case.hu[bowel(case)]) for case in patients()]
    assert min(overlaps) > 0.5 and np.mean(overlaps) > 0.65, overlaps


def test_bowel_lies_beside_the_pancreas():
    for case in patients():
        reach = [int(15 // spacing) for spacing in case.spacing_mm_zyx]
        box = tuple(
            slice(max(nodes.min() - margin, 0), nodes.max() + margin + 1)
            for nodes, margin in zip(np.nonzero(mask(case, "pancreas")), reach, strict=True)
        )
        assert bowel(case)[box].sum() > 0.2 * mask(case, "pancreas").sum()


def test_coverage_and_slice_thickness_vary():
    thickness = [case.spacing_mm_zyx[0] for case in patients()]
    heights = [len(case.hu) * case.spacing_mm_zyx[0] for case in patients()]
    assert max(thickness) - min(thickness) > 0.8
    assert max(heights) - min(heights) > 30 and min(heights) > 150


def test_some_patients_have_no_gallbladder_and_no_other_organ_is_ever_missing():
    drawn = [{part.name for part in draw_anatomy(np.random.default_rng(n))} for n in range(100)]
    missing = [organ for names in drawn for organ in ORGANS if organ not in names]
    assert set(missing) == {"gallbladder"}
    assert 3 < len(missing) < 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "expected a seed and a patient number of 0 or more, got -1 and 0"),
        ({"size": (8, 64)}, "expected a size of at least 16 x 16 voxels, got \\(8, 64\\)"),
        ({"slice_mm": (5.0, 2.5)}, "expected slice_mm as 0 < low <= high in mm, got \\(5.0, 2.5\\)"),
        ({"slice_mm": (float("nan"), 2.5)}, "expected slice_mm"),
    ],
)
def test_refuses_what_it_cannot_draw(options, message):
    with pytest.raises(TfpartialError, match=message):
        generate_case(**{"seed": 0, "number": 0} | options)


def test_does_not_load_tensorflow():
    code = "import sys, tfpartial.data.phantom; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_draws_60_slices_of_512_by_512_in_less_than_ten_seconds():
    start = time.process_time()
    case = generate_case(0, 1, (512, 512), (4.0, 4.0))
    seconds = time.process_time() - start
    assert seconds * 60 / len(case.hu) < 10
