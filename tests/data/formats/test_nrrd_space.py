"""NRRD headers by hand: units of length, spaces, spacings, encodings."""

import gzip

import numpy as np
import pytest
from nrrd_file import GRID, LPS, VOXELS
from nrrd_file import write_nrrd as write

from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.volume_file import VolumeFile
from tfpartial.data.problem import FileError


def scaled(factor, unit):
    lengths = [f"{length * factor:g}" for length in (1.5, 1.5, 3, -48, -40, 10)]
    a, b, c, *origin = lengths
    return f"space directions: ({a},0,0) (0,{b},0) (0,0,{c})", f"space origin: ({','.join(origin)})", f"space units: {unit}"


@pytest.mark.parametrize(
    "fields",
    [
        (LPS, *GRID),
        (LPS, *GRID, 'space units: "mm" "mm" "mm"'),
        (LPS, *scaled(0.1, '"cm" "cm" "cm"')),
        (LPS, *scaled(0.001, '"m" "m" "m"')),
        (LPS, *scaled(1000, '"um" "um" "um"')),
        (LPS, *scaled(1000, '"microns" "microns" "microns"')),
        ("space: LPS", *GRID),
        ("space: RAS", "space directions: (-1.5,0,0) (0,-1.5,0) (0,0,3)", "space origin: (48,40,10)"),
    ],
)
def test_lengths_are_in_mm_whatever_their_unit(tmp_path, fields):
    file = VolumeFile(write(tmp_path / "a.nrrd", *fields))
    assert file.native.orientation == "LPS"
    assert file.native.spacing_mm_xyz == pytest.approx((1.5, 1.5, 3))
    assert file.native.origin_mm_xyz == pytest.approx((-48, -40, 10))
    assert [step.name for step in file.history] == ["read"]
    ((_, voxels),) = file.slabs(9)
    assert np.array_equal(voxels, VOXELS)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("space: scanner-xyz", *GRID), "got 'scanner-xyz'; taken for LPS"),
        (("space dimension: 3", *GRID), "which is not there; taken for LPS"),
        (("spacings: 1.5 1.5 3",), "which is not there; taken for LPS"),
        (("spacings: 1500 1500 3000", 'units: "um" "um" "um"'), "which is not there; taken for LPS"),
    ],
)
def test_a_space_that_does_not_say_how_the_patient_lies_is_said(tmp_path, fields, said):
    file = VolumeFile(write(tmp_path / "a.nrrd", *fields))
    assert file.native.spacing_mm_xyz == pytest.approx((1.5, 1.5, 3))
    assert file.history[-1].warning.endswith(said)
    assert file.history[-1].detail["because"] == file.history[-1].warning


@pytest.mark.parametrize(
    ("fields", "options", "message"),
    [
        ((), {}, "says no spacing: expected 'space directions' or 'spacings' in its header"),
        (("spacings: nan nan nan",), {}, "says no spacing"),
        ((LPS, *scaled(1, '"in" "in" "in"')), {}, """'space units': expected one of mm, cm, m and um, got "in" "in" "in\""""),
        ((LPS, *scaled(1, '"mm" "mm" "cm"')), {}, "'space units': expected one of mm, cm, m and um"),
        ((LPS, *GRID), {"encoding": "zstd"}, "'encoding': 'zstd' is not read; expected one of gzip, gz, bzip2, bz2, raw, "),
        (
            (LPS, *GRID),
            {"encoding": "gzip", "data": gzip.compress(VOXELS.tobytes()) + b"more"},
            "has bytes of something else after the end of its gzip stream",
        ),
    ],
)
def test_what_cannot_be_read_is_one_right_line(tmp_path, fields, options, message):
    path = write(tmp_path / "a.nrrd", *fields, **options)
    with pytest.raises(FileError) as caught:
        list(VolumeFile(path).slabs(9))
    assert message in str(caught.value)


def test_segments_are_in_mm_as_well(tmp_path):
    fields = (LPS, *scaled(0.1, '"cm" "cm" "cm"'), "Segment0_Name:=liver", "Segment0_LabelValue:=1")
    assert open_label(write(tmp_path / "a.seg.nrrd", *fields)).native.spacing_mm_xyz == pytest.approx((1.5, 1.5, 3))
