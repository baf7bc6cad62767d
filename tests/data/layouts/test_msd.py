import pytest

from tfpartial.errors import TfpartialError

LABELS = {"0": "background", "1": "liver", "2": "cancer"}
TRAINING = [{"image": f"./imagesTr/liver_{n}.nii.gz", "label": f"./labelsTr/liver_{n}.nii.gz"} for n in range(2)]
GOOD = {"name": "Liver", "modality": {"0": "CT"}, "labels": LABELS, "numTraining": 2, "training": TRAINING}


@pytest.fixture
def msd(folder):
    folder.add("imagesTr/liver_0.nii.gz", "imagesTr/liver_1.nii.gz", "labelsTr/liver_0.nii.gz", "labelsTr/liver_1.nii.gz")
    folder.describe(GOOD)
    return folder


def test_reads_the_cases_of_the_list(msd):
    dataset = msd.read()
    assert (dataset.name, dataset.channel_names, dataset.organs.names) == ("Liver", ("CT",), ("liver", "cancer"))
    assert msd.image_names(dataset) == {"liver_0": ["imagesTr/liver_0.nii.gz"], "liver_1": ["imagesTr/liver_1.nii.gz"]}
    assert msd.label_names(dataset)["liver_1"] == ["labelsTr/liver_1.nii.gz"]
    assert dataset.cases[0].labels[0].organs == {"liver": (1,), "cancer": (2,)}
    assert [(case.annotated, case.patient) for case in dataset.cases] == [(None, "liver_0"), (None, "liver_1")]
    assert dataset.problems == ()


def test_values_need_not_be_consecutive_and_may_share_an_organ(msd):
    msd.describe(GOOD | {"labels": {"0": "background", "5": "kidney", "7": "kidney", "9": "background"}})
    dataset = msd.read()
    assert dataset.organs.names == ("kidney",)
    assert dataset.cases[0].labels[0].organs == {"kidney": (5, 7)}
    assert dataset.cases[0].labels[0].background == (9,)


PROBLEMS = [
    # what is listed, case, kind, message
    ({"image": "imagesTr/c.nii.gz", "label": "../outside.nii.gz"}, "c", "outside", "got '../outside.nii.gz'"),
    ({"image": "../../c.nii.gz", "label": "labelsTr/c.nii.gz"}, "c", "outside", "'training', entry 2: expected a name inside"),
    ({"image": "/etc/c.nii.gz", "label": "labelsTr/c.nii.gz"}, "c", "outside", "got '/etc/c.nii.gz'"),
    (
        {"image": "elsewhere/liver_0.nii.gz", "label": "l.nii.gz"},
        "liver_0",
        "duplicate_id",
        "a second image of the case 'liver_0'",
    ),
    ("imagesTr/c.nii.gz", "", "description", '\'training\', entry 2: expected {"image": ..., "label": ...}, got a text'),
    ({"label": "labelsTr/c.nii.gz"}, "", "description", 'expected {"image": ..., "label": ...}, got {"label"'),
    ({"image": ["a.nii.gz"], "label": "b.nii.gz"}, "", "description", 'got {"image": ["a.nii.gz"]'),
]


@pytest.mark.parametrize(("entry", "case", "kind", "message"), PROBLEMS, ids=[f"{r[2]}-{n}" for n, r in enumerate(PROBLEMS)])
def test_names_the_entry_and_what_is_wrong(msd, rows, entry, case, kind, message):
    msd.describe(GOOD | {"training": [*TRAINING, entry], "numTraining": 3})
    dataset = msd.read()
    assert rows(dataset) == [(case, "dataset.json", kind)]
    assert message in dataset.problems[0].message
    assert [case.id for case in dataset.cases] == ["liver_0", "liver_1"]


def test_an_entry_without_a_label_must_be_said_to_be_unlabeled(msd, rows):
    msd.describe(GOOD | {"training": [TRAINING[0], {"image": "imagesTr/liver_1.nii.gz"}]})
    assert rows(msd.read()) == [("liver_1", "liver_1.nii.gz", "missing_label")]
    assert rows(msd.read(cases={"liver_1": []})) == []


def test_claims_another_number_of_cases(msd, rows):
    msd.describe(GOOD | {"numTraining": 5})
    dataset = msd.read()
    assert rows(dataset) == [("", "dataset.json", "case_count")]
    assert dataset.problems[0].message == "numTraining is 5, but 'training' lists 2 cases"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training": []}, "'training': expected a list of images and labels, got []"),
        ({"labels": ["background", "liver"]}, "'labels': expected an object of values and organ names, got a list"),
        ({"labels": {"liver": 1}}, '\'labels\': expected whole numbers and organ names, such as "1": "liver", got {"liver": 1}'),
        ({"labels": {"0": "background", "1": 7}}, 'got {"1": 7}'),
        ({"labels": {"0": "background"}}, "organ table: expected 1 to 254 organs, got 0"),
        ({"modality": None}, '\'modality\': expected an object with the keys "0", "1", ..., got null'),
        (
            {"modality": {"0": "T2", "1": "ADC"}},
            "'modality': 2 channels in one 4D file are not supported; write a file per channel",
        ),
    ],
)
def test_refuses_a_description_that_cannot_be_used(msd, changes, message):
    msd.describe(GOOD | changes)
    with pytest.raises(TfpartialError) as caught:
        msd.read()
    assert message in str(caught.value)


def test_refuses_a_value_that_stands_twice(msd):
    msd.describe('{"training": [1], "labels": {"1": "liver", "1": "spleen"}, "modality": {"0": "CT"}}')
    with pytest.raises(TfpartialError, match="'labels': each key may stand once, got 1 more than once"):
        msd.read()


def test_nnunet_v1_has_a_file_per_channel_in_place_of_the_listed_one(folder):
    folder.add("imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz", "labelsTr/a.nii.gz")
    listed = [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}]
    folder.describe(GOOD | {"modality": {"0": "CT", "1": "PET"}, "training": listed, "numTraining": 1})
    dataset = folder.read()
    assert dataset.channel_names == ("CT", "PET")
    assert folder.image_names(dataset) == {"a": ["imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz"]}
    assert dataset.problems == ()


def test_names_may_be_written_as_windows_does(msd):
    listed = [{key: name.replace("/", "\\") for key, name in entry.items()} for entry in TRAINING]
    msd.describe(GOOD | {"training": listed})
    dataset = msd.read()
    assert msd.image_names(dataset) == {"liver_0": ["imagesTr/liver_0.nii.gz"], "liver_1": ["imagesTr/liver_1.nii.gz"]}
    assert msd.label_names(dataset)["liver_0"] == ["labelsTr/liver_0.nii.gz"]
