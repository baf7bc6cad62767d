"""Cuts through a case: where, how large, and what is drawn over them."""

import base64
import io

import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.manifest import Manifest, ManifestCase, read_manifest
from tfpartial.data.problem import FileError
from tfpartial.labels import OrganTable
from tfpartial.pictures.planes import cut
from tfpartial.report import case_views
from tfpartial.report.case_views import LONGEST_PX, outline_path, view_case

WINDOW_HU = (-100.0, 200.0)


@pytest.fixture
def views(sweep):
    manifest = read_manifest(sweep / "01-ingest" / "manifest.json")
    predictions = [sweep / "alpha1" / "fold0" / method / "06-predict" / "a.nii.gz" for method in ("naive", "certain")]
    return {view.plane: view for view in view_case(manifest, "a", predictions, WINDOW_HU)}


def test_an_outline_is_in_mm_and_half_a_voxel_from_the_centres():
    mask = np.zeros((4, 5), bool)
    mask[1:3, 2:4] = True
    numbers = outline_path(mask, (5.0, 2.0)).strip("Mz").replace("L", " ").split()
    x, y = np.array(numbers, float).reshape(-1, 2).T
    # Marching squares cut the corners: the sides lie at the edges of the voxels.
    assert (x.min(), x.max(), y.min(), y.max()) == (4, 8, 5, 15)


def test_every_part_and_hole_of_a_mask_is_a_closed_path():
    mask = np.zeros((9, 9), bool)
    mask[0, 0] = mask[2:9, 2:9] = True
    mask[4:7, 4:7] = False
    assert outline_path(mask, (1.0, 1.0)).count("M") == outline_path(mask, (1.0, 1.0)).count("z") == 3


def test_planes_have_the_size_of_the_tissue(views):
    assert list(views) == ["axial", "coronal", "sagittal"]
    sizes = {plane: (view.height_mm, view.width_mm) for plane, view in views.items()}
    assert sizes == {"axial": (40, 24), "coronal": (30, 24), "sagittal": (30, 40)}
    assert (views["sagittal"].left, views["sagittal"].top) == ("A", "S")


def test_contours_have_the_organs_that_the_cut_shows(views):
    axial = views["axial"]
    assert axial.place == "slice 4 of 6"
    assert [line.organ for line in axial.expert] == ["liver", "<script>alert(1)</script>"]
    assert [[line.organ for line in lines] for lines in axial.predictions] == [["liver", "<script>alert(1)</script>"]] * 2
    assert axial.expert[0].colour == "#ff5d5d"
    assert axial.predictions[0][0].path != axial.expert[0].path


def manifest_of(folder, hu, label):
    """A data set of one case."""
    for name, array in (("a_0000", hu), ("a", label)):
        sitk.WriteImage(sitk.GetImageFromArray(array), str(folder / f"{name}.nii.gz"))
    labels = (LabelFile(folder / "a.nii.gz", {"liver": (1,)}),)
    case = ManifestCase("a", folder, (ImageFile(folder / "a_0000.nii.gz"),), labels, ("liver",), None, "a", hu.shape, (1, 1, 1))
    return Manifest("one", OrganTable(("liver",)), ("CT",), ("liver",), 0.1, {"a": case})


def test_slabs_give_the_cuts_of_the_whole_volume(tmp_path, monkeypatch):
    monkeypatch.setattr(case_views, "SLAB", 4)
    volume = np.random.default_rng(0).integers(-100, 200, (6, 20, 24), dtype=np.int16)
    manifest = manifest_of(tmp_path, volume, np.zeros(volume.shape, np.uint8))
    places = {"axial": 4, "coronal": 7, "sagittal": 9}
    for plane, found in case_views._image_cuts(manifest.case("a").images, places).items():
        assert np.array_equal(found, cut(volume, plane, places[plane])), plane


def test_pictures_are_grey_and_of_bounded_size(tmp_path):
    shape = (1, 600, 900)
    manifest = manifest_of(tmp_path, np.full(shape, 50, np.int16), np.ones(shape, np.uint8))
    (view,) = view_case(manifest, "a", [], WINDOW_HU)
    assert (view.plane, view.place) == ("axial", "slice 1 of 1")  # a picture has no other planes
    picture = Image.open(io.BytesIO(base64.b64decode(view.image.partition("base64,")[2])))
    assert (picture.mode, picture.size) == ("L", (LONGEST_PX, LONGEST_PX * 600 // 900))
    assert np.unique(np.asarray(picture)).tolist() == [128]  # half of the window


def test_a_case_without_any_contour_is_cut_in_the_middle(tmp_path):
    shape = (5, 7, 9)
    manifest = manifest_of(tmp_path, np.zeros(shape, np.int16), np.zeros(shape, np.uint8))
    views = view_case(manifest, "a", [], WINDOW_HU)
    assert [view.place for view in views] == ["slice 3 of 5", "slice 4 of 7", "slice 5 of 9"]
    assert all(view.expert == () for view in views)


def test_a_prediction_on_another_grid_is_named(sweep):
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((6, 20, 23), np.uint8)), str(sweep / "other.nii.gz"))
    with pytest.raises(FileError, match=r"other\.nii\.gz.*sizes differ"):
        view_case(read_manifest(sweep / "01-ingest" / "manifest.json"), "a", [sweep / "other.nii.gz"], WINDOW_HU)
