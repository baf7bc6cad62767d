import pytest

from tfpartial.data.files import NONZERO
from tfpartial.errors import TfpartialError


@pytest.fixture
def total(folder):
    for case_id in ("s0000", "s0001"):
        folder.add(*(f"{case_id}/{name}.nii.gz" for name in ("ct", "segmentations/liver", "segmentations/spleen")))
    folder.add("meta.csv")
    return folder


def test_reads_a_mask_per_organ(total):
    dataset = total.read()
    assert (dataset.organs.names, dataset.channel_names, dataset.problems) == (("liver", "spleen"), ("CT",), ())
    assert total.image_names(dataset) == {"s0000": ["s0000/ct.nii.gz"], "s0001": ["s0001/ct.nii.gz"]}
    assert [(label.path.name, label.organs) for label in dataset.cases[1].labels] == [
        ("liver.nii.gz", {"liver": (NONZERO,)}),
        ("spleen.nii.gz", {"spleen": (NONZERO,)}),
    ]


@pytest.mark.parametrize(("empty", "expected"), [(None, "ask"), ("absent", "absent"), ("not_annotated", "not_annotated")])
def test_what_an_empty_mask_means_must_be_said(total, empty, expected):
    labels = [label for case in total.read(empty=empty).cases for label in case.labels]
    assert {label.empty for label in labels} == {expected}


def test_reads_the_mr_data_set(folder):
    folder.add("s1/mri.nii.gz", "s1/segmentations/liver.nii.gz")
    dataset = folder.read()
    assert (dataset.channel_names, folder.image_names(dataset)) == (("MR",), {"s1": ["s1/mri.nii.gz"]})


PROBLEMS = [
    # added, removed, case, file, kind, message
    (["s2/ct.nii.gz"], [], "s2", "ct.nii.gz", "missing_label", "the case has no label file"),
    ([], ["s0000/ct.nii.gz"], "s0000", "liver.nii.gz", "missing_image", "has a label, but no image fits '{case}/ct.nii.gz'"),
    (
        ["s0001/segmentations/Liver.nii.gz"],
        [],
        "",
        "source",
        "organ_name",
        "masks of 'Liver' and of 'liver': expected one spelling",
    ),
    (["S0001/ct.nii.gz", "S0001/segmentations/liver.nii.gz"], [], "S0001 s0001", "S0001", "duplicate_id", "upper and lower case"),
]


@pytest.mark.parametrize(("added", "removed", "case", "file", "kind", "message"), PROBLEMS, ids=[row[4] for row in PROBLEMS])
def test_names_the_case_the_file_and_what_is_wrong(total, rows, added, removed, case, file, kind, message):
    total.add(*added)
    for name in removed:
        (total.root / name).unlink()
    dataset = total.read("totalsegmentator")
    assert rows(dataset) == [(case, file, kind)]
    assert message in dataset.problems[0].message


def test_refuses_ct_and_mr_in_one_folder(total):
    total.add("s2/mri.nii.gz", "s2/segmentations/liver.nii.gz")
    with pytest.raises(TfpartialError, match=r"cases with ct\.nii\.gz and cases with mri\.nii\.gz: expected a data set for each"):
        total.read()


def test_refuses_a_folder_without_cases(folder):
    folder.add("scan.nii.gz")
    with pytest.raises(
        TfpartialError, match=r"nothing fits 'images', '\{case\}/ct.nii.gz'; the folder holds 1 file \(scan.nii.gz\)"
    ):
        folder.read("totalsegmentator")
