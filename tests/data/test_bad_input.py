"""Every kind of bad input, by its message: one good data set, broken in one place at a time."""

import gzip
import json

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial import cli
from tfpartial.config import SourceConfig
from tfpartial.data.ingest.verify import accept, verify_dataset
from tfpartial.data.layouts import read_source
from tfpartial.errors import InputProblems, TfpartialError

TOLERANCE_MM = 0.1


def problems_of(root):
    dataset = read_source(SourceConfig(root))
    with pytest.raises(InputProblems) as caught:
        accept(dataset, list(verify_dataset(dataset, TOLERANCE_MM, workers=1)), TOLERANCE_MM)
    return caught.value.rows


def cut(path, end):
    path.write_bytes(path.read_bytes()[:end])


def remove_image(data):
    data.image("a").unlink()


def remove_label(data):
    data.label("a").unlink()


def remove_label_of_case_without_annotated_set(data):
    data.label("a").unlink()
    data.describe(annotated={"b": ["liver", "spleen"], "c": []})


def truncate_gzip(data):
    cut(data.image("a"), len(data.image("a").read_bytes()) // 2)


def truncate_checksum_of_gzip(data):
    cut(data.image("a"), -2)


def end_voxels_early_in_a_sound_gzip(data):
    data.image("a").write_bytes(gzip.compress(gzip.decompress(data.image("a").read_bytes())[:-7]))


def flip_a_byte(data):
    content = bytearray(data.image("a").read_bytes())
    content[len(content) // 2] ^= 0xFF
    data.image("a").write_bytes(content)


def store_uncompressed_under_gz(data):
    data.image("a").write_bytes(gzip.decompress(data.image("a").read_bytes()))


def write_text_as_volume(data):
    data.label("a").write_bytes(gzip.compress(b"not a volume"))


def write_nan(data):
    voxels = data.hu().astype(np.float32)
    voxels[0, 0, :3] = np.nan, np.inf, -np.inf
    data.write(data.image("a"), voxels)


def write_nan_label(data):
    data.write(data.label("a"), data.organs(1, 2, np.nan, dtype=np.float32))


def write_unknown_label(data):
    data.write(data.label("a"), data.organs(1, 2, 7))


def write_255_without_ignore_label(data):
    data.write(data.label("a"), data.organs(1, 2, 255))


def write_negative_label(data):
    data.write(data.label("a"), data.organs(1, 2, -1, dtype=np.int16))


def write_fractional_label(data):
    data.write(data.label("a"), data.organs(1, 2, 0.5, dtype=np.float32))


def write_empty_volume(data):
    data.write(data.image("a"), np.full((4, 5, 6), -1024, np.int16))


def write_4d_volume(data):
    frames = [sitk.GetImageFromArray(data.hu(seed)) for seed in range(2)]
    sitk.WriteImage(sitk.JoinSeries(frames), str(data.image("a")))


def write_vector_volume(data):
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 5, 6, 3), np.uint8), isVector=True), str(data.image("a")))


def name_a_case_twice(data):
    twice = '{"a": ["liver", "spleen"], "b": ["liver"], "b": ["liver"], "c": []}'
    rest = {key: value for key, value in data.description.items() if key != "annotated"}
    data.describe_as(json.dumps(rest)[:-1] + f', "annotated": {twice}' + "}")


def store_an_image_in_two_formats(data):
    data.write(data.root / "imagesTr" / "a_0000.nii", data.hu())


def store_two_ids_that_differ_in_case(data):
    data.write(data.image("A"), data.hu())
    data.describe(annotated={"A": [], "a": ["liver", "spleen"], "b": ["liver"], "c": []}, numTraining=4)


def leave_a_file_that_nothing_reads(data):
    data.write(data.root / "imagesTr" / "d_0000.mha", data.hu())


def leave_out_the_channel_number(data):
    data.write(data.root / "imagesTr" / "scan.nii.gz", data.hu())


def annotate_an_unknown_organ(data):
    data.describe(annotated={"a": ["liver", "spleen"], "b": ["liver", "pancreas"], "c": []})


def annotate_an_unknown_organ_by_source(data):
    data.describe(datasets={"btcv": {"annotated": ["pancreas"]}})


def annotate_no_list(data):
    data.describe(annotated={"a": ["liver", "spleen"], "b": ["liver"], "c": "liver"})


def annotate_an_organ_nowhere(data):
    data.describe(labels={"background": 0, "liver": 1, "spleen": 2, "pancreas": 3})


def annotate_a_case_without_image(data):
    data.describe(annotated={"a": ["liver", "spleen"], "b": ["liver"], "c": [], "d": ["liver"]})


def leave_voxels_of_an_organ_that_is_not_annotated(data):
    data.write(data.label("b"), data.organs(1, 2))


def move_the_label(data):
    data.write(data.label("a"), data.organs(1, 2), origin=(10.0, -20.0, 30.5))


def stretch_the_label(data):
    data.write(data.label("a"), data.organs(1, 2), spacing=(1.5, 1.5, 3.1))


def crop_the_label(data):
    data.write(data.label("a"), data.organs(1, 2)[:3])


def claim_another_number_of_cases(data):
    data.describe(numTraining=5)


def move_the_second_channel(data):
    for case_id in "abc":
        moved = {"origin": (11.0, -20.0, 30.0)} if case_id == "b" else {}
        data.write(data.root / "imagesTr" / f"{case_id}_0001.nii.gz", data.hu(7), **moved)
    data.describe(channel_names={"0": "arterial", "1": "venous"})


TABLE = [
    # what is broken, case, file, kind, message
    (remove_image, "a", "a_0000.nii.gz", "missing_file", "no such file"),
    (remove_label, "a", "a.nii.gz", "missing_file", "no such file"),
    (remove_label_of_case_without_annotated_set, "a", "a.nii.gz", "missing_file", 'say "annotated": {"<case>": []}'),
    (truncate_gzip, "a", "a_0000.nii.gz", "truncated", "ends early: the gzip stream has no end"),
    (truncate_checksum_of_gzip, "a", "a_0000.nii.gz", "truncated", "ends early: the gzip stream has no end"),
    (end_voxels_early_in_a_sound_gzip, "a", "a_0000.nii.gz", "truncated", "expected 592 bytes of header and voxels, got 585"),
    (flip_a_byte, "a", "a_0000.nii.gz", "damaged", "is no sound gzip file"),
    (store_uncompressed_under_gz, "a", "a_0000.nii.gz", "damaged", "it is a NIfTI file that is not packed; rename it to end in"),
    (write_text_as_volume, "a", "a.nii.gz", "unreadable", "is no NIfTI file: expected a header"),
    (write_nan, "a", "a_0000.nii.gz", "not_finite", "3 voxels are NaN or infinite"),
    (write_nan_label, "a", "a.nii.gz", "not_finite", "2 voxels are NaN or infinite"),
    (write_unknown_label, "a", "a.nii.gz", "unknown_label", "label values 7 (2 voxels) stand for no organ; expected 0."),
    (write_255_without_ignore_label, "a", "a.nii.gz", "unknown_label", "label values 255 (2 voxels) stand for no organ"),
    (write_negative_label, "a", "a.nii.gz", "unknown_label", "label values -1 (2 voxels) stand for no organ"),
    (write_fractional_label, "a", "a.nii.gz", "fractional_label", "label values 0.5 (2 voxels) are fractions"),
    (write_empty_volume, "a", "a_0000.nii.gz", "empty_volume", "empty volume: every voxel is -1024"),
    (write_4d_volume, "a", "a_0000.nii.gz", "not_3d", "expected a 3D volume, got 4D of 6 × 5 × 4 × 2 voxels"),
    (write_vector_volume, "a", "a_0000.nii.gz", "not_scalar", "expected one number per voxel, got 3"),
    (name_a_case_twice, "b", "dataset.json", "duplicate_id", "'annotated' names it twice"),
    (store_an_image_in_two_formats, "a", "a_0000.nii", "duplicate_id", "a second file of the case with another ending"),
    (store_two_ids_that_differ_in_case, "A a", "imagesTr", "duplicate_id", "differ only in upper and lower case"),
    (leave_a_file_that_nothing_reads, "d", "d_0000.mha", "file_name", "the data set's file_ending is '.nii.gz'"),
    (leave_out_the_channel_number, "", "scan.nii.gz", "file_name", "expected <case>_<channel, 4 digits>.nii.gz"),
    (annotate_an_unknown_organ, "b", "dataset.json", "unknown_organ", "'pancreas', which is not in 'labels'"),
    (annotate_an_unknown_organ_by_source, "", "dataset.json", "unknown_organ", "'datasets' of 'btcv' names 'pancreas'"),
    (annotate_no_list, "c", "dataset.json", "description", 'expected a list of organ names, got "liver"'),
    (annotate_an_organ_nowhere, "", "dataset.json", "organ_annotated_nowhere", "'pancreas' is annotated in no case; remove it"),
    (annotate_a_case_without_image, "d", "dataset.json", "missing_image", "'annotated' names the case, but imagesTr has no"),
    (leave_voxels_of_an_organ_that_is_not_annotated, "b", "b.nii.gz", "organ_not_annotated", "2 voxels of 'spleen'"),
    (move_the_label, "a", "a.nii.gz", "label_grid", "up to 0.5 mm apart (tolerance 0.1 mm): origin (10, -20, 30) and"),
    (stretch_the_label, "a", "a.nii.gz", "label_grid", "spacing (1.5, 1.5, 3) and (1.5, 1.5, 3.1)"),
    (crop_the_label, "a", "a.nii.gz", "label_grid", "sizes differ: (6, 5, 4) and (6, 5, 3) voxels"),
    (move_the_second_channel, "b", "b_0001.nii.gz", "channel_grid", "up to 1 mm apart"),
    (claim_another_number_of_cases, "", "dataset.json", "case_count", "numTraining is 5, but imagesTr and labelsTr hold 3 cases"),
]


@pytest.mark.parametrize(("break_it", "case", "file", "kind", "message"), TABLE, ids=[row[0].__name__ for row in TABLE])
def test_names_the_case_the_file_and_what_is_wrong(tiny_dataset, break_it, case, file, kind, message):
    break_it(tiny_dataset)
    rows = problems_of(tiny_dataset.root)
    assert [(row["case"], row["file"].rsplit("/")[-1], row["kind"]) for row in rows] == [(case, file, kind)]
    assert message in rows[0]["message"]


def test_grid_errors_name_both_files_and_both_values(tiny_dataset):
    move_the_label(tiny_dataset)
    (row,) = problems_of(tiny_dataset.root)
    assert str(tiny_dataset.image("a")) in row["message"]
    assert row["file"] == str(tiny_dataset.label("a"))
    assert "origin (10, -20, 30) and (10, -20, 30.5)" in row["message"]


def test_finds_all_problems_of_all_files_in_one_pass(tiny_dataset):
    write_nan(tiny_dataset)
    write_unknown_label(tiny_dataset)
    leave_voxels_of_an_organ_that_is_not_annotated(tiny_dataset)
    cut(tiny_dataset.image("c"), -9)
    claim_another_number_of_cases(tiny_dataset)
    rows = problems_of(tiny_dataset.root)
    assert [(row["case"], row["kind"]) for row in rows] == [
        ("", "case_count"),
        ("a", "not_finite"),
        ("a", "unknown_label"),
        ("b", "organ_not_annotated"),
        ("c", "truncated"),
    ]


def test_ingest_prints_the_problems_as_json_exits_with_1_and_writes_nothing(tiny_dataset, tmp_path, capsys):
    write_unknown_label(tiny_dataset)
    out = tmp_path / "manifest.json"
    status = cli.main(["ingest", "--dataset", str(tiny_dataset.root), "--out", str(out), "--workers", "1", "--json"])
    printed = capsys.readouterr()
    assert status == 1
    assert [row["kind"] for row in json.loads(printed.out)["problems"]] == ["unknown_label"]
    assert "1 problem in 1 file of" in printed.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["liver"]}, "'labels': expected an object of organ names and values, got a list"),
        ({"labels": {"background": 0, "liver": 2}}, "expected 'background': 0, then consecutive values"),
        ({"labels": {"liver": 0, "background": 1}}, "expected 'background': 0, then consecutive values"),
        ({"labels": {"background": 0, "ignore": 1, "liver": 2}}, "'ignore' must have the highest value, got 1"),
        ({"labels": {"background": 0}}, "organ table: expected 1 to 254 organs, got 0"),
        ({"channel_names": {"1": "CT"}}, "'channel_names': expected an object with the keys"),
        ({"file_ending": "nii"}, '\'file_ending\': expected an ending such as ".nii.gz", got "nii"'),
    ],
)
def test_refuses_a_description_that_cannot_be_used(tiny_dataset, changes, message):
    tiny_dataset.describe(**changes)
    with pytest.raises(TfpartialError) as caught:
        read_source(SourceConfig(tiny_dataset.root))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda data: data.describe_as("{"), "dataset.json: expected a JSON object"),
        (lambda data: data.describe_as("[]"), "dataset.json: expected a JSON object, got a list"),
        (lambda data: (data.root / "dataset.json").unlink(), "no known layout: expected dataset.json of nnunet or msd"),
        (lambda data: data.root.rename(data.root.with_name("moved")), "no such folder"),
        (lambda data: data.describe(file_ending=".nrrd"), "expected images <case>_0000.nrrd, got none"),
    ],
)
def test_refuses_a_folder_that_is_no_data_set(tiny_dataset, prepare, message):
    prepare(tiny_dataset)
    with pytest.raises(TfpartialError, match=message):
        read_source(SourceConfig(tiny_dataset.root))
