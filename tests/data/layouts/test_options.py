"""The options that every layout takes alike."""

import pytest

from tfpartial.errors import TfpartialError

FLAT = {"layout": "pairs", "images": "images/{case}.png", "labels": "labels/{case}.png", "organs": {"liver": [1]}}


@pytest.fixture
def flat(folder):
    names = ("p1_a", "p1_b", "p2_a")
    folder.add(*(f"{kind}/{name}.png" for kind in ("images", "labels") for name in names))
    return folder


@pytest.fixture
def two_channels(tiny_dataset, folder):
    """A reader of the tiny data set with two channels."""
    from tfpartial.config import SourceConfig
    from tfpartial.data.layouts import read_source

    tiny_dataset.describe(channel_names={"0": "arterial", "1": "venous"})
    return lambda channels: read_source(SourceConfig(tiny_dataset.root, channels=channels))


def test_the_patient_is_the_first_group_of_the_expression(flat):
    assert [case.patient for case in flat.read(**FLAT, patient=r"(p\d+)_").cases] == ["p1", "p1", "p2"]


def test_names_a_case_whose_patient_is_not_found(flat, rows):
    dataset = flat.read(**FLAT, patient="(.+)_b$")
    assert rows(dataset) == [("p1_a", "source", "no_patient"), ("p2_a", "source", "no_patient")]
    assert dataset.problems[0].message == "'patient', '(.+)_b$', finds nothing in the case's id"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patient": "(p"}, "'patient': expected a regular expression, got '(p'"),
        ({"patient": "p1"}, "'patient': expected a group around the patient, such as '(.+)_', got 'p1'"),
        ({"exclude": ["p9"]}, "'exclude' names 'p9', which is no case of the source"),
        ({"exclude": ["p1_a", "p1_b", "p2_a"]}, "'exclude' leaves no case"),
        ({"channels": ["a", "b"]}, "'channels': expected some of CT, or 1 new names, or three for colour pictures; got a, b"),
        ({"channels": ["r", "r", "b"]}, "'channels': expected some of CT"),
        ({"channels": []}, "got none"),
    ],
)
def test_refuses_options_that_do_not_fit(flat, options, message):
    with pytest.raises(TfpartialError) as caught:
        flat.read(**FLAT, **options)
    assert message in str(caught.value)


def test_excluded_cases_are_gone_with_what_is_wrong_with_them(flat, rows):
    flat.add("images/P1_A.png", "labels/p3.png")
    assert [case for case, _, _ in rows(flat.read(**FLAT))] == ["P1_A", "P1_A p1_a", "p3"]
    dataset = flat.read(**FLAT, exclude=["P1_A", "p3"])
    assert [case.id for case in dataset.cases] == ["p1_a", "p1_b", "p2_a"]
    assert rows(dataset) == []


@pytest.mark.parametrize("options", [{"cases": {"p3": []}}, {"annotated": []}])
def test_a_case_that_is_said_to_be_unlabeled_needs_no_label(flat, rows, options):
    flat.add("images/p3.png")
    assert rows(flat.read(**FLAT)) == [("p3", "p3.png", "missing_label")]
    assert rows(flat.read(**FLAT, **options)) == []


def test_a_case_with_organs_of_its_own_needs_a_label(flat, rows):
    flat.add("images/p3.png")
    options = {"annotated": [], "cases": {"p3": ["liver"]}}
    assert rows(flat.read(**FLAT, **options)) == [("p3", "p3.png", "missing_label")]


def test_options_reach_the_files(flat):
    options = {
        "rescale": (2.0, -1024.0),
        "uneven": "resample",
        "series": "1.2",
        "unlisted": "background",
        "label_grid": "nearest",
    }
    case = flat.read(**FLAT, **options, empty="absent", ignore=[254, 255]).cases[0]
    (image,), (label,) = case.images, case.labels
    assert (image.rescale, image.uneven, image.series, image.component) == ((2.0, -1024.0), "resample", "1.2", None)
    assert (label.unlisted, label.grid, label.empty, label.ignore) == ("background", "nearest", "absent", (254, 255))


def test_ignored_values_are_added_to_those_of_the_data_set(tiny_dataset):
    from tfpartial.config import SourceConfig
    from tfpartial.data.layouts import read_source

    tiny_dataset.describe(labels={"background": 0, "liver": 1, "spleen": 2, "ignore": 3})
    dataset = read_source(SourceConfig(tiny_dataset.root, ignore=[7, 3]))
    assert dataset.cases[0].labels[0].ignore == (3, 7)


def test_a_channel_can_be_renamed(flat):
    dataset = flat.read(**FLAT, channels=["window"])
    assert dataset.channel_names == ("window",)
    assert [len(case.images) for case in dataset.cases] == [1, 1, 1]


def test_three_channels_of_a_picture_are_its_colours(flat):
    dataset = flat.read(**FLAT, channels=["red", "green", "blue"])
    assert dataset.channel_names == ("red", "green", "blue")
    assert [(image.path.name, image.component) for image in dataset.cases[0].images] == [("p1_a.png", n) for n in range(3)]


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        (["venous", "arterial"], ["a_0001.nii.gz", "a_0000.nii.gz"]),
        (["venous"], ["a_0001.nii.gz"]),
        (["late", "early"], ["a_0000.nii.gz", "a_0001.nii.gz"]),
    ],
)
def test_own_names_choose_channels_and_new_names_rename_them(two_channels, channels, expected):
    dataset = two_channels(channels)
    assert dataset.channel_names == tuple(channels)
    assert [image.path.name for image in dataset.cases[0].images] == expected


@pytest.mark.parametrize("channels", [["venous", "late"], ["one"], ["venous", "venous"], ["red", "green", "blue"]])
def test_refuses_channels_that_could_be_mixed_up(two_channels, channels):
    with pytest.raises(TfpartialError, match="'channels': expected some of arterial, venous, or 2 new names"):
        two_channels(channels)
