import pytest

from tfpartial.data.dataset import read_dataset
from tfpartial.labels import OrganTable


def case_of(data, case_id):
    return next(case for case in read_dataset(data.root).cases if case.id == case_id)


def test_reads_an_nnunet_folder(tiny_dataset):
    dataset = read_dataset(tiny_dataset.root)
    assert dataset.name == "Dataset001_Tiny"
    assert dataset.organs == OrganTable(("liver", "spleen"))
    assert (dataset.channel_names, dataset.file_ending, dataset.ignore_value) == (("CT",), ".nii.gz", None)
    assert [case.id for case in dataset.cases] == ["a", "b", "c"]
    a, b, c = dataset.cases
    assert a.images == (tiny_dataset.image("a"),)
    assert a.label == tiny_dataset.label("a")
    assert (a.annotated, b.annotated, c.annotated) == (("liver", "spleen"), ("liver",), ())
    assert (a.source, a.patient) == (None, "a")
    assert c.label is None
    assert dataset.problems == ()


def test_a_case_takes_its_own_annotated_set_then_its_sources_then_none(tiny_dataset):
    tiny_dataset.describe(
        annotated={"a": ["liver", "spleen"]},
        source={"a": "btcv", "b": "btcv"},
        datasets={"btcv": {"annotated": ["liver"]}, "kits": {"licence": "CC BY"}},
    )
    assert case_of(tiny_dataset, "a").annotated == ("liver", "spleen")
    assert case_of(tiny_dataset, "b").annotated == ("liver",)
    assert case_of(tiny_dataset, "b").source == "btcv"
    assert case_of(tiny_dataset, "c").annotated is None
    assert read_dataset(tiny_dataset.root).problems == ()


def test_annotated_sets_take_the_order_of_the_table(tiny_dataset):
    tiny_dataset.describe(annotated={"a": ["spleen", "liver"], "b": ["liver"], "c": []})
    assert case_of(tiny_dataset, "a").annotated == ("liver", "spleen")


def test_cases_of_a_patient_know_it(tiny_dataset):
    tiny_dataset.describe(patient={"a": "p7", "b": "p7"})
    assert [case.patient for case in read_dataset(tiny_dataset.root).cases] == ["p7", "p7", "c"]


def test_a_case_without_an_annotated_set_must_have_a_label_file(tiny_dataset):
    tiny_dataset.describe(annotated={"a": ["liver"], "b": ["liver"]})
    assert case_of(tiny_dataset, "c").label == tiny_dataset.label("c")  # which verifying does not find


def test_an_ignore_label_is_no_organ(tiny_dataset):
    tiny_dataset.describe(labels={"background": 0, "liver": 1, "spleen": 2, "ignore": 3})
    dataset = read_dataset(tiny_dataset.root)
    assert dataset.organs.names == ("liver", "spleen")
    assert dataset.ignore_value == 3


def test_expects_a_file_per_channel(tiny_dataset):
    tiny_dataset.describe(channel_names={"1": "venous", "0": "arterial"})
    assert read_dataset(tiny_dataset.root).channel_names == ("arterial", "venous")
    assert [path.name for path in case_of(tiny_dataset, "a").images] == ["a_0000.nii.gz", "a_0001.nii.gz"]


@pytest.mark.parametrize("name", [".hidden_0000.nii.gz", "readme.txt"])
def test_passes_over_what_is_no_volume(tiny_dataset, name):
    (tiny_dataset.root / "imagesTr" / name).write_text("")
    assert read_dataset(tiny_dataset.root).problems == ()


def test_passes_over_images_ts(tiny_dataset):
    tiny_dataset.write(tiny_dataset.root / "imagesTs" / "t_0000.nii.gz", tiny_dataset.hu())
    assert [case.id for case in read_dataset(tiny_dataset.root).cases] == ["a", "b", "c"]


def test_case_ids_may_hold_digits_and_underscores(tiny_dataset):
    tiny_dataset.write(tiny_dataset.root / "imagesTr" / "p_0001_0000.nii.gz", tiny_dataset.hu())
    tiny_dataset.describe(numTraining=4)
    dataset = read_dataset(tiny_dataset.root)
    assert [case.id for case in dataset.cases] == ["a", "b", "c", "p_0001"]
    assert dataset.problems == ()
