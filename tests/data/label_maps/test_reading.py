import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.files import NONZERO, ImageFile, LabelFile
from tfpartial.data.formats.dicom_series import open_series
from tfpartial.data.geometry import Geometry
from tfpartial.data.label_maps.painter import Overlap
from tfpartial.data.label_maps.reading import deduced_annotated, read_labels
from tfpartial.data.problem import FileError
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable

ORGANS = OrganTable(("liver", "spleen", "right_kidney", "left_kidney"))
GRID = Geometry((8, 4, 3), (1.0, 1.0, 2.0), (10.0, 20.0, 30.0))
HEADER = """NRRD0004
type: unsigned char
dimension: 3
space: left-posterior-superior
sizes: {} {} {}
space directions: (1,0,0) (0,1,0) (0,0,2)
kinds: domain domain domain
encoding: raw
space origin: ({},{},{})
"""


class Folder:
    """Writes label files in which a value stands in the columns of slice 1 where a text has its digit."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def voxels(self, text: str, dtype: type = np.uint8) -> np.ndarray:
        array = np.zeros(GRID.shape_zyx, dtype)
        array[1, 2, : len(text)] = [int(letter) for letter in text]
        return array

    def volume(self, text: str, grid: Geometry = GRID, name: str = "label.nii.gz", dtype: type = np.uint8) -> Path:
        return self.write(self.voxels(text, dtype), grid, name)

    def write(self, voxels: np.ndarray, grid: Geometry = GRID, name: str = "label.nii.gz") -> Path:
        sitk.WriteImage(grid.stamp(sitk.GetImageFromArray(voxels)), str(self.root / name))
        return self.root / name

    def segments(self, voxels: np.ndarray, *names: str, origin=(10, 20, 30)) -> Path:
        fields = "".join(f"Segment{n}_Name:={name}\nSegment{n}_LabelValue:={n + 1}\n" for n, name in enumerate(names))
        path = self.root / "label.seg.nrrd"
        path.write_bytes((HEADER.format(*voxels.shape[::-1], *origin) + fields + "\n").encode() + voxels.tobytes())
        return path


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder(tmp_path)


def read(*labels: LabelFile, like=GRID, priority=ORGANS.names):
    return read_labels(labels, like, ORGANS, priority, tolerance_mm=0.1)


def row(reading) -> list[int]:
    """The label codes where `Folder.volume` puts its digits."""
    return reading.codes[1, 2].tolist()


def steps(reading, name):
    return [dict(step.detail) for step in reading.history if step.name == name]


def refused(kind, message, *labels, **options):
    with pytest.raises(FileError, match=message) as caught:
        read(*labels, **options)
    assert caught.value.kind == kind


def test_values_become_codes_and_are_counted(folder):
    organs = {"spleen": (1,), "liver": (7, 2)}
    label = LabelFile(folder.volume("12207003"), organs, background=(3,), ignore=(5,))
    reading = read(label)
    assert row(reading) == [2, 1, 1, 0, 1, 0, 0, 0]
    assert reading.codes.dtype == np.uint8
    assert reading.counts == {"liver": 3, "spleen": 1, "right_kidney": 0, "left_kidney": 0}
    assert (reading.ignored, reading.overlaps) == (0, ())
    assert steps(reading, "merge") == [{"file": str(label.path), "into": "liver", "keys": [2, 7]}]
    assert [step.name for step in reading.history] == ["read", "merge"]


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.float32, np.float64])
def test_the_dtype_of_the_file_does_not_matter(folder, dtype):
    assert row(read(LabelFile(folder.volume("12", dtype=dtype), {"liver": (1,), "spleen": (2,)})))[:3] == [1, 2, 0]


def test_no_label_file_gives_an_empty_map():
    reading = read()
    assert reading.codes.shape == GRID.shape_zyx
    assert not reading.codes.any()
    assert reading.counts == dict.fromkeys(ORGANS.names, 0)


def test_masks_of_single_organs_are_put_together(folder):
    files = [
        LabelFile(folder.volume("11100000", name="a.nii.gz"), {"spleen": (NONZERO,)}),
        LabelFile(folder.volume("00022200", name="b.nii.gz"), {"liver": (NONZERO,)}),
    ]
    assert row(read(*files)) == [2, 2, 2, 1, 1, 1, 0, 0]


def test_a_mask_leaves_out_background_and_ignored_values(folder):
    label = LabelFile(folder.volume("12345"), {"liver": (NONZERO,)}, background=(2,), ignore=(4,))
    reading = read(label)
    assert row(reading)[:5] == [1, 0, 1, 255, 1]
    assert reading.ignored == 1


def test_a_voxel_goes_to_the_first_of_the_priority(folder):
    files = [
        LabelFile(folder.volume("11110000", name="a.nii.gz"), {"liver": (NONZERO,)}),
        LabelFile(folder.volume("00111100", name="b.nii.gz"), {"spleen": (NONZERO,)}),
    ]
    reading = read(*files, priority=("spleen", "liver"))
    assert row(reading) == [1, 1, 2, 2, 2, 2, 0, 0]
    assert reading.overlaps == (Overlap("spleen", "liver", 2),)
    assert steps(reading, "overlap") == [{"kept": "spleen", "lost": "liver", "voxels": 2}]
    assert row(read(*files)) == [1, 1, 1, 1, 2, 2, 0, 0]


def test_a_value_that_stands_for_two_organs_is_an_overlap(folder):
    label = LabelFile(folder.volume("12"), {"liver": (1, 2), "spleen": (2,)})
    reading = read(label, priority=("spleen", "liver"))
    assert row(reading)[:2] == [1, 2]
    assert reading.overlaps == (Overlap("spleen", "liver", 1),)


def test_ignored_voxels_win_over_the_organs_of_other_files(folder):
    files = [
        LabelFile(folder.volume("1111", name="a.nii.gz"), {"liver": (1,)}),
        LabelFile(folder.volume("0092", name="b.nii.gz"), {"spleen": (2,)}, ignore=(9,)),
    ]
    reading = read(*files)
    assert row(reading)[:4] == [1, 1, 255, 1]
    assert (reading.counts["liver"], reading.ignored) == (3, 1)


def test_a_file_may_show_no_organ_and_only_say_what_to_ignore(folder):
    assert row(read(LabelFile(folder.volume("09"), {}, ignore=(9,))))[:2] == [0, 255]


def test_unlisted_values_are_refused_or_background(folder):
    label = LabelFile(folder.volume("1335"), {"liver": (1,)}, background=(9,), ignore=(255,))
    refused("unknown_label", r"label values 3, 5 \(3 voxels\) stand for no organ; expected 0\.\.1, 9, 255$", label)
    reading = read(dataclasses.replace(label, unlisted="background"))
    assert row(reading)[:4] == [1, 0, 0, 0]
    assert steps(reading, "merge") == [{"file": str(label.path), "into": "background", "voxels": {3: 2, 5: 1}}]


def test_a_name_stands_for_nothing_in_a_label_map(folder):
    label = LabelFile(folder.volume("12"), {"liver": ("Liver",)})
    refused("unknown_segment", r"has no segment 'Liver'; its segments: '1', '2'", label)


def test_an_organ_outside_of_the_table_is_refused(folder):
    with pytest.raises(TfpartialError, match="organ 'heart' is not in the organ table"):
        read(LabelFile(folder.volume("1"), {"heart": (1,)}))


def test_one_organ_of_both_sides_is_divided(folder):
    label = LabelFile(folder.volume("33012033"), {"liver": (1, 2), "kidney": (3,)}, left_right={"kidney": ORGANS.names[:1:-1]})
    assert label.shown_organs == ("liver", "left_kidney", "right_kidney")
    reading = read(label)
    assert row(reading) == [3, 3, 0, 1, 1, 0, 4, 4]
    assert steps(reading, "divide") == [
        {
            "file": str(label.path),
            "organ": "kidney",
            "into": ["left_kidney", "right_kidney"],
            "midline_x": 3.5,
            "rule": "middle between the two largest pieces",
            "pieces": 2,
            "cut": 0,
        }
    ]


def test_the_same_grid_may_be_stored_in_another_orientation(folder):
    turned = sitk.DICOMOrient(sitk.ReadImage(str(folder.volume("12"))), "RAI")
    sitk.WriteImage(turned, str(folder.root / "turned.nii.gz"))
    assert row(read(LabelFile(folder.root / "turned.nii.gz", {"liver": (1,), "spleen": (2,)})))[:3] == [1, 2, 0]


def test_another_grid_is_refused_or_resampled(folder):
    shifted = Geometry(GRID.size_xyz, GRID.spacing_mm_xyz, (12.0, 20.0, 30.0))
    label = LabelFile(folder.volume("1122", shifted), {"liver": (1,), "spleen": (2,)})
    message = (
        r"does not lie on the grid of its image: image and label grids are up to 2 mm apart .* origin \(10, 20, 30\) and \(12"
    )
    refused("label_grid", message, label)
    reading = read(dataclasses.replace(label, grid="nearest"))
    assert row(reading) == [0, 0, 1, 1, 2, 2, 0, 0]
    (step,) = steps(reading, "resample")
    assert step["method"] == "nearest"
    assert "2 mm apart" in step["because"]


def test_resampling_is_in_world_space(folder):
    half = Geometry((16, 8, 6), (0.5, 0.5, 1.0), (9.75, 19.75, 29.5))
    fine = np.kron(folder.voxels("1020"), np.ones((2, 2, 2), np.uint8))
    label = LabelFile(folder.write(fine, half), {"liver": (1,), "spleen": (2,)}, grid="nearest")
    assert np.array_equal(read(label).codes, folder.voxels("1020"))


def test_a_label_far_from_its_image_is_refused_even_when_it_may_be_resampled(folder):
    far = Geometry(GRID.size_xyz, GRID.spacing_mm_xyz, (500.0, 20.0, 30.0))
    label = LabelFile(folder.volume("11", far), {"liver": (1,)}, grid="nearest")
    refused("label_grid", r"none of its 2 label voxels is left on the image's grid", label)


def test_a_cropped_label_map_is_another_grid(folder):
    cropped = folder.write(np.ones((1, 2, 2), np.uint8), Geometry((2, 2, 1), (1.0, 1.0, 2.0), (12.0, 21.0, 32.0)))
    refused("label_grid", r"sizes differ: \(8, 4, 3\) and \(2, 2, 1\) voxels", LabelFile(cropped, {"liver": (1,)}))


def test_cropped_segments_are_put_to_their_place(folder):
    path = folder.segments(np.array([[[1, 2]]], np.uint8), "Liver", "Spleen", origin=(12, 22, 32))
    reading = read(LabelFile(path, {"liver": ("Liver",), "spleen": ("Spleen",)}))
    assert row(reading) == [0, 0, 1, 2, 0, 0, 0, 0]
    assert steps(reading, "resample") == []


@pytest.mark.parametrize("origin", [(12.5, 22, 32), (17, 22, 32), (9, 22, 32)], ids=["between", "beyond", "before"])
def test_segments_that_are_no_part_of_the_grid_are_refused(folder, origin):
    path = folder.segments(np.array([[[1, 2]]], np.uint8), "Liver", "Spleen", origin=origin)
    refused("label_grid", "does not lie on the grid of its image", LabelFile(path, {"liver": ("Liver",)}))


def test_a_segment_that_is_not_there_is_not_shown(folder):
    path = folder.segments(folder.voxels("12"), "Liver", "Couch")
    reading = read(LabelFile(path, {"liver": ("Liver", "Tumour"), "spleen": ("Spleen",)}))
    assert reading.counts == {"liver": 1, "spleen": 0, "right_kidney": 0, "left_kidney": 0}


def test_a_file_with_none_of_the_segments_is_refused(folder):
    path = folder.segments(folder.voxels("12"), "Leber", "Couch")
    message = r"has no segment 'Liver', 'Spleen'; its segments: 'Leber', 'Couch'"
    refused("unknown_segment", message, LabelFile(path, {"liver": ("Liver",), "spleen": ("Spleen",)}))
    known = LabelFile(path, {"liver": ("Liver",)}, background=("Couch",))
    assert read(known).counts["liver"] == 0


def test_a_number_stands_for_no_segment(folder):
    path = folder.segments(folder.voxels("12"), "Liver", "Couch")
    refused("unknown_segment", r"has no segment '1'; its segments: 'Liver', 'Couch'", LabelFile(path, {"liver": (1,)}))


def test_segments_are_merged(folder):
    path = folder.segments(folder.voxels("123"), "Liver", "Tumour", "Couch")
    reading = read(LabelFile(path, {"liver": ("Liver", "Tumour")}))
    assert row(reading)[:3] == [1, 1, 0]
    assert steps(reading, "merge") == [{"file": str(path), "into": "liver", "keys": ["Liver", "Tumour"]}]


def test_the_history_is_json(folder):
    label = LabelFile(folder.volume("1133"), {"liver": (1,)}, unlisted="background", left_right={})
    assert json.loads(json.dumps([step.row() for step in read(label).history]))[0]["step"] == "read"


def test_the_labels_say_which_organs_are_annotated():
    a, b = Path("a"), Path("b")
    labels = [
        LabelFile(a, {"liver": (1,), "kidney": (2,)}, left_right={"kidney": ("left_kidney", "right_kidney")}, empty="absent"),
        LabelFile(b, {"spleen": (NONZERO,)}, empty="ask"),
    ]
    counts = dict.fromkeys(ORGANS.names, 0)
    assert deduced_annotated(labels, counts) == (("liver", "right_kidney", "left_kidney"), ("spleen",))
    assert deduced_annotated(labels, counts | {"spleen": 4})[1] == ()
    assert deduced_annotated([LabelFile(a, {"liver": (1,)})], counts | {"liver": 1}) == (("liver",), ())
    assert deduced_annotated([LabelFile(a, {"liver": (1,)})], counts) == ((), ())


def test_a_large_label_map_is_read_by_table(folder):
    voxels = np.zeros((200, 512, 512), np.uint8)
    voxels[50:150, 100:400, 100:400] = 2
    sitk.WriteImage(sitk.GetImageFromArray(voxels), str(folder.root / "large.mha"))
    label = LabelFile(folder.root / "large.mha", {"liver": (1,), "spleen": (2,)})
    start = time.process_time()
    reading = read(label, like=Geometry((512, 512, 200), (1.0, 1.0, 1.0)))
    assert time.process_time() - start < 2  # 0.4 s; a sort would take 10 s
    assert reading.counts["spleen"] == 100 * 300 * 300


def test_real_overlapping_segments_are_counted(realdata):
    folder = realdata / "reader_flavours/dcmqi_ct3slice_dicomseg_nrrd"
    names = ("GREEN", "ORANGE", "PURPLE", "LIGHT_BLUE", "DARK_BLUE")
    organs = OrganTable(tuple(name.lower() for name in names))
    like = Geometry.of(sitk.ReadImage(str(folder / "partial_overlaps-1.nrrd")))
    label = LabelFile(folder / "partial_overlaps.dcm", {name.lower(): (name,) for name in names})
    reading = read_labels([label], like, organs, organs.names, 0.1)
    layers = [sitk.GetArrayFromImage(sitk.ReadImage(str(folder / f"partial_overlaps-{n}.nrrd"))) for n in (1, 2, 3)]
    masks = [layers[number] == value for number, value in ((0, 1), (1, 2), (2, 3), (0, 4), (0, 5))]
    expected = np.zeros(like.shape_zyx, np.uint8)
    for code in (5, 4, 3, 2, 1):
        expected[masks[code - 1]] = code
    assert np.array_equal(reading.codes, expected)
    pairs = {(one.kept, one.lost): one.voxels for one in reading.overlaps}
    assert pairs["green", "orange"] == int((masks[0] & masks[1]).sum()) > 0
    assert sum(pairs.values()) == sum(int(mask.sum()) for mask in masks) - np.count_nonzero(expected)


def test_a_real_segmentation_with_a_flipped_axis_lies_on_the_grid_of_its_ct(realdata):
    folder = realdata / "totalsegmentator_examples"
    ct = open_series(ImageFile(folder / "example_ct_dicom"))
    stored = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "example_seg_dicom.nii.gz")))
    organs = OrganTable(("liver", "spleen"))
    label = LabelFile(folder / "example_seg_dicom.nii.gz", {"liver": (5,), "spleen": (1,)}, unlisted="background")
    reading = read_labels([label], ct.native, organs, organs.names, 0.1)
    assert np.array_equal(reading.codes == 1, (stored == 5)[:, ::-1])
    ((_, hu),) = ct.slabs(20)
    for code, mean, sd in ((1, 89.3, 21.7), (2, 79.6, 20.6)):  # unflipped, they would be anything
        voxels = hu[reading.codes == code]
        assert (voxels.mean(), voxels.std()) == (pytest.approx(mean, abs=0.1), pytest.approx(sd, abs=0.1))
    assert np.argwhere(reading.codes == 1)[:, 2].mean() < np.argwhere(reading.codes == 2)[:, 2].mean()  # spleen: left
    resampled = read_labels([dataclasses.replace(label, grid="nearest")], ct.native, organs, organs.names, 0.1)
    assert np.array_equal(reading.codes, resampled.codes)
