"""Image/label pairs by pattern. Bad input by message, at the end."""

import pytest

from tfpartial.data.files import NONZERO
from tfpartial.errors import TfpartialError

FLAT = {"layout": "pairs", "images": "images/{case}.nii.gz", "labels": "labels/{case}.nii.gz", "organs": {"liver": [1]}}
MASKS = {"layout": "pairs", "images": "{case}/image.nii.gz", "labels": "{case}/{organ}.nii.gz"}


@pytest.fixture
def flat(folder):
    folder.add("images/a.nii.gz", "images/b.nii.gz", "labels/a.nii.gz", "labels/b.nii.gz", "readme.txt", "images/.hidden.nii.gz")
    return folder


def test_finds_the_label_of_an_image_by_the_case(flat):
    dataset = flat.read(**FLAT)
    assert flat.image_names(dataset) == {"a": ["images/a.nii.gz"], "b": ["images/b.nii.gz"]}
    assert flat.label_names(dataset) == {"a": ["labels/a.nii.gz"], "b": ["labels/b.nii.gz"]}
    assert (dataset.name, dataset.channel_names, dataset.problems) == ("source", ("CT",), ())
    assert [(case.annotated, case.source, case.patient) for case in dataset.cases] == [(None, None, "a"), (None, None, "b")]


def test_label_maps_name_no_organ_until_the_sources_organs_do(flat):
    dataset = flat.read(**FLAT)
    assert dataset.organs.names == ("liver",)
    assert [label.organs for case in dataset.cases for label in case.labels] == [{}, {}]


def test_a_pattern_with_organ_finds_a_mask_per_organ(folder):
    folder.add("a/image.nii.gz", "a/liver.nii.gz", "a/spleen.nii.gz", "b/image.nii.gz", "b/spleen.nii.gz")
    dataset = folder.read(**MASKS)
    assert dataset.organs.names == ("liver", "spleen")
    a, b = dataset.cases
    assert [(label.path.name, label.organs, label.empty) for label in a.labels] == [
        ("liver.nii.gz", {"liver": (NONZERO,)}, "ask"),
        ("spleen.nii.gz", {"spleen": (NONZERO,)}, "ask"),
    ]
    assert [label.organs for label in b.labels] == [{"spleen": (NONZERO,)}]
    assert dataset.problems == ()


def test_a_pattern_with_channel_finds_a_file_per_channel(folder):
    folder.add("a/t2.mha", "a/t1.mha", "a/seg.mha", "b/t1.mha", "b/t2.mha", "b/seg.mha")
    options = {"images": "{case}/t{channel}.mha", "labels": "{case}/seg.mha", "organs": {"liver": [1]}}
    dataset = folder.read("pairs", **options)
    assert dataset.channel_names == ("1", "2")
    assert folder.image_names(dataset) == {"a": ["a/t1.mha", "a/t2.mha"], "b": ["b/t1.mha", "b/t2.mha"]}


@pytest.mark.parametrize("ending", [".hdr", ".img", ".*"])
def test_the_two_files_of_a_nifti_pair_are_one(folder, ending):
    folder.add("images/a.hdr", "images/a.img", "labels/a.hdr", "labels/a.img")
    dataset = folder.read("pairs", images=f"images/{{case}}{ending}", labels="*/{case}.*", organs={"liver": [1]})
    assert folder.image_names(dataset) == {"a": [f"images/a{ending.replace('*', 'hdr')}"]}
    assert folder.label_names(dataset) == {"a": ["labels/a.hdr"]}
    assert dataset.problems == ()


def test_a_patient_may_have_several_cases_of_the_same_names(folder):
    folder.add("p1/pre.nii", "p1/post.nii", "p2/pre.nii", "seg/p1/pre.nii", "seg/p1/post.nii", "seg/p2/pre.nii")
    options = {"images": "{patient}/{case}.nii", "labels": "seg/{patient}/{case}.nii", "organs": {"liver": [1]}}
    dataset = folder.read("pairs", **options)
    assert [(case.id, case.patient) for case in dataset.cases] == [("p1_post", "p1"), ("p1_pre", "p1"), ("p2_pre", "p2")]
    assert folder.label_names(dataset)["p2_pre"] == ["seg/p2/pre.nii"]


def test_an_image_may_be_a_folder_of_slices(folder):
    folder.add("a/dicom/1.dcm", "a/dicom/2.dcm", "a/masks/1.png", "a/masks/2.png")
    dataset = folder.read("pairs", images="{case}/dicom", labels="{case}/masks", organs={"liver": [255]})
    assert folder.image_names(dataset) == {"a": ["a/dicom"]}
    assert folder.label_names(dataset) == {"a": ["a/masks"]}


def test_the_real_slices_of_two_collections(realdata, rows):
    from tfpartial.config import SourceConfig
    from tfpartial.data.layouts import read_source

    def read(name, patient, organs):
        options = {"images": "images/{case}.png", "labels": "masks/{case}.png", "patient": patient, "organs": organs}
        return read_source(SourceConfig(realdata / "slices_2d" / name, layout="pairs", **options))

    pancreas = read("pancreas_nih", r"(PANCREAS_\d+)", {"pancreas": [3]})
    spleen = read("spleen_msd", r"_(spleen_\d+)", {"spleen": [2]})
    assert (len(pancreas.cases), len({case.patient for case in pancreas.cases}), rows(pancreas)) == (271, 61, [])
    assert (len(spleen.cases), len({case.patient for case in spleen.cases}), rows(spleen)) == (18, 10, [])


PROBLEMS = [
    # files, changes of the options, case, file, kind, message
    (["images/c.nii.gz"], {}, "c", "c.nii.gz", "missing_label", "no label file; say 'cases: {<case>: []}'"),
    (["labels/c.nii.gz"], {}, "c", "c.nii.gz", "missing_image", "has a label, but no image fits 'images/{case}.nii.gz'"),
    (["images/x/a.nii.gz"], {"images": "images/**/{case}.nii.gz"}, "a", "a.nii.gz", "duplicate_id", "'images/a.nii.gz' fits"),
    (["labels/a.nii"], {"labels": "labels/{case}.nii*"}, "a", "a.nii.gz", "duplicate_id", "'labels/a.nii' fits 'labels'"),
    (["images/A.nii.gz", "labels/A.nii.gz"], {}, "A a", "images", "duplicate_id", "differ only in upper and lower case"),
]


@pytest.mark.parametrize(
    ("files", "changes", "case", "file", "kind", "message"), PROBLEMS, ids=[f"{r[4]}-{r[0][0]}" for r in PROBLEMS]
)
def test_names_the_case_the_file_and_what_is_wrong(flat, rows, files, changes, case, file, kind, message):
    flat.add(*files)
    dataset = flat.read(**FLAT | changes)
    assert rows(dataset) == [(case, file, kind)]
    assert message in dataset.problems[0].message


def test_names_a_channel_that_a_case_lacks(folder, rows):
    folder.add("a/t1.mha", "a/t2.mha", "a/seg.mha", "b/t1.mha", "b/seg.mha")
    dataset = folder.read("pairs", images="{case}/t{channel}.mha", labels="{case}/seg.mha", organs={"liver": [1]})
    assert rows(dataset) == [("b", "t1.mha", "missing_channel")]
    assert dataset.problems[0].message == "expected the channels 1, 2; no 2"


def test_names_masks_that_spell_an_organ_in_two_ways(folder, rows):
    folder.add("a/image.nii.gz", "a/liver.nii.gz", "b/image.nii.gz", "b/Liver.nii.gz")
    dataset = folder.read(**MASKS)
    assert rows(dataset) == [("", "source", "organ_name")]
    assert dataset.problems[0].message == "masks of 'Liver' and of 'liver': expected one spelling"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": None}, "the layout 'pairs' needs 'images', a pattern such as 'images/{case}.nii.gz'"),
        ({"labels": None}, "the layout 'pairs' needs 'labels', a pattern"),
        ({"images": "images/a.nii.gz"}, "'images': expected a pattern with {case}, got 'images/a.nii.gz'"),
        ({"images": "{case}/{organ}.nii.gz"}, "'images': '{case}/{organ}.nii.gz' has {organ}; expected some of {case}"),
        ({"labels": "labels/{case}_{channel}.nii.gz"}, "'labels': 'labels/{case}_{channel}.nii.gz' has {channel}"),
        ({"labels": "../labels/{case}.nii.gz"}, "'labels': expected a path inside of the data set's folder"),
        ({"images": "{patient}/{case}.nii.gz"}, "expected {patient} in both of 'images' and 'labels'"),
        (
            {"images": "img/{case}.nii.gz"},
            "nothing fits 'images', 'img/{case}.nii.gz'; the folder holds 2 folders (images, labels)",
        ),
        ({"labels": "lab/{case}.nii.gz"}, "nothing fits 'labels', 'lab/{case}.nii.gz'"),
        ({"labels": "images/{case}.nii.gz"}, "nothing fits 'labels', 'images/{case}.nii.gz'"),
        ({"organs": None}, "the labels that fit 'labels/{case}.nii.gz' do not name their organs; say by 'organs' which values"),
    ],
)
def test_refuses_patterns_that_do_not_fit(flat, changes, message):
    with pytest.raises(TfpartialError) as caught:
        flat.read(**FLAT | changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
