"""The folder of label layers: steps on steps, taken back, damaged."""

import csv
import json

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.artifacts import read_json
from tfpartial.checksums import write_checksums
from tfpartial.config import RelabelConfig
from tfpartial.data.fold.pseudo_label_writer import LAYERS, undo
from tfpartial.data.fold.pseudo_labels import INDEX, PseudoLabels, layer_path, step_folder
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.errors import TfpartialError
from tfpartial.labels import SURE_BACKGROUND
from tfpartial.relabel.current_labels import CurrentLabels
from tfpartial.relabel.native_maps import write_native
from tfpartial.relabel.step import cases_to_relabel, finish_step, relabel


def do_step(cases, predictor, out, share, earlier=None, **options):
    """One step in `out`, on top of the folder `earlier`."""
    pseudo = None if earlier is None else PseudoLabels.open(earlier)
    cases = TrainingCases(cases.store, cases.train, cases.val, cases.annotated, pseudo)
    config = RelabelConfig(out, cases.store.root, out, out, share=share, slab=5, **options)
    list(relabel(config, cases, predictor))
    finish_step(config, cases, "mcp")
    return out


@pytest.fixture
def two_steps(cases, shifted, tmp_path):
    first = do_step(cases, shifted, tmp_path / "one", 0.3)
    return do_step(cases, shifted, tmp_path / "two", 0.6, first)


def voxels(labels):
    return sum(int((labels.label(case)[:] > 0).sum()) for case in labels.records)


def test_a_later_step_keeps_the_earlier_labels(two_steps):
    before, after = PseudoLabels.open(two_steps, step=1), PseudoLabels.open(two_steps)
    assert (before.step, after.step) == (1, 2) and voxels(before) < voxels(after)
    for case in before.records:
        old, new = before.label(case)[:], after.label(case)[:]
        np.testing.assert_array_equal(new[old > 0], old[old > 0])


def test_a_damaged_table_of_an_earlier_step_is_not_taken_over(two_steps, cases, shifted, tmp_path):
    write_checksums(two_steps, below=LAYERS)
    path = step_folder(two_steps, 1) / "audit.csv"
    path.write_text(path.read_text().replace("1", "7", 1))
    with pytest.raises(TfpartialError, match=r"step-1/audit\.csv: was damaged or changed after its stage was finished"):
        do_step(cases, shifted, tmp_path / "three", 0.6, two_steps)


def audit(out, step):
    with (step_folder(out, step) / "audit.csv").open(newline="") as file:
        return {(row["case"], row["organ"]): row for row in csv.DictReader(file)}


def test_voxels_of_an_earlier_step_are_judged_anew(two_steps, cases, shifted, tmp_path):
    once = do_step(cases, shifted, tmp_path / "once", 0.6)
    first, second, alone = audit(two_steps, 1), audit(two_steps, 2), audit(once, 1)
    assert any(int(row["added"]) for row in first.values())
    for key, row in second.items():
        # The share is one of all voxels that are predicted: the earlier third is part of the two thirds, and comes not on top.
        assert row["candidates"] == first[key]["candidates"]
        assert (row["selected"], row["voxels"]) == (alone[key]["selected"], alone[key]["voxels"])
    labels, expected = PseudoLabels.open(two_steps), PseudoLabels.open(once)
    for case in labels.records:
        np.testing.assert_array_equal(labels.label(case)[:], expected.label(case)[:])


def test_the_organs_that_are_asked_are_those_of_the_configuration(cases, tmp_path):
    class Asked:
        def __init__(self):
            self.wanted = set()

        def predict(self, hu, wanted, places=None):
            self.wanted.add(tuple(wanted.tolist()))
            return np.zeros(hu.shape[:3], np.uint8), np.zeros(hu.shape[:3], np.float32)

    asked, everything = Asked(), (True,) * len(cases.store.organs)
    out = do_step(cases, asked, tmp_path / "all", 0.5, among="all", precision=0.9)
    assert asked.wanted == {everything}
    assert json.loads((step_folder(out, 1) / "summary.json").read_text())["among"] == "all"
    asked = Asked()
    do_step(cases, asked, tmp_path / "missing", 0.5)
    assert asked.wanted == {tuple(current.missing.tolist()) for current in cases_to_relabel(cases).values()} != {everything}


def test_a_step_has_every_case_that_lacks_an_organ(two_steps, cases):
    assert set(PseudoLabels.open(two_steps).records) == set(cases_to_relabel(cases)) < set(cases.store.cases)


def test_a_later_step_asks_again_what_was_sure_background(cases, shifted, tmp_path):
    class Sure:
        def predict(self, hu, wanted, places=None):
            organ, confidence = shifted.predict(hu, wanted)
            return np.where(organ == 0, SURE_BACKGROUND, organ).astype(np.uint8), confidence

    first = do_step(cases, Sure(), tmp_path / "one", 0.3)
    labels = PseudoLabels.open(first)
    for case in labels.records:
        assert (labels.label(case)[:] == SURE_BACKGROUND).any()
        current = CurrentLabels(cases.store, case, cases.annotated[case], labels)
        assert not (current.labels(0, current.slices) == SURE_BACKGROUND).any()
        write_native(labels, cases.store, case, tmp_path / f"{case}.nii.gz")
        assert sitk.GetArrayFromImage(sitk.ReadImage(tmp_path / f"{case}.nii.gz")).max() <= len(cases.store.organs)


def test_undo_gives_the_step_before_byte_for_byte(two_steps, tmp_path):
    assert undo(two_steps, 2) == 1
    left, first = PseudoLabels.open(two_steps), PseudoLabels.open(tmp_path / "one")
    assert left.step == 1 and not step_folder(two_steps, 2).exists()
    for case in first.records:
        assert left.path(case).read_bytes() == first.path(case).read_bytes()


def test_undo_takes_the_later_steps_along(two_steps):
    assert undo(two_steps, 1) == 0
    assert not list(two_steps.glob("step-*"))


@pytest.mark.parametrize("step", [0, 3])
def test_undo_of_a_step_that_is_not_there(two_steps, step):
    with pytest.raises(TfpartialError, match=f"expected one of the steps 1 to 2 of .*, got {step}"):
        undo(two_steps, step)


def test_undo_in_a_folder_without_layers(tmp_path):
    with pytest.raises(TfpartialError, match=r"labels.json: no such file; expected the index of label layers"):
        undo(tmp_path, 1)


def damage(path, how):
    content = bytearray(path.read_bytes())
    if how == "cut short":
        content = content[:-10]
    else:
        content[len(content) // 2] ^= 1
    path.unlink()  # not through the hard link of another folder
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["cut short", "changed"])
def test_a_damaged_layer_is_named(two_steps, how):
    labels = PseudoLabels.open(two_steps)
    case = next(iter(labels.records))
    damage(labels.path(case), how)
    with pytest.raises(TfpartialError, match=rf"step-2/cases/{case}\.h5: its checksum is not that of labels.json"):
        PseudoLabels.open(two_steps)


def test_a_layer_that_is_gone_is_named(two_steps):
    labels = PseudoLabels.open(two_steps)
    case = next(iter(labels.records))
    labels.path(case).unlink()
    with pytest.raises(TfpartialError, match=rf"{case}\.h5: the layer is gone; do step 2 again"):
        PseudoLabels.open(two_steps)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content | {"format": 7}, "expected the index of label layers in format 1, got 7"),
        (lambda content: content | {"steps": content["steps"][1:]}, r"expected the steps 1, 2, ... in their order, got \[2\]"),
        (lambda content: {"format": 1}, "its content has no usable 'steps'"),
    ],
)
def test_says_what_is_wrong_with_the_index(two_steps, change, message):
    path = two_steps / INDEX
    path.write_text(json.dumps(change(read_json(path, "content"))))
    with pytest.raises(TfpartialError, match=message):
        PseudoLabels.open(two_steps)


def test_a_step_that_is_not_there(two_steps):
    with pytest.raises(TfpartialError, match="expected a step from 1 to 2, got 3"):
        PseudoLabels.open(two_steps, step=3)


def test_layers_of_other_annotated_sets_are_refused(two_steps, cases):
    labels = PseudoLabels.open(two_steps)
    case = next(iter(labels.records))
    with pytest.raises(TfpartialError, match=rf"case {case} was relabeled with .* annotated, now \[\] are"):
        labels.require_for(cases.store, {case: ()})


def test_a_killed_step_goes_on_with_the_next_case(cases, shifted, tmp_path):
    whole = do_step(cases, shifted, tmp_path / "whole", 0.5)
    config = RelabelConfig(tmp_path / "killed", cases.store.root, tmp_path, tmp_path, share=0.5, slab=5)
    begun = relabel(config, cases, shifted)
    first = next(begun)
    begun.close()
    written = layer_path(config.out, 1, first).stat().st_mtime_ns
    list(relabel(config, cases, shifted))
    finish_step(config, cases, "mcp")
    assert layer_path(config.out, 1, first).stat().st_mtime_ns == written
    assert (config.out / INDEX).read_bytes() == (whole / INDEX).read_bytes()
    assert (step_folder(config.out, 1) / "audit.csv").read_bytes() == (step_folder(whole, 1) / "audit.csv").read_bytes()


def test_a_layer_that_changed_while_the_step_was_down_is_done_again(cases, shifted, tmp_path):
    whole = do_step(cases, shifted, tmp_path / "whole", 0.5)
    config = RelabelConfig(tmp_path / "killed", cases.store.root, tmp_path, tmp_path, share=0.5, slab=5)
    first = next(relabel(config, cases, shifted))
    layer_path(config.out, 1, first).write_bytes(b"cut")
    list(relabel(config, cases, shifted))
    finish_step(config, cases, "mcp")
    assert (config.out / INDEX).read_bytes() == (whole / INDEX).read_bytes()


def test_a_wanted_precision_lowers_the_share(cases, shifted, tmp_path):
    free = do_step(cases, shifted, tmp_path / "free", 1.0)
    strict = do_step(cases, shifted, tmp_path / "strict", 1.0, precision=1.0)
    assert voxels(PseudoLabels.open(strict)) < voxels(PseudoLabels.open(free))


def test_an_unknown_organ_in_the_rules_is_refused(cases, shifted, tmp_path):
    config = RelabelConfig(tmp_path, cases.store.root, tmp_path, tmp_path, largest_component=["heart"])
    with pytest.raises(TfpartialError, match="organ 'heart' is not in the organ table"):
        list(relabel(config, cases, shifted))


def test_sure_background_needs_a_code_that_is_no_organs(cases, shifted, tmp_path, monkeypatch):
    monkeypatch.setattr("tfpartial.relabel.step.SURE_BACKGROUND", len(cases.store.organs))
    config = RelabelConfig(tmp_path, cases.store.root, tmp_path, tmp_path, background=0.05)
    with pytest.raises(TfpartialError, match=r"background: expected fewer than \d+ organs, got \d+"):
        list(relabel(config, cases, shifted))
