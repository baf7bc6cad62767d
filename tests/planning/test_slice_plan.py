"""Plans: those that nnU-Net v2 publishes, and where ours differ."""

import dataclasses
import re

import numpy as np
import pytest
import yaml

from tfpartial.arguments import parse
from tfpartial.config import PrepareConfig, TrainConfig
from tfpartial.data.store.inplane import InPlane
from tfpartial.data.survey.fingerprint import Fingerprint
from tfpartial.errors import TfpartialError
from tfpartial.planning.plan_file import notes, sections, stage_rows, text
from tfpartial.planning.slice_plan import plan_slices
from tfpartial.stages import SECTIONS

HU = {"p0.5": -120.0, "p99.5": 240.0}


def data(*cases, organs=7, channels=("CT",), intensity=None, name="tiny"):
    """Of `(size_zyx, spacing_mm_zyx)`."""
    sizes, spacings = (np.array(values) for values in zip(*cases, strict=True))
    ids = tuple(f"case{number}" for number in range(len(cases)))
    intensity = intensity or dict.fromkeys(channels, HU)
    return Fingerprint(name, organs, channels, ids, sizes, spacings.astype(float), intensity)


def abdomen(*spacings_mm):
    return data(*[((100, 512, 512), (3, spacing, spacing)) for spacing in spacings_mm])


def test_512_voxels_and_8_gb_are_the_published_plan_of_abdominal_ct():
    plan = plan_slices(abdomen(*[0.8] * 50))
    assert (plan.size, plan.spacing_mm, plan.coarser) == ((512, 512), (0.8, 0.8), 1.0)
    assert plan.filters == [32, 64, 128, 256, 512, 512, 512, 512] and plan.strides == [[2, 2]] * 7
    assert plan.batch == 12 and not plan.few_voxels
    levels = zip(plan.filters[:7], (512, 256, 128, 64, 32, 16, 8), strict=True)
    assert plan.values == 8 * 512**2 + 5 * sum(filters * side**2 for filters, side in levels) + 2 * 512 * 4**2
    assert plan.memory_gb == pytest.approx(8.0, rel=0.02)


def test_small_slices_are_the_published_plan_of_the_hippocampus():
    """nnU-Net v2 for the 260 cases of MSD: 56x40, four stages, 366 slices, which 5 % of the voxels limit."""
    plan = plan_slices(data(*[((36, 50, 35), (1, 1, 1))] * 260, organs=2))
    assert (plan.size, plan.batch, plan.few_voxels) == ((56, 40), 366, True)
    assert plan.strides == [[2, 2]] * 3 and plan.filters == [32, 64, 128, 256]
    assert plan.values == 3 * 2240 + 5 * (32 * 2240 + 64 * 560 + 128 * 140) + 2 * 256 * 35


def cropped(data_of, plan):
    sizes, spacings = data_of.sizes_zyx[:, 1:].tolist(), data_of.spacings_mm_zyx[:, 1:].tolist()
    return [InPlane(tuple(n), plan.size, tuple(mm), plan.spacing_mm).cropped for n, mm in zip(sizes, spacings, strict=True)]


def test_slices_hold_the_largest_case_at_the_median_spacing():
    """0.6, 0.8 and 0.9 mm: 384, 512 and 576 voxels of 0.8 mm; 576 is halved seven times, to 4.5."""
    of = abdomen(0.6, 0.9, 0.8)
    plan = plan_slices(of)
    assert (plan.size, plan.spacing_mm, plan.largest) == ((640, 640), (0.8, 0.8), "case1")
    assert cropped(of, plan) == [False] * 3


@pytest.mark.parametrize("memory_gb", [0.05, 0.3, 1.0])
def test_slices_become_coarser_not_smaller_where_two_do_not_fit(memory_gb):
    of = abdomen(0.6, 0.9, 0.8)
    plan = plan_slices(of, memory_gb)
    assert plan.batch == 2 and plan.memory_gb <= memory_gb * 1.001
    assert plan.coarser > 1 and plan.spacing_mm == pytest.approx((0.8 * plan.coarser,) * 2, abs=2e-6)
    assert cropped(of, plan) == [False] * 3
    assert max(side * plan.spacing_mm[0] for side in plan.size) < 1.3 * 512 * 0.9, "little of the slice is padding"
    assert any("coarser than the median spacing" in note for note in notes(plan, of))


def test_the_first_step_down_is_the_published_one():
    """Of 512x512, rows go first: 384 would be halved 6 times, so that 64 of them are taken away, not 128; then columns."""
    plan = plan_slices(abdomen(0.8), memory_gb=1.05)
    assert plan.size == (448, 448) and plan.strides == [[2, 2]] * 6


def test_native_slices_are_as_large_as_the_largest():
    of = data(((10, 512, 512), (5, 0.6, 0.6)), ((10, 500, 600), (5, 0.9, 0.9)))
    plan = plan_slices(of, resample=False)
    assert (plan.size, plan.spacing_mm) == ((512, 640), None)
    assert cropped(of, plan) == [False, False]
    assert "spacing_mm" not in sections(plan, of, 512)["prepare"]


def test_coarse_rows_are_halved_later():
    plan = plan_slices(data(((10, 64, 64), (1, 4, 1))))
    assert plan.strides[:2] == [[1, 2], [1, 2]]
    options = sections(plan, data(((10, 64, 64), (1, 4, 1))), 512)["train"]["network"]["options"]
    assert options["strides"] == plan.strides and "stages" not in options


@pytest.mark.parametrize(
    ("of", "options", "message"),
    [
        (abdomen(0.8), {"memory_gb": 1.0, "resample": False}, "memory for 2 slices of 512x512, 1.3 GB or more, got 1;"),
        (abdomen(0.8), {"memory_gb": 1e-6}, "memory_gb: expected memory for 2 slices, got too little even for"),
        (data(((10, 7, 6), (1, 1, 1))), {}, "plan: expected slices with a side that can be halved once, got 7x6"),
    ],
)
def test_refuses(of, options, message):
    with pytest.raises(TfpartialError, match=re.escape(message)):
        plan_slices(of, **options)


def test_the_file_is_a_configuration_of_prepare_and_train(tmp_path):
    of = abdomen(0.6, 0.9, 0.8)
    plan = plan_slices(of, width=8, max_width=100)
    path = tmp_path / "plan.yaml"
    path.write_text(text(plan, of, sections(plan, of, 100), 8.0, 1234567))
    prepare = parse("prepare", PrepareConfig, ["--config", str(path), "--manifest", "m", "--out", "o"], SECTIONS).config
    assert (prepare.size, prepare.spacing_mm) == (plan.size, plan.spacing_mm)
    words = ["--config", str(path), "--store", "s", "--splits", "p", "--out", "o"]
    train = parse("train", TrainConfig, words, SECTIONS).config
    assert (train.recipe, train.optimizer.name, train.batch) == ("nnunet", "sgd", plan.batch)
    assert train.network.name == "nnunet"
    assert train.network.options == {"width": 8, "max_width": 100, "stages": 8}
    assert train.window_hu == (-120.0, 240.0) and train.augment.rotation_deg == 180.0 and train.deep_supervision
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    assert "3 cases, 7 organs, 8 GB" in head[0] and "1,234,567 parameters" in head[1]
    assert head[-8].split() == ["#", "1", "1x1", "640x640", "8"] and head[-1].split() == ["#", "8", "2x2", "5x5", "100"]


def test_a_unet_keeps_its_four_halvings_and_the_training_that_nothing_is_said_of(tmp_path):
    """600 voxels: the next multiple of 16 is 608, and a step fits into 8 GB with fewer slices than of 32 filters."""
    of = data(((100, 600, 600), (3, 0.8, 0.8)))
    plan = plan_slices(of, network="unet")
    assert (plan.size, plan.strides, plan.filters) == ((608, 608), [[2, 2]] * 4, [64, 128, 256, 512, 1024])
    levels = zip(plan.filters[:4], (608, 304, 152, 76), strict=True)
    assert plan.values == 8 * 608**2 + 5 * sum(filters * side**2 for filters, side in levels) + 2 * 1024 * 38**2
    path = tmp_path / "plan.yaml"
    path.write_text(text(plan, of, sections(plan, of, 512), 8.0, 1))
    words = ["--config", str(path), "--store", "s", "--splits", "p", "--out", "o"]
    train = parse("train", TrainConfig, words, SECTIONS).config
    assert (train.network.name, train.network.options) == ("unet", {"width": 64})
    assert (train.recipe, train.optimizer.name, train.deep_supervision) == (None, "adam", False)


def test_a_unet_of_too_little_memory_gets_coarser_slices_that_it_halves():
    plan = plan_slices(abdomen(0.8), memory_gb=1.5, network="unet")
    assert plan.coarser > 1 and plan.size[0] % 16 == plan.size[1] % 16 == 0 and plan.batch == 2
    assert plan.memory_gb <= 1.5


def test_a_name_cannot_write_lines_of_its_own():
    of = dataclasses.replace(abdomen(0.8), name="a\ntrain: {}\u2028b\x85c")
    plan = plan_slices(of)
    content = text(plan, of, sections(plan, of, 512), 8.0, 1)
    assert yaml.safe_load(content) == sections(plan, of, 512)


@pytest.mark.parametrize(
    ("of", "planned", "note"),
    [
        (data(((10, 64, 128), (5, 1, 1))), {"augment": {"rotation_deg": 15.0}}, None),
        (data(((10, 16, 16), (5, 1, 1))), {"deep_supervision": False}, "too small for deep supervision"),
        (data(((10, 64, 64), (5, 1, 1)), channels=("T1", "T2")), {"window_hu": None}, "there are several channels"),
        (data(((10, 64, 64), (5, 1, 1)), intensity={"CT": None}), {"window_hu": None}, "no organ has a voxel"),
        (data(((10, 64, 64), (0.5, 1, 1))), {}, "along z, which is not the coarsest axis"),
    ],
)
def test_what_is_special_of_a_data_set_is_planned_or_said(of, planned, note):
    plan = plan_slices(of)
    train = sections(plan, of, 512)["train"]
    for name, value in planned.items():
        assert train.get(name) == value
    assert note is None or any(note in said for said in notes(plan, of))


def test_stages_are_rows_of_a_table():
    assert stage_rows(plan_slices(data(((10, 80, 96), (5, 1, 1)))))[-1] == {
        "stage": 5,
        "stride": "2x2",
        "size": "5x6",
        "filters": 512,
    }
