"""What joining does to labels: merges, sides, overrides, overlaps, empty masks, ignored voxels; and what is reported of it."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

KIDNEYS = {"kidney": ["left kidney", "right kidney"]}


def nnunet(files: ModuleType, root: Path, labels: dict[str, np.ndarray], values: dict[str, int], **description: object) -> dict:
    """A data set in nnU-Net's layout, of the label maps of its cases; gives the source."""
    for number, (case_id, label) in enumerate(labels.items()):
        files.write_volume(root / "imagesTr" / f"{case_id}_0000.nii.gz", files.hu(number))
        files.write_volume(root / "labelsTr" / f"{case_id}.nii.gz", label)
    content = {"channel_names": {"0": "CT"}, "labels": {"background": 0, **values}, "file_ending": ".nii.gz", **description}
    (root / "dataset.json").write_text(json.dumps(content))
    return {"path": root}


def masks(files: ModuleType, root: Path, **organs: np.ndarray) -> dict:
    """A case in TotalSegmentator's layout, of a mask per organ; gives the source."""
    files.write_volume(root / "s" / "ct.nii.gz", files.hu(7))
    for organ, mask in organs.items():
        files.write_volume(root / "s" / "segmentations" / f"{organ}.nii.gz", mask.astype(np.uint8))
    return {"path": root}


def boxes(**places: tuple[slice, slice, slice]) -> dict[str, np.ndarray]:
    result = {}
    for organ, place in places.items():
        result[organ] = np.zeros((4, 5, 6), bool)
        result[organ][place] = True
    return result


def test_merges_renames_and_leaves_out(files, join, tmp_path):
    label = np.zeros((4, 5, 6), np.uint8)
    label[1, 0, :3], label[1, 1, :4], label[2, 2, :5] = 1, 2, 3
    values = {"hepar": 1, "tumour": 2, "vessel": 3}
    source = nnunet(files, tmp_path / "a", {"x": label}, values) | {"organs": {"liver": ["hepar", "tumour"]}}
    joined = join(source)
    assert joined.manifest.organs.names == ("liver",)
    np.testing.assert_array_equal(joined.codes("x"), (label == 1) | (label == 2))
    file = str(tmp_path / "a" / "labelsTr" / "x.nii.gz")
    assert {"step": "merge", "file": file, "into": "liver", "keys": [1, 2]} in joined.history("x")


def test_one_kidney_of_a_source_becomes_two_and_meets_two_of_another(files, join, tmp_path):
    both = np.zeros((4, 5, 6), np.uint8)
    both[1:3, 2, 0:2], both[1:3, 2, 4:6] = 1, 1  # x grows towards the patient's left
    sides = np.zeros((4, 5, 6), np.uint8)
    sides[0, 0, 5], sides[3, 4, 0] = 1, 2
    one = nnunet(files, tmp_path / "one", {"x": both}, {"kidney": 1}) | {"left_right": KIDNEYS}
    two = nnunet(files, tmp_path / "two", {"x": sides}, {"left kidney": 1, "right kidney": 2})
    joined = join(one, two)
    assert joined.manifest.organs.names == ("left kidney", "right kidney")
    expected = np.zeros((4, 5, 6), np.uint8)
    expected[1:3, 2, 0:2], expected[1:3, 2, 4:6] = 2, 1
    np.testing.assert_array_equal(joined.codes("one_x"), expected)
    np.testing.assert_array_equal(joined.codes("two_x"), sides)
    assert [case.annotated for case in joined.manifest.cases.values()] == [("left kidney", "right kidney")] * 2


def test_the_stated_priority_decides_overlaps_which_are_reported(files, join, tmp_path):
    organs = boxes(liver=np.s_[1, 0:3, 0:4], spleen=np.s_[1, 2:5, 2:6])
    source = masks(files, tmp_path / "a", **organs)
    for priority, winner in ((None, "liver"), (["spleen"], "spleen")):
        joined = join(source, priority=priority, out=f"priority-{winner}")
        loser = "spleen" if winner == "liver" else "liver"
        np.testing.assert_array_equal(joined.organ("s", winner), organs[winner])
        np.testing.assert_array_equal(joined.organ("s", loser), organs[loser] & ~organs[winner])
        (warning,) = [row for row in joined.summary["warnings"] if row["kind"] == "overlap"]
        assert warning["message"].startswith(f"2 voxels of '{winner}' and '{loser}'")
        assert {"step": "overlap", "kept": winner, "lost": loser, "voxels": 2} in joined.history("s")


@pytest.mark.parametrize(("empty", "annotated"), [("absent", ("liver", "spleen")), ("not_annotated", ("liver",))])
def test_an_empty_mask_means_what_is_said(files, join, tmp_path, empty, annotated):
    organs = boxes(liver=np.s_[1, 0:3, 0:4], spleen=np.s_[0:0, 0, 0])
    other = nnunet(files, tmp_path / "b", {"x": files.box()}, {"spleen": 1})
    joined = join(masks(files, tmp_path / "a", **organs) | {"empty": empty}, other)
    assert joined.manifest.cases["a_s"].annotated == annotated


def test_cases_override_their_source(files, join, tmp_path):
    labels = {name: files.box() for name in "xyz"}
    source = nnunet(files, tmp_path / "a", labels, {"liver": 1, "spleen": 2})
    joined = join(source | {"annotated": ["liver"], "cases": {"y": ["liver", "spleen"]}, "exclude": ["z"]})
    assert {case.id: case.annotated for case in joined.manifest.cases.values()} == {"x": ("liver",), "y": ("liver", "spleen")}
    assert joined.store.cases["y"].annotated == ("liver", "spleen")


def test_a_label_on_another_grid_is_resampled_on_request(files, join, tmp_path):
    source = nnunet(files, tmp_path / "a", {"x": files.box()}, {"liver": 1})
    files.write_volume(tmp_path / "a" / "labelsTr" / "x.nii.gz", files.box(), origin=(11.5, -20.0, 30.0))
    joined = join(source | {"label_grid": "nearest"})
    np.testing.assert_array_equal(joined.codes("x"), np.roll(files.box(), 1, axis=2))
    assert "resample" in [step["step"] for step in joined.history("x")]


def test_stored_numbers_become_hu(files, join, tmp_path):
    source = nnunet(files, tmp_path / "a", {"x": files.box()}, {"liver": 1})
    joined = join(source | {"rescale": [2.0, -1024.0]})
    np.testing.assert_array_equal(joined.image("x"), files.hu(0) * 2 - 1024)


def test_voxels_to_ignore_stay_so(files, join, tmp_path):
    label = files.box()
    label[3, 0, :] = 2
    joined = join(nnunet(files, tmp_path / "a", {"x": label}, {"liver": 1, "ignore": 2}))
    np.testing.assert_array_equal(joined.codes("x"), np.where(label == 2, 255, label))
    assert joined.manifest.cases["x"].ignored == 6
