"""What is counted in a case: golden numbers of tiny volumes."""

import dataclasses

import numpy as np
import pytest

from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.data.problem import FileError
from tfpartial.data.survey.case_statistics import CaseStatistics, case_statistics, read_statistics
from tfpartial.labels import IGNORE, OrganTable

ORGANS = ("liver", "spleen")
VALUES = {"liver": (1,), "spleen": (2,)}


@pytest.fixture
def manifest(tiny_dataset) -> Manifest:
    """Cases `a` (liver, spleen), `b` (liver; two channels) and `c` (unlabeled); 4 × 5 × 6 voxels of 3 × 1.5 × 1.5 mm."""
    root = tiny_dataset.root

    def case(name, images, labels, annotated):
        return ManifestCase(name, root, images, labels, annotated, "home", name, (4, 5, 6), (3.0, 1.5, 1.5))

    def image(name):
        return ImageFile(tiny_dataset.image(name))

    def label(name):
        return LabelFile(tiny_dataset.label(name), VALUES, ignore=(9,))

    cases = (
        case("a", (image("a"),), (label("a"),), ORGANS),
        case("b", (image("b"), image("c")), (label("b"),), ("liver",)),
        case("c", (image("c"),), (), ()),
    )
    return Manifest("tiny", OrganTable(ORGANS), ("CT",), ORGANS, 0.1, {one.id: one for one in cases})


def statistics(manifest, case) -> CaseStatistics:
    return case_statistics(manifest.case(case), dataclasses.replace(manifest, cases={}))


def test_organs_have_voxels_boxes_and_hu(manifest, tiny_dataset):
    hu = np.zeros((4, 5, 6), np.int16)
    hu[1, 0, 2:4] = 50, 60
    hu[1, 1, 2:4] = -7
    tiny_dataset.write(tiny_dataset.image("a"), hu)
    found = statistics(manifest, "a")
    liver, spleen = found.organs
    assert (liver.voxels, spleen.voxels) == (2, 2)
    assert liver.box == ((1, 2), (0, 1), (2, 4))
    assert found.extent_mm_zyx(liver) == (3.0, 1.5, 3.0)
    assert (liver.hu_mean, spleen.hu_mean) == (55, -7)
    assert liver.hu_percentiles == pytest.approx((50.5, 55, 59.5))
    assert found.voxels == 120
    assert found.voxel_ml == pytest.approx(0.00675)
    assert found.organ_voxels.tolist() == [2, 2]


def test_an_organ_has_the_voxels_of_each_slice_that_shows_it(manifest, tiny_dataset):
    label = np.zeros((4, 5, 6), np.uint8)
    label[0, 2, 3:5] = label[3, 1, 1] = 1
    label[1] = 2
    tiny_dataset.write(tiny_dataset.label("a"), label)
    found = statistics(manifest, "a")
    assert [organ.slice_voxels for organ in found.organs] == [(2, 1), (30,)]
    assert found.voxel_mm2 == pytest.approx(2.25)
    assert statistics(manifest, "c").organs[0].slice_voxels == ()


def test_foreground_is_what_any_organ_covers_in_each_channel(manifest, tiny_dataset):
    found = statistics(manifest, "b")
    for counts, case in zip(found.foreground, "bc", strict=True):
        values = tiny_dataset.hu("abc".index(case))[1, 0, 2:4]
        assert counts.values.tolist() == sorted(values.tolist())
    assert found.organs[1].voxels == 0
    assert found.organs[1].box is None
    assert found.extent_mm_zyx(found.organs[1]) is None
    assert np.isnan(found.organs[1].hu_mean)


def test_ignored_voxels_are_no_organ(manifest, tiny_dataset):
    label = tiny_dataset.organs(1, 2, 9)
    tiny_dataset.write(tiny_dataset.label("a"), label)
    found = statistics(manifest, "a")
    assert found.ignored == 2
    assert found.organ_voxels.tolist() == [2, 2]
    assert found.foreground[0].total == 4
    assert IGNORE not in found.organ_voxels


def test_an_unlabeled_case_has_voxels_only(manifest):
    found = statistics(manifest, "c")
    assert (found.voxels, found.ignored, found.organ_voxels.tolist(), found.foreground[0].total) == (120, 0, [0, 0], 0)


def test_an_organ_that_reaches_the_last_slice_is_cut(manifest, tiny_dataset):
    label = tiny_dataset.organs(1, 2)
    label[3, 0, 0] = 2
    tiny_dataset.write(tiny_dataset.label("a"), label)
    found = statistics(manifest, "a")
    assert [found.cut(organ) for organ in found.organs] == [False, True]


def test_the_box_of_what_is_not_zero(manifest, tiny_dataset):
    hu = np.zeros((4, 5, 6), np.int16)
    hu[1, 1, 2] = hu[2, 4, 3] = 1
    tiny_dataset.write(tiny_dataset.image("a"), hu)
    assert statistics(manifest, "a").nonzero_shape_zyx == (2, 4, 2)
    tiny_dataset.write(tiny_dataset.image("a"), np.zeros((4, 5, 6), np.int16))
    assert statistics(manifest, "a").nonzero_shape_zyx == (0, 0, 0)


def test_slabs_make_no_difference(manifest, monkeypatch):
    whole = statistics(manifest, "a")
    monkeypatch.setattr("tfpartial.data.survey.case_statistics.SLAB", 1)
    parts = statistics(manifest, "a")
    assert parts.organs == whole.organs
    assert parts.nonzero_shape_zyx == whole.nonzero_shape_zyx
    assert parts.foreground[0].counts.tolist() == whole.foreground[0].counts.tolist()


def test_reads_all_cases_and_names_a_file_that_is_gone(manifest, tiny_dataset):
    assert sorted(case.id for case in read_statistics(manifest, workers=1)) == ["a", "b", "c"]
    tiny_dataset.image("b").unlink()
    with pytest.raises(FileError, match=r"b_0000.nii.gz: no such file"):
        statistics(manifest, "b")
