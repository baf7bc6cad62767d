"""Every layout on real files: joined with a second source of another format, prepared, and the stored labels voxel by voxel."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.layouts import LAYOUTS

Make = Callable[[ModuleType, Path, np.ndarray], None]
"""Writes the case of a data set with an image and a label map of values."""
SECOND = "second"


def label_of(*values: int) -> np.ndarray:
    """A label map with three voxels of each value, in another row of slice 1 or 2 for each."""
    label = np.zeros((4, 5, 6), np.uint8)
    for number, value in enumerate(values):
        label[1 + number // 5, number % 5, 1:4] = value
    return label


def lits(files: ModuleType, root: Path, label: np.ndarray) -> None:
    files.write_volume(root / "Training Batch 1" / "volume-0.nii", files.hu())
    files.write_volume(root / "Training Batch 1" / "segmentation-0.nii", label)


def btcv(files: ModuleType, root: Path, label: np.ndarray) -> None:
    files.write_volume(root / "img" / "img0001.nii.gz", files.hu(), orientation="LAS")
    files.write_volume(root / "label" / "label0001.nii.gz", label, orientation="RAS")


def chaos_ct(files: ModuleType, root: Path, label: np.ndarray) -> None:
    """Names of files run from the head to the feet, as in the collection, and the pictures follow the names."""
    folder = root / "CT" / "1"
    for number, plane in enumerate(files.hu()[::-1]):
        files.write_slice(place(folder / "DICOM_anon" / f"i{number:04},0000b.dcm"), plane, 30 + 3 * (3 - number))
    for number, plane in enumerate(label[::-1]):
        files.write_picture(folder / "Ground" / f"liver_GT_{number:03}.png", plane * 255)


def chaos_mr_t1(files: ModuleType, root: Path, label: np.ndarray) -> None:
    folder = root / "MR" / "5" / "T1DUAL"
    for seed, phase in enumerate(("InPhase", "OutPhase")):
        name = "IMG-0004-0000{}.dcm"
        files.write_series(folder / "DICOM_anon" / phase, files.hu(seed), name, Modality="MR", SeriesInstanceUID=f"1.2.{seed}")
    mr_pictures(files, folder / "Ground", label)


def chaos_mr_t2(files: ModuleType, root: Path, label: np.ndarray) -> None:
    folder = root / "MR" / "5" / "T2SPIR"
    files.write_series(folder / "DICOM_anon", files.hu(), "IMG-0002-0000{}.dcm", Modality="MR")
    mr_pictures(files, folder / "Ground", label)


def mr_pictures(files: ModuleType, folder: Path, label: np.ndarray) -> None:
    for number, plane in enumerate(label):
        files.write_picture(folder / f"IMG-0002-0000{number}.png", plane * 63)


def kits(files: ModuleType, root: Path, label: np.ndarray) -> None:
    files.write_volume(root / "dataset" / "case_00000" / "imaging.nii.gz", files.hu(), orientation="SLA")
    files.write_volume(root / "dataset" / "case_00000" / "segmentation.nii.gz", label, orientation="SLA")


def pancreas_ct(files: ModuleType, root: Path, label: np.ndarray) -> None:
    """The label files store their rows from the back to the front, as the collection does; their headers say so."""
    files.write_series(root / "Pancreas-CT" / "PANCREAS_0001" / "11-24-2015" / "Pancreas-63502", files.hu(), "1-00{}.dcm")
    files.write_volume(root / "TCIA_pancreas_labels-02-05-2017" / "label0001.nii.gz", label, orientation="LAS")


def amos(files: ModuleType, root: Path, label: np.ndarray) -> None:
    files.write_volume(root / "imagesTr" / "amos_0001.nii.gz", files.hu())
    files.write_volume(root / "labelsTr" / "amos_0001.nii.gz", label)


def segthor(files: ModuleType, root: Path, label: np.ndarray) -> None:
    files.write_volume(root / "train" / "Patient_01" / "Patient_01.nii.gz", files.hu())
    files.write_volume(root / "train" / "Patient_01" / "GT.nii.gz", label)


def nnunet(files: ModuleType, root: Path, label: np.ndarray) -> None:
    files.write_volume(root / "imagesTr" / "a_0000.mha", files.hu())
    files.write_volume(root / "labelsTr" / "a.mha", label)
    labels = {"background": 0, "liver": 1, "spleen": 2}
    describe(root, {"channel_names": {"0": "CT"}, "labels": labels, "numTraining": 1, "file_ending": ".mha"})


def msd(files: ModuleType, root: Path, label: np.ndarray) -> None:
    files.write_volume(root / "imagesTr" / "a.nii.gz", files.hu())
    files.write_volume(root / "labelsTr" / "a.nii.gz", label)
    training = [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}]
    labels = {"0": "background", "1": "liver", "2": "spleen"}
    describe(root, {"modality": {"0": "CT"}, "labels": labels, "numTraining": 1, "training": training})


def totalsegmentator(files: ModuleType, root: Path, label: np.ndarray) -> None:
    files.write_volume(root / "s0001" / "ct.nii.gz", files.hu())
    for value, organ in ((1, "liver"), (2, "spleen")):
        files.write_volume(root / "s0001" / "segmentations" / f"{organ}.nii.gz", (label == value).astype(np.uint8))


def dicom(files: ModuleType, root: Path, label: np.ndarray) -> None:
    series = files.write_series(root / "p1" / "ct", files.hu())
    files.write_dicom_seg(root / "p1" / "seg.dcm", series, {"liver": label == 1})
    files.write_rtstruct(root / "p1" / "rt.dcm", {"spleen": (1, 1, 2, 1, 4)})


def pairs(files: ModuleType, root: Path, label: np.ndarray) -> None:
    files.write_volume(root / "images" / "a.nrrd", files.hu())
    files.write_segmented_nrrd(root / "labels" / "a.seg.nrrd", label, ["liver", "spleen"])


def place(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def describe(root: Path, content: dict) -> None:
    (root / "dataset.json").write_text(json.dumps(content))


PAIRS = {"images": "images/{case}.nrrd", "labels": "labels/{case}.seg.nrrd", "organs": {"liver": ["liver"], "spleen": ["spleen"]}}
AMOS = {"spleen": 1, "liver": 6, "pancreas": 10, "duodenum": 13, "prostate or uterus": 15}
PRESETS: dict[str, tuple[Make, str, dict[str, int], dict]] = {
    # layout: how its files are made, the case, organ -> value in `label_of`, options of the source
    "nnunet": (nnunet, "a", {"liver": 1, "spleen": 2}, {}),
    "msd": (msd, "a", {"liver": 1, "spleen": 2}, {}),
    "totalsegmentator": (totalsegmentator, "s0001", {"liver": 1, "spleen": 2}, {}),
    "dicom": (dicom, "p1", {"liver": 1, "spleen": 2}, {}),
    "pairs": (pairs, "a", {"liver": 1, "spleen": 2}, PAIRS),
    "lits": (lits, "volume-0", {"liver": 1, "liver tumour": 2}, {}),
    "btcv": (btcv, "img0001", {"spleen": 1, "right kidney": 2, "liver": 6, "left adrenal gland": 13}, {}),
    "chaos_ct": (chaos_ct, "CT_1", {"liver": 1}, {}),
    "chaos_mr_t1": (chaos_mr_t1, "MR_5", {"liver": 1, "right kidney": 2, "left kidney": 3, "spleen": 4}, {}),
    "chaos_mr_t2": (chaos_mr_t2, "MR_5", {"liver": 1, "right kidney": 2, "left kidney": 3, "spleen": 4}, {}),
    "kits": (kits, "case_00000", {"kidney": 1, "kidney tumour": 2, "kidney cyst": 3}, {}),
    "pancreas_ct": (pancreas_ct, "PANCREAS_0001", {"pancreas": 1}, {}),
    "amos": (amos, "amos_0001", AMOS, {"organs": {organ: [organ] for organ in AMOS}}),  # it has no voxel of the others
    "segthor": (segthor, "Patient_01", {"esophagus": 1, "heart": 2, "trachea": 3, "aorta": 4}, {}),
}
CHANNELS = {"chaos_mr_t1": ["InPhase", "OutPhase"], "chaos_mr_t2": ["T2SPIR"]}


def second_source(files: ModuleType, root: Path, channels: list[str]) -> dict:
    """Label maps of lungs in MetaImage files, stored in another orientation."""
    for number, channel in enumerate(channels):
        files.write_volume(root / "scans" / "x" / f"{channel}.mha", files.hu(10 + number), orientation="PIR")
    files.write_volume(root / "masks" / "x" / "lung.mhd", files.box(), orientation="ASL")
    patterns = {"images": "scans/{case}/{channel}.mha", "labels": "masks/{case}/{organ}.mhd"}
    return {"path": root, "name": SECOND, "layout": "pairs", **patterns}


def test_every_layout_is_tried():
    assert PRESETS.keys() == LAYOUTS.keys()


@pytest.mark.parametrize("layout", PRESETS)
def test_is_joined_and_prepared_voxel_by_voxel(files, join, tmp_path, layout):
    make, case_id, organs, options = PRESETS[layout]
    root = tmp_path / "first"
    root.mkdir()
    label = label_of(*organs.values())
    make(files, root, label)
    channels = CHANNELS.get(layout, ["CT"])
    joined = join({"path": root, "layout": layout, **options}, second_source(files, tmp_path / "second", channels))
    first, second = f"first_{case_id}", f"{SECOND}_x"
    assert list(joined.manifest.cases) == sorted([first, second])
    assert joined.manifest.channel_names == tuple(channels)
    for organ, value in organs.items():
        np.testing.assert_array_equal(joined.organ(first, organ), label == value, err_msg=organ)
    assert np.count_nonzero(joined.codes(first)) == np.count_nonzero(label)
    np.testing.assert_array_equal(joined.organ(second, "lung"), files.box() == 1)
    assert set(np.unique(joined.codes(second))) == {0, joined.manifest.organs.id_of("lung")}
    np.testing.assert_array_equal(joined.image(first), files.hu())
    np.testing.assert_array_equal(joined.image(second), files.hu(10))
    annotated = {case.id: set(case.annotated) for case in joined.manifest.cases.values()}
    assert annotated[second] == {"lung"}
    assert annotated[first] >= organs.keys()
    assert "lung" not in annotated[first]


def test_label_files_of_pancreas_ct_whose_headers_do_not_say_that_they_are_flipped_are_refused(files, join, tmp_path):
    root = tmp_path / "first"
    pancreas_ct(files, root, label_of(1))
    path = next(root.rglob("label0001.nii.gz"))
    header = sitk.ReadImage(str(path))
    header.SetDirection([1, 0, 0, 0, -1, 0, 0, 0, -1])
    sitk.WriteImage(header, str(path))
    with pytest.raises(AssertionError, match="1 problem in 1 file"):
        join({"path": root, "layout": "pancreas_ct"})


def test_pictures_of_a_series_that_is_named_from_the_head_down_follow_the_names(files, join, tmp_path):
    for name, names_run_down in (("down", True), ("up", False)):
        root, label = tmp_path / name, label_of(1, 1, 1, 1, 1, 1)
        chaos_ct(files, root, label)
        if not names_run_down:
            shutil.rmtree(root / "CT" / "1" / "DICOM_anon")
            files.write_series(root / "CT" / "1" / "DICOM_anon", files.hu(), "i000{},0000b.dcm")
        expected = label if names_run_down else label[::-1]
        joined = join({"path": root, "layout": "chaos_ct"}, out=f"{name}-out")
        np.testing.assert_array_equal(joined.codes("CT_1"), expected)
