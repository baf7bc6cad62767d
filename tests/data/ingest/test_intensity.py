"""Which numbers are suspected not to be HU: every kind of wrong scale, and no CT."""

import re

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.data.hu import deep_histogram, hu_histogram
from tfpartial.data.ingest.intensity import check_intensities, suspect
from tfpartial.data.number_map import to_hu
from tfpartial.data.phantom import generate_case


def body(air=10_000, lung=1_000, fat=1_500, soft=3_000, bone=300):
    """Voxels of a scan: normal distributions around the HU of what is in it."""
    rng = np.random.default_rng(0)
    parts = [(-1000, 10, air), (-800, 60, lung), (-100, 15, fat), (50, 25, soft), (500, 250, bone)]
    return np.concatenate([rng.normal(centre, sd, count) for centre, sd, count in parts])


def limb(noise=10):
    """Much air, a little soft tissue and bone."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(centre, noise, count) for centre, count in ((-1000, 27_000), (50, 2_000), (700, 500))])


def padded(hu, number):
    """Outside of the round field of view there is a single number."""
    return np.concatenate([hu, np.full(len(hu) // 3, float(number))])


def verdict(numbers):
    numbers, _ = to_hu(np.asarray(numbers, dtype=np.float64))
    found = suspect(hu_histogram(numbers), deep_histogram(numbers), int(numbers.min()), int(numbers.max()))
    return found and found.kind


def message(numbers):
    numbers, _ = to_hu(np.asarray(numbers, dtype=np.float64))
    return check_intensities(hu_histogram(numbers), deep_histogram(numbers), int(numbers.min()), int(numbers.max()))


def windowed(hu, low, high, top):
    return (np.clip(hu, low, high) - low) / (high - low) * top


FINE = {
    "a body in air": body(),
    "no air, as cropped to the body": body(air=0),
    "no air and no lung": body(air=0, lung=0),
    "air of a single number": np.where(body() < -900, -1000, body()),
    "masked with 0": np.where(body() < -700, 0, body()),
    "padding of -3024": np.concatenate([body(), np.full(5_000, -3024)]),
    "padding of -2000 and a head": np.concatenate([body(lung=0, bone=1_500), np.full(5_000, -2000)]),
    **{f"a limb in air, padding of {number}": padded(limb(), number) for number in (-2000, -2024, -2048, -3024)},
    "a limb in noisy air, padding of -2000": padded(limb(noise=80), -2000),
    "a head of a tenth of the picture, padding of -2000": padded(body(air=50_000, lung=0, bone=1_500), -2000),
    "a lung in air, padding of -2000": padded(body(lung=9_000, fat=200, soft=300, bone=20), -2000),
    "metal": np.concatenate([body(), np.full(1_500, 12_000), np.full(500, 2_900)]),
    "enhanced vessels only": body(air=0, lung=0, fat=200) + 150,
    "one organ": body(air=0, lung=0, fat=0, bone=0),
    "a brain without its skull": np.concatenate([np.zeros(9_000), np.abs(body(air=0, lung=0, fat=0, bone=0)) / 2]),
    "air only": body(lung=0, fat=0, soft=0, bone=0),
    "a window of HU": np.clip(body(), -160, 240),
    "random numbers": np.random.default_rng(0).integers(-1000, 1000, 5_000),
}
WRONG = {
    "shifted": {
        "by 1024": body() + 1024,
        "by 1000": body() + 1000,
        "by 1024, without air": body(air=0, lung=0) + 1024,
        "by 1024, from 0 on": np.maximum(body() + 1024, 0),
        "by 1024, padded": np.concatenate([body() + 1024, np.full(9_000, -2000)]),
        "by 1024, padded inside of the range": np.concatenate([body() + 1024, np.full(9_000, -1000)]),
    },
    "shifted_twice": {
        "by 1024": np.concatenate([body() - 1024, np.full(5_000, -2048)]),
        "by 1024, padded far below": padded(body() - 1024, -3024),
        "a limb by 1024": limb() - 1024,
    },
    "eight_bit": {
        "an abdominal window": windowed(body(), -160, 240, 255),
        "a wide window": windowed(body(), -1000, 2000, 255),
        "a window up to 200": windowed(body(), -160, 240, 200),
    },
    "scaled": {
        "0 to 1": windowed(body(), -1000, 1000, 1),
        "-1 to 1": windowed(body(), -1000, 1000, 2) - 1,
        "unit variance": (body() + 500) / 400,
        "a label map": np.arange(5_000) % 9,
    },
    "not_ct": {
        "MR": np.abs(np.random.default_rng(0).normal(450, 200, 9_000)),
        "stored from 32768 on": body() + 32_768,
    },
}


@pytest.mark.parametrize("name", FINE)
def test_does_not_accuse(name):
    assert verdict(FINE[name]) is None


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, examples in WRONG.items() for name in examples])
def test_finds(kind, name):
    assert verdict(WRONG[kind][name]) == kind


@pytest.mark.parametrize("shift", [1000, 1024])
def test_the_fix_brings_air_back_to_its_place(shift):
    assert f"the intercept is missing; rescale: [1, -{shift}]; air must then be at -1000" in message(body() + shift)
    assert verdict(body() + shift - shift) is None


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (
            windowed(body(), -160, 240, 255),
            r"all numbers lie in 0\.\.255, like a picture of 8 bits.*rescale: \[\(b - a\) / 255, a\]",
        ),
        (
            windowed(body(), -1000, 1000, 1),
            r"all numbers lie in 0\.\.1, where a CT of a body spans hundreds of HU.*rescale: \[b - a, a\]",
        ),
        (
            WRONG["not_ct"]["MR"],
            r"nothing is below 0, neither air nor fat, and \d+% of the voxels are above 300; name the channel",
        ),
        (
            WRONG["shifted_twice"]["by 1024"],
            r"\d+% of the voxels vary around -2024, as air does .*: the intercept was added twice; rescale: \[1, 1024\]",
        ),
    ],
)
def test_says_what_is_seen_and_what_to_do(numbers, said):
    assert re.search(f"does not look like HU: .*{said}", message(numbers))


@given(
    air=st.integers(1_000, 50_000),
    lung=st.integers(0, 3_000),
    fat=st.integers(100, 5_000),
    soft=st.integers(1_000, 10_000),
    bone=st.integers(0, 500),
)
def test_finds_the_shift_of_any_body_and_never_accuses_it_unshifted(air, lung, fat, soft, bone):
    hu = body(air, lung, fat, soft, bone)
    assert verdict(hu) is None
    assert verdict(hu + 1024) == "shifted"


@pytest.mark.parametrize("number", range(3))
def test_the_phantom_is_a_ct(number):
    hu = generate_case(seed=0, number=number, size=(64, 64), slice_mm=(10, 12)).hu
    assert verdict(hu) is None
    assert verdict(hu.astype(float) + 1024) == "shifted"
    assert verdict(windowed(hu, -160, 240, 255)) == "eight_bit"


REAL = (
    "msd_spleen8/spleen_8_image.nii.gz",
    "totalsegmentator_examples/example_ct.nii.gz",
    "totalsegmentator_examples/example_ct_sm.nii.gz",
    "totalsegmentator_examples/aorta_ct_cropped.nii.gz",
    "totalsegmentator_examples/pulm_ct_cropped.nii.gz",
    "Dataset501_OpenKBP/imagesTr",
)


@pytest.mark.parametrize("name", REAL)
def test_real_ct_is_fine_and_its_wrong_copies_are_found(realdata, name):
    path = realdata / name
    for file in sorted(path.glob("*"))[::8] if path.is_dir() else [path]:
        hu = sitk.GetArrayFromImage(sitk.ReadImage(str(file))).astype(np.float64)
        assert verdict(hu) is None, file
        assert verdict(hu[len(hu) // 2 - 1 : len(hu) // 2 + 2]) is None, file  # a thin slab
        assert verdict(hu + 1000) == verdict(hu + 1024) == "shifted", file
        assert verdict(windowed(hu, -160, 240, 255)) == verdict(windowed(hu, -1024, 1500, 255)) == "eight_bit", file
        assert verdict(windowed(hu, -1000, 1000, 1)) == "scaled", file


def test_real_pictures_of_ct_are_not_hu(realdata):
    pictures = sorted((realdata / "slices_2d").glob("*/images/*.png"))[::20]
    assert pictures
    for picture in pictures:
        assert verdict(sitk.GetArrayFromImage(sitk.ReadImage(str(picture)))) == "eight_bit", picture
