"""Every real file, by what becomes of it: read as what it is, or refused for a reason. Skipped where they are not there."""

from pathlib import Path

import numpy as np
import pytest

from tfpartial.config import SourceConfig
from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.formats.label import open_label
from tfpartial.data.ingest.case_report import verify_case
from tfpartial.data.ingest.join import join
from tfpartial.data.label_maps.reading import read_labels
from tfpartial.data.layouts import read_source
from tfpartial.data.problem import FileError
from tfpartial.data.volumes.slabs import SlabReader
from tfpartial.data.volumes.volume import read_volume
from tfpartial.labels import OrganTable

TS, FLAVOURS = "totalsegmentator_examples", "reader_flavours"
SEG, RT = f"{FLAVOURS}/dcmqi_ct3slice_dicomseg_nrrd", f"{FLAVOURS}/rtutils_ct_rtstruct"
GE, PHILIPS = f"{FLAVOURS}/dcmqa_ct_ge_tilt", f"{FLAVOURS}/dcmqa_ct_philips"
CT_3 = f"{SEG}/ct-3slice"

# File or folder, shape (z, y, x), stored orientation, share of air (below -500 HU) in percent, 99th percentile: by SimpleITK.
IMAGES = [
    (f"{TS}/aorta_ct_cropped.nii.gz", (164, 126, 120), "LPS", 34.5, 729),
    (f"{TS}/example_ct.nii.gz", (112, 101, 122), "RAS", 35.9, 307),
    (f"{TS}/example_ct_sm.nii.gz", (30, 101, 122), "RAS", 35.9, 188),
    (f"{TS}/example_mr_sm.nii.gz", (20, 91, 117), "LPS", 0, 658),
    (f"{TS}/pulm_ct_cropped.nii.gz", (112, 102, 122), "LPS", 37.6, 767),
    (f"{TS}/example_ct_dicom", (20, 512, 512), "LPS", 65.0, 405),
    (CT_3, (3, 512, 512), "LPS", 55.1, 395),
    (f"{RT}/mock_data", (2, 512, 512), "LPS", 41.3, 111),
    (f"{RT}/oriented_data", (3, 50, 100), "LPS", 0, 10),
    ("msd_spleen8/spleen_8_image.nii.gz", (32, 512, 512), "LAS", 38.1, 541),
]
# Folder, kind and words of the refusal.
REFUSED_IMAGES = [
    (GE, "gantry_tilt", "that is no grid"),
    (PHILIPS, "no_images", r"only localizers and pictures of screens: .*\(CT, 'Exam Summary', 6 slices\)"),
    (SEG, "no_images", "DICOM files of other kinds"),
    (RT, "no_images", "2 folders, which are not entered"),
]
# Label file, its image, organ -> key, the organ's median HU, and whether it lies on the patient's left (None: in the middle).
LABELS = [
    (f"{TS}/example_seg.nii.gz", f"{TS}/example_ct_sm.nii.gz", "spleen", 1, (20, 160), True),
    (f"{TS}/example_seg.nii.gz", f"{TS}/example_ct_sm.nii.gz", "liver", 5, (20, 160), False),
    (f"{TS}/example_seg_dicom.nii.gz", f"{TS}/example_ct_dicom", "spleen", 1, (60, 100), True),
    (f"{TS}/example_seg_dicom.nii.gz", f"{TS}/example_ct_dicom", "liver", 5, (70, 110), False),
    (f"{SEG}/liver.dcm", CT_3, "liver", "Liver", (30, 160), False),
    (f"{SEG}/liver_seg.nrrd", CT_3, "liver", 1, (30, 160), False),
    (f"{SEG}/liver_spine_seg.nrrd", CT_3, "liver", 1, (30, 160), False),
    (f"{SEG}/liver_spine_seg.nrrd", CT_3, "spine", 2, (90, 400), None),
    (f"{SEG}/liver_spine_gapped_seg.nrrd", CT_3, "spine", 5, (90, 400), None),
    (f"{SEG}/spine_seg.nrrd", CT_3, "spine", 2, (90, 400), None),
    (f"{SEG}/spine_seg_label5.nrrd", CT_3, "spine", 5, (90, 400), None),
    (f"{SEG}/heart_seg.nrrd", CT_3, "heart", 3, (-100, 250), True),  # drawn roughly, lung and all
    # By the file's own header this spleen lies on the right; SimpleITK reads it so, too.
    ("msd_spleen8/spleen_8_label.nii.gz", "msd_spleen8/spleen_8_image.nii.gz", "spleen", 1, (50, 200), False),
]
TWINS = [
    (f"{SEG}/liver.dcm", "Liver", f"{SEG}/liver_seg.nrrd", 1),
    (f"{SEG}/partial_overlaps.dcm", "GREEN", f"{SEG}/partial_overlaps-1.nrrd", 1),
    (f"{SEG}/partial_overlaps.dcm", "ORANGE", f"{SEG}/partial_overlaps-2.nrrd", 2),
    (f"{SEG}/partial_overlaps.dcm", "PURPLE", f"{SEG}/partial_overlaps-3.nrrd", 3),
    (f"{SEG}/partial_overlaps.dcm", "LIGHT_BLUE", f"{SEG}/partial_overlaps-1.nrrd", 4),
    (f"{SEG}/partial_overlaps.dcm", "DARK_BLUE", f"{SEG}/partial_overlaps-1.nrrd", 5),
    (f"{SEG}/sparse-labelmap-noppv.dcm", "Liver", f"{SEG}/sparse_labelmap_noppv_seg.nrrd", 1),
    (f"{SEG}/sparse-labelmap-ppv5.dcm", "Liver", f"{SEG}/sparse_labelmap_ppv5_seg.nrrd", 1),
]
# RTSTRUCT, its ROIs, and the refusal on the CT beside it.
CONTOURS = [
    (f"{RT}/mock_data/rt.dcm", 1, None),
    (f"{RT}/mock_data/invalid_reference_rt.dcm", 4, "outside_image"),
    (f"{RT}/mock_data/non_existent_reference_rt.dcm", 4, "outside_image"),
]
# Data sets as a whole: options, number of cases.
ABSENT = {"Dataset502_OpenKBP_more": {("train_108", "Esophagus"), ("train_5", "Larynx"), ("train_76", "Brainstem")}}
"""Annotated, and without a voxel."""
DATA_SETS = {
    "Dataset501_OpenKBP": (SourceConfig(Path()), 80),
    "Dataset502_OpenKBP_more": (SourceConfig(Path()), 100),
    "Dataset510_BTCV": (SourceConfig(Path()), 20),
    "msd_hippocampus": (
        SourceConfig(
            Path(),
            layout="pairs",
            images="images/{case}.nii.gz",
            labels="labels/{case}.nii.gz",
            channels=["MR"],
            organs={"anterior": [1], "posterior": [2]},
        ),
        260,
    ),
    "slices_2d/pancreas_nih": (
        SourceConfig(Path(), layout="pairs", images="images/{case}.png", labels="masks/{case}.png", organs={"pancreas": [3]}),
        271,
    ),
    "slices_2d/spleen_msd": (
        SourceConfig(Path(), layout="pairs", images="images/{case}.png", labels="masks/{case}.png", organs={"spleen": [2]}),
        18,
    ),
}
NOT_DATA = ("README.md", "LICENSE", "LICENSE.txt", "LICENSE_BSD2", "CC-BY-SA-4.0.txt", "index.json", "info.txt", "dataset.json")


@pytest.mark.parametrize(("name", "shape", "orientation", "air_percent", "bright"), IMAGES, ids=[row[0] for row in IMAGES])
def test_an_image_has_its_grid_and_its_hu(realdata, name, shape, orientation, air_percent, bright):
    volume = read_volume([ImageFile(realdata / name)])
    assert volume.array.shape[:3] == shape
    assert volume.native.orientation == orientation
    assert 100 * (volume.array < -500).mean() == pytest.approx(air_percent, abs=0.1)
    assert np.percentile(volume.array, 99) == pytest.approx(bright, abs=1)


@pytest.mark.parametrize(("name", "kind", "words"), REFUSED_IMAGES, ids=[row[0] for row in REFUSED_IMAGES])
def test_what_makes_no_volume_is_refused(realdata, name, kind, words):
    with pytest.raises(FileError, match=words) as caught:
        SlabReader([ImageFile(realdata / name)])
    assert caught.value.kind == kind


def test_the_tilted_head_can_be_resampled(realdata):
    volume = read_volume([ImageFile(realdata / GE, uneven="resample")])
    assert volume.array.shape[:3] == (37, 611, 512)
    assert {"read", "resample"} <= {step.name for step in volume.history}
    brain = volume.array[18, 306, 256, 0]
    assert 0 < brain < 100


@pytest.mark.parametrize(
    ("name", "image", "organ", "key", "median_hu", "left"), LABELS, ids=[f"{row[0]}-{row[2]}" for row in LABELS]
)
def test_a_label_lies_on_its_organ(realdata, name, image, organ, key, median_hu, left):
    volume = read_volume([ImageFile(realdata / image)])
    label = LabelFile(realdata / name, {organ: (key,)}, unlisted="background")
    codes = read_labels([label], volume.native, OrganTable((organ,)), (organ,), 0.1).codes
    low, high = median_hu
    assert low < np.median(volume.array[codes == 1]) < high
    # Against the middle of the body: x runs to the patient's left.
    body = np.argwhere(volume.array[..., 0] > -300)[:, 2].mean()
    to_the_left = np.argwhere(codes == 1)[:, 2].mean() - body
    share = to_the_left / volume.array.shape[2]
    assert abs(share) < 0.06 if left is None else (share > 0.06) == left and (share < -0.06) != left


@pytest.mark.parametrize(("one", "name", "other", "value"), TWINS, ids=[f"{row[0]}-{row[1]}" for row in TWINS])
def test_a_dicom_segment_is_its_nrrd_twin(realdata, one, name, other, value):
    segment, twin = open_label(realdata / one), open_label(realdata / other)
    mask = segment.mask(name, segment.native)
    assert mask.any()
    np.testing.assert_array_equal(mask, twin.mask(value, twin.native))


@pytest.mark.parametrize(("name", "count", "kind"), CONTOURS, ids=[row[0] for row in CONTOURS])
def test_contours_are_drawn_on_their_ct_or_refused(realdata, name, count, kind):
    label = open_label(realdata / name)
    keys = label.keys()
    assert len(keys) == count
    native = SlabReader([ImageFile((realdata / name).parent)]).native
    if kind is None:
        assert label.mask(keys[0], native).sum() == 1443
        return
    with pytest.raises(FileError) as caught:
        [label.mask(key, native) for key in keys]
    assert caught.value.kind == kind


def test_a_label_of_another_image_is_refused(realdata):
    native = SlabReader([ImageFile(realdata / f"{TS}/example_ct.nii.gz")]).native  # example_seg belongs to example_ct_sm
    label = LabelFile(realdata / f"{TS}/example_seg.nii.gz", {"spleen": (1,)}, unlisted="background")
    with pytest.raises(FileError, match="does not lie on the grid of its image") as caught:
        read_labels([label], native, OrganTable(("spleen",)), ("spleen",), 0.1)
    assert caught.value.kind == "label_grid"


def dataset_of(realdata, name):
    options, _ = DATA_SETS[name]
    source = SourceConfig(**{**vars(options), "path": realdata / name})
    return join([(source, read_source(source))])


@pytest.mark.slow
@pytest.mark.parametrize("name", DATA_SETS)
def test_a_data_set_has_its_cases_and_each_case_its_labels(realdata, name):
    dataset = dataset_of(realdata, name)
    assert len(dataset.cases) == DATA_SETS[name][1]
    reports = [verify_case(case, dataset, tolerance_mm=0.1) for case in dataset.cases]
    assert [report.problems for report in reports if report.problems] == []
    absent = {(report.case.id, organ) for report in reports for organ, count in report.voxels.items() if not count}
    assert absent == ABSENT.get(name, set())
    eight_bit = [report for report in reports if any(warning.kind == "not_hu" for warning in report.warnings)]
    assert len(eight_bit) == (len(reports) if name.startswith("slices_2d") else 0)


def centroids(realdata, name, organs):
    """Per case and organ the centroid (z, y, x) as a share of the volume's size."""
    dataset = dataset_of(realdata, name)
    for case in dataset.cases:
        native = SlabReader(case.images).native
        codes = read_labels(case.labels, native, dataset.organs, dataset.organs.names, 0.1).codes
        found = [np.argwhere(codes == dataset.organs.id_of(organ)) for organ in organs]
        yield tuple(place.mean(axis=0) / codes.shape if len(place) else None for place in found)


@pytest.mark.slow
def test_the_left_parotid_lies_to_the_left_of_the_right_one(realdata):
    pairs = [pair for pair in centroids(realdata, "Dataset501_OpenKBP", ("LeftParotid", "RightParotid")) if all_seen(pair)]
    assert len(pairs) > 30
    assert all(left[2] > right[2] for left, right in pairs)


def all_seen(places):
    return all(place is not None for place in places)


@pytest.mark.slow
def test_the_anterior_hippocampus_lies_in_front_of_the_posterior_one(realdata):
    assert all(front[1] < back[1] for front, back in centroids(realdata, "msd_hippocampus", ("anterior", "posterior")))


@pytest.mark.slow
def test_the_spleen_in_pictures_lies_on_the_left_and_in_the_back(realdata):
    assert all(place[2] > 0.55 and place[1] > 0.45 for (place,) in centroids(realdata, "slices_2d/spleen_msd", ("spleen",)))


def test_no_file_is_forgotten(realdata):
    """Each real file is in one of the tables, below one of their folders, or no data."""
    rows = [row[0] for table in (IMAGES, REFUSED_IMAGES, LABELS, CONTOURS) for row in table]
    rows += [*DATA_SETS, *(row[place] for row in TWINS for place in (0, 2))]
    named = [realdata / row for row in rows]
    files = [path for path in realdata.rglob("*") if path.is_file() and path.name not in NOT_DATA]
    assert len(files) > 1000
    assert [path for path in files if not any(path == one or one in path.parents for one in named)] == []
