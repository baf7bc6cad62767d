"""Tilted and unevenly spaced DICOM slices on a grid."""

import math

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydicom.uid import MRImageStorage

from tfpartial.data.files import ImageFile
from tfpartial.data.formats.dicom_series import open_series
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError


def voxels(image, size=100):
    return np.concatenate([slab for _, slab in image.slabs(size)])


def test_a_missing_slice_is_filled_in_and_the_others_keep_their_places(series):
    series.write([0, 3, 9, 12])
    image = series.open(uneven="resample")
    assert image.native == Geometry((5, 4, 5), (1.0, 2.0, 3.0), (-10.0, -20.0, 0.0))
    array = voxels(image)
    for place, number in ((0, 0), (1, 1), (3, 2), (4, 3)):
        np.testing.assert_array_equal(array[place], series.stored(number) - 1024)
    np.testing.assert_array_equal(array[2], (series.stored(1) + series.stored(2)) / 2 - 1024)
    assert image.history[1].row() == {
        "step": "resample",
        "tilt_degrees": 0.0,
        "distances_mm": [3.0, 6.0],
        "to_distance_mm": 3.0,
        "size_xyz": [[5, 4, 4], [5, 4, 5]],
        "interpolation": "linear",
        "outside": -1024.0,
    }


def test_a_tilt_by_whole_pixels_shifts_the_slices_without_changing_a_number(series):
    # One pixel (2 mm) down per slice of 3 mm.
    for number in range(3):
        series.add(f"{number}", series.stored(number), (0, 2 * number, 3 * number))
    image = series.open(uneven="resample")
    assert image.native == Geometry((5, 6, 3), (1.0, 2.0, 3.0), (0.0, 0.0, 0.0))
    array = voxels(image)
    for number in range(3):
        np.testing.assert_array_equal(array[number, number : number + 4], series.stored(number) - 1024)
        assert (np.delete(array[number], range(number, number + 4), axis=0) == -1024).all()
    assert image.history[1].detail["tilt_degrees"] == pytest.approx(math.degrees(math.atan(2 / 3)), abs=1e-4)


def test_a_tilt_to_the_other_side_moves_the_origin(series):
    for number in range(3):
        series.add(f"{number}", series.stored(number), (0, -2 * number, 3 * number))
    image = series.open(uneven="resample")
    assert image.native.origin_mm_xyz == (0.0, -4.0, 0.0)
    np.testing.assert_array_equal(voxels(image)[2, :4], series.stored(2) - 1024)


def test_outside_of_resampled_mr_there_is_no_signal(series):
    for number in range(3):
        mr = {"SOPClassUID": MRImageStorage, "Modality": "MR", "RescaleIntercept": 0}
        series.add(f"{number}", series.stored(number) + 1, (0, 2 * number, 3 * number), **mr)
    assert series.voxels(uneven="resample").min() == 0


def test_even_slices_are_never_resampled(series):
    series.write()
    image = series.open(uneven="resample")
    assert [step.name for step in image.history] == ["read"]
    assert voxels(image).dtype.kind == "i"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tilt_x=st.floats(-30, 30),
    turn=st.floats(-40, 40),
    gaps_mm=st.lists(st.sampled_from([0.6, 1, 2.5, 4]), min_size=2, max_size=6),
    shear_mm=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    size=st.integers(1, 5),
)
def test_a_linear_field_is_resampled_exactly(tmp_path_factory, series, tilt_x, turn, gaps_mm, shear_mm, size):
    """Linear interpolation in world space gives a linear function of the place back, in whatever way the slices lie."""
    series = type(series)(tmp_path_factory.mktemp("field") / "series")
    cos_t, sin_t, cos_r, sin_r = (f(math.radians(angle)) for angle in (tilt_x, turn) for f in (math.cos, math.sin))
    row, column = np.array([cos_r, sin_r, 0]), np.array([-sin_r * cos_t, cos_r * cos_t, sin_t])
    along = np.cross(row, column)

    def field(world_mm):
        return world_mm @ [3.0, -2.0, 5.0]

    for number, height_mm in enumerate(np.cumsum([0, *gaps_mm])):
        position_mm = np.round(height_mm * along + height_mm * (shear_mm[0] * row + shear_mm[1] * column), 8)
        y, x = np.mgrid[:9, :8]
        world_mm = position_mm + 1.0 * x[..., None] * row + 2.0 * y[..., None] * column
        stored = np.rint(field(world_mm) * 50).astype(np.int16)  # rounded to 0.02
        orientation = [f"{cosine:.12f}" for cosine in (*row, *column)]
        header = {"RescaleSlope": 0.02, "RescaleIntercept": 0, "ImageOrientationPatient": orientation}
        series.add(f"{number}", stored, position_mm, **header)

    image = series.open(uneven="resample")
    assume(image.history[-1].name == "resample")
    array = voxels(image, size)
    assert array.shape == image.native.shape_zyx
    lps = image.native.lps
    zyx = np.stack(np.meshgrid(*map(np.arange, array.shape), indexing="ij"), axis=-1)
    expected = field(lps.positions_mm(zyx[..., ::-1]))
    inside = np.abs(array - expected) < 0.03
    # Whatever is not the field mixes with, or is, what lies outside: where a slice's edge is. Most of every slice is inside.
    stored_order = image.native.from_lps(inside)
    assert stored_order.any(axis=(1, 2)).all()
    assert inside.sum() >= stored_order.shape[0] * 0.3 * 9 * 8
    assert (array[~inside] < expected[~inside]).all()


def test_a_tilted_head_is_straightened(realdata, capfd):
    folder = realdata / "reader_flavours/dcmqa_ct_ge_tilt"
    with pytest.raises(FileError, match=r"tilted by 18\.5 degrees .* distances vary from 1\.081 to 6\.999 mm"):
        open_series(ImageFile(folder))
    image = open_series(ImageFile(folder, uneven="resample"))
    array = voxels(image, 10)
    assert array.shape == image.native.shape_zyx == (37, 611, 512)
    assert image.history[-1].detail["tilt_degrees"] == 18.5
    # The distance of the thin slices, 4.22 mm · cos 18.5°, fitted to the whole height.
    assert image.history[-1].detail["to_distance_mm"] == pytest.approx(4.0025)
    straight = image.native.stamp(sitk.GetImageFromArray(np.ascontiguousarray(image.native.from_lps(array))))
    assert image.slice_files == ()
    files = sorted(folder.glob("*.dcm"))  # named from the feet to the head
    # ITK finds every slice again where its own header says that it lies.
    for number, least in ((0, 0.9999), (5, 0.98), (20, 0.98), (-1, 0.999)):
        measured = sitk.ReadImage(str(files[number]))
        found = sitk.GetArrayFromImage(sitk.Resample(straight, measured, sitk.Transform(), sitk.sitkLinear, -1024.0)).ravel()
        head = sitk.GetArrayFromImage(measured).ravel()
        assert np.corrcoef(found[head > -500], head[head > -500])[0, 1] > least
    assert capfd.readouterr().err == ""
