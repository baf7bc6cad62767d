"""The stage: planted faults are found, nothing else is, and what is written down."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

from tfpartial.config import AuditConfig
from tfpartial.errors import TfpartialError
from tfpartial.evaluate.audit import run

LISTS = ("suspects.csv", "suspects.json", "next.csv", "next.json")


@pytest.fixture
def config(audit_data, tmp_path):
    return AuditConfig(audit_data.manifest, [audit_data.predictions], tmp_path / "out", tcp=0.2, workers=1)


def rows(config, name="suspects.csv"):
    with (config.out / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_like(path, array, spacing_xyz=(2.0, 2.0, 3.0), origin_xyz=(-10.0, 5.0, 100.0)):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing_xyz)
    image.SetOrigin(origin_xyz)
    sitk.WriteImage(image, str(path))


def test_every_planted_fault_is_found_and_nothing_else(config):
    summary = run(config)
    found = {(row["case"], row["organ"], row["kind"], row["other"]) for row in rows(config)}
    assert found == {
        ("half", "liver", "not_labelled", ""),
        ("dropped", "right kidney", "not_labelled", ""),
        ("swapped", "left kidney", "not_labelled", "right kidney"),
        ("swapped", "right kidney", "not_labelled", "left kidney"),
        ("swapped", "left kidney", "not_seen", "right kidney"),
        ("swapped", "right kidney", "not_seen", "left kidney"),
        ("shifted", "left kidney", "not_labelled", ""),
        ("shifted", "left kidney", "not_seen", ""),
        ("partial", "liver", "not_annotated", ""),
    }
    assert len(rows(config)) == 9
    assert summary["suspects"] == {"not_labelled": 5, "not_seen": 3, "not_annotated": 1}
    assert [row["case"] for row in summary["next"]] == ["partial"]


def test_label_errors_come_first_and_organs_without_labels_have_ranks_of_their_own(config):
    run(config)
    ranks = [(int(row["rank"]), row["kind"] == "not_annotated") for row in rows(config)]
    assert ranks == [*((rank, False) for rank in range(1, 9)), (1, True)]
    scores = [float(row["score"]) for row in rows(config)[:8]]
    assert scores == sorted(scores, reverse=True)


def test_a_suspect_says_where_it_is(config):
    run(config)
    (swapped,) = (
        row for row in rows(config) if (row["case"], row["organ"], row["kind"]) == ("swapped", "left kidney", "not_seen")
    )
    # The label of the left kidney lies on the right one: z 4..15, y 18..25, x 4..11, of 3 x 2 x 2 mm.
    assert (swapped["first_slice"], swapped["last_slice"]) == ("5", "16")
    assert float(swapped["volume_ml"]) == pytest.approx(768 * 0.012)
    assert float(swapped["mean_probability"]) == pytest.approx(0.01, abs=1e-4)
    assert float(swapped["score"]) == pytest.approx(768 * 0.012 * 0.99, rel=1e-4)
    index = [int(swapped[f"index_{axis}"]) for axis in "xyz"]
    assert index == [7, 21, 9]
    position = [float(swapped[f"{axis}_mm"]) for axis in "xyz"]
    assert position == [-10 + 7 * 2, 5 + 21 * 2, 100 + 9 * 3]


def test_the_same_files_give_the_same_lists_with_any_number_of_workers(config):
    run(config)
    run(replace(config, out=config.out.with_name("again"), workers=2))
    for name in LISTS:
        assert (config.out / name).read_bytes() == (config.out.with_name("again") / name).read_bytes()


def test_lists_as_json_have_the_rules_and_the_organs(config):
    run(config)
    suspects, following = (json.loads((config.out / name).read_text()) for name in ("suspects.json", "next.json"))
    assert suspects["rules"] == {"tcp": 0.2, "margin_mm": 3.0, "smallest_ml": 0.5, "sure": 0.9}
    assert suspects["suspects"][0]["box_zyx"] == [[4, 15], [3, 14], [3, 13]]
    assert following["cases"][0]["organs"][0]["organ"] == "liver"


def test_the_worst_are_drawn(config):
    run(replace(config, pictures=3))
    with Image.open(config.out / "suspects.png") as sheet:
        assert sheet.width > 3 * 360
    assert (config.out / "not_annotated.png").is_file()
    run(replace(config, out=config.out.with_name("none"), pictures=0))
    assert not list(config.out.with_name("none").glob("*.png"))


def test_suspects_become_a_label_map_with_names_and_colours(config):
    run(replace(config, label_maps=True))
    folder = config.out / "suspects"
    assert sorted(path.name for path in folder.glob("*.nii.gz")) == [
        f"{case}.nii.gz" for case in ("dropped", "half", "partial", "shifted", "swapped")
    ]
    shifted = sitk.ReadImage(str(folder / "shifted.nii.gz"))
    assert shifted.GetSpacing() == (2.0, 2.0, 3.0)
    codes = sitk.GetArrayFromImage(shifted)
    assert np.unique(codes).tolist() == [0, 1, 2]
    numbers = {row["kind"]: int(row["number"]) for row in rows(config) if row["case"] == "shifted"}
    assert codes[9, 29, 23] == numbers["not_seen"]
    lines = (folder / "shifted.ctbl").read_text().splitlines()
    assert [line.split()[1] for line in lines[3:]] == ["left_kidney_not_labelled", "left_kidney_not_seen"]


def test_size_thickness_and_probability_decide(config):
    run(replace(config, smallest_ml=10.0))
    assert {row["case"] for row in rows(config) if row["kind"] == "not_seen"} == set()
    run(replace(config, margin_mm=40.0))
    assert rows(config) == []
    run(replace(config, tcp=0.001))
    assert {row["kind"] for row in rows(config)} == {"not_annotated"}


def test_an_organ_of_an_unusual_size_is_not_surely_there(config, audit_data):
    probability = np.full((20, 32, 32), 0.01, np.float32)
    probability[8:13, 5:10, 5:10] = 0.99  # 1.5 ml of a liver of 28.8
    write_like(audit_data.probability("partial", "liver"), probability)
    run(config)
    assert not [row for row in rows(config) if row["kind"] == "not_annotated"]
    assert rows(config, "next.csv")[0]["case"] == "partial"


def test_an_organ_that_the_model_is_unsure_of_is_not_surely_there(config):
    run(replace(config, sure=0.95))
    assert not [row for row in rows(config) if row["kind"] == "not_annotated"]


def test_simulated_annotations_decide_what_is_annotated(config, tmp_path):
    folds = [{"clean": ["liver", "left kidney"], "half": ["left kidney"]}]
    (tmp_path / "annotations.json").write_text(json.dumps({"format": 1, "folds": folds}))
    summary = run(replace(config, annotations=tmp_path / "annotations.json"))
    assert summary["cases"] == 2
    assert [(row["case"], row["organ"], row["kind"]) for row in rows(config)] == [("half", "liver", "not_annotated")]
    assert {row["case"]: row["organs"] for row in rows(config, "next.csv")} == {
        "clean": "right kidney",
        "half": "right kidney, liver",
    }


def spoil_grid(data):
    write_like(data.probability("half", "liver"), np.zeros((20, 32, 32), np.float32), spacing_xyz=(2.0, 2.0, 3.5))


def spoil_numbers(data):
    write_like(data.probability("half", "liver"), np.full((20, 32, 32), 1.5, np.float32))


def spoil_with_nan(data):
    write_like(data.probability("half", "liver"), np.full((20, 32, 32), np.nan, np.float32))


def forget_organ(data):
    data.probability("half", "liver").unlink()


def forget_case(data):
    (data.predictions / "probabilities" / "half").rename(data.predictions / "probabilities" / "else")


def add_stranger(data):
    (data.predictions / "half.nii.gz").rename(data.predictions / "stranger.nii.gz")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_grid, r"liver\.nii\.gz: does not lie on the grid of its image: .*spacing \(2, 2, 3\) and \(2, 2, 3\.5\)"),
        (spoil_numbers, r"liver\.nii\.gz: expected probabilities from 0 to 1, got 1\.5 to 1\.5 from slice 1 on"),
        (spoil_with_nan, r"liver\.nii\.gz: .*NaN"),
        (forget_organ, r"half/liver\.nii\.gz: no such file"),
        (forget_case, r"probabilities/half: no such folder; expected probabilities: predict with --probabilities"),
        (add_stranger, "case 'stranger' is not in the manifest of 'demo'"),
    ],
)
def test_predictions_that_do_not_fit_are_named(config, audit_data, spoil, message):
    spoil(audit_data)
    with pytest.raises(TfpartialError, match=message):
        run(config)
    assert not (config.out / "done.json").exists()


def test_a_case_that_was_predicted_twice_is_refused(config):
    with pytest.raises(TfpartialError, match=r"case 'clean' was predicted twice: .* and "):
        run(replace(config, predictions=config.predictions * 2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tcp": 0.5}, "tcp: expected more than 0, below 0.5, got 0.5"),
        ({"sure": 0.4}, "sure: expected 0.5 to 1, got 0.4"),
        ({"margin_mm": -1.0}, "margin_mm: expected 0 or more, got -1.0"),
        ({"diversity": 2.0}, "diversity: expected 0 to 1, got 2.0"),
    ],
)
def test_options_that_make_no_sense_are_refused(config, changes, message):
    with pytest.raises(TfpartialError, match=message):
        replace(config, **changes)
