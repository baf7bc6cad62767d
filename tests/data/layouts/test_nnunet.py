import pytest

from tfpartial.config import SourceConfig
from tfpartial.data.layouts import read_source
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable


def read(data):
    return read_source(SourceConfig(data.root))


def case_of(data, case_id):
    return next(case for case in read(data).cases if case.id == case_id)


def test_reads_an_nnunet_folder(tiny_dataset):
    dataset = read(tiny_dataset)
    assert dataset.name == "Dataset001_Tiny"
    assert dataset.organs == OrganTable(("liver", "spleen"))
    assert dataset.channel_names == ("CT",)
    assert [case.id for case in dataset.cases] == ["a", "b", "c"]
    a, b, c = dataset.cases
    assert [image.path for image in a.images] == [tiny_dataset.image("a")]
    assert [label.path for label in a.labels] == [tiny_dataset.label("a")]
    assert a.labels[0].organs == {"liver": (1,), "spleen": (2,)}
    assert (a.root, a.labels[0].ignore) == (tiny_dataset.root, ())
    assert (a.annotated, b.annotated, c.annotated) == (("liver", "spleen"), ("liver",), ())
    assert (a.source, a.patient) == (None, "a")
    assert c.labels == ()
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
    assert read(tiny_dataset).problems == ()


def test_annotated_sets_take_the_order_of_the_table(tiny_dataset):
    tiny_dataset.describe(annotated={"a": ["spleen", "liver"], "b": ["liver"], "c": []})
    assert case_of(tiny_dataset, "a").annotated == ("liver", "spleen")


def test_cases_of_a_patient_know_it(tiny_dataset):
    tiny_dataset.describe(patient={"a": "p7", "b": "p7"})
    assert [case.patient for case in read(tiny_dataset).cases] == ["p7", "p7", "c"]


def test_a_case_without_an_annotated_set_must_have_a_label_file(tiny_dataset):
    tiny_dataset.describe(annotated={"a": ["liver"], "b": ["liver"]})
    (label,) = case_of(tiny_dataset, "c").labels
    assert label.path == tiny_dataset.label("c")  # which verifying does not find


def test_an_ignore_label_is_no_organ(tiny_dataset):
    tiny_dataset.describe(labels={"background": 0, "liver": 1, "spleen": 2, "ignore": 3})
    dataset = read(tiny_dataset)
    assert dataset.organs.names == ("liver", "spleen")
    assert [label.ignore for case in dataset.cases for label in case.labels] == [(3,), (3,)]


def test_a_region_is_an_organ_of_several_values(tiny_dataset):
    tiny_dataset.describe(labels={"background": 0, "liver": [1, 3], "spleen": 2})
    dataset = read(tiny_dataset)
    assert dataset.organs.names == ("liver", "spleen")
    assert case_of(tiny_dataset, "a").labels[0].organs == {"liver": (1, 3), "spleen": (2,)}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"background": 0, "liver": [1, 2], "tumour": 2}, "'liver' and 'tumour' share the value 2; regions that overlap"),
        ({"background": 0, "liver": []}, "expected a whole number for 'liver', or a list of them, got []"),
        ({"background": 0, "liver": [1, "two"]}, "expected a whole number for 'liver', or a list of them"),
        ({"background": 0, "liver": True}, "expected a whole number for 'liver', or a list of them, got true"),
        ({"background": 0, "liver": [1, 4]}, "expected 'background': 0, then consecutive values"),
    ],
)
def test_refuses_values_that_do_not_say_what_a_voxel_is(tiny_dataset, labels, message):
    tiny_dataset.describe(labels=labels)
    with pytest.raises(TfpartialError) as caught:
        read(tiny_dataset)
    assert message in str(caught.value)


def test_expects_a_file_per_channel(tiny_dataset):
    tiny_dataset.describe(channel_names={"1": "venous", "0": "arterial"})
    assert read(tiny_dataset).channel_names == ("arterial", "venous")
    assert [image.path.name for image in case_of(tiny_dataset, "a").images] == ["a_0000.nii.gz", "a_0001.nii.gz"]


@pytest.mark.parametrize("name", [".hidden_0000.nii.gz", "readme.txt"])
def test_passes_over_what_is_no_volume(tiny_dataset, name):
    (tiny_dataset.root / "imagesTr" / name).write_text("")
    assert read(tiny_dataset).problems == ()


def test_passes_over_images_ts(tiny_dataset):
    tiny_dataset.write(tiny_dataset.root / "imagesTs" / "t_0000.nii.gz", tiny_dataset.hu())
    assert [case.id for case in read(tiny_dataset).cases] == ["a", "b", "c"]


def test_case_ids_may_hold_digits_and_underscores(tiny_dataset):
    tiny_dataset.write(tiny_dataset.root / "imagesTr" / "p_0001_0000.nii.gz", tiny_dataset.hu())
    tiny_dataset.describe(numTraining=4)
    dataset = read(tiny_dataset)
    assert [case.id for case in dataset.cases] == ["a", "b", "c", "p_0001"]
    assert dataset.problems == ()


@pytest.mark.parametrize("labels", [{"background": "0", "liver": "1"}, {"0": "background", "1": "liver"}])
def test_labels_may_be_texts_or_exchanged_as_in_version_1(tiny_dataset, labels):
    tiny_dataset.describe(labels=labels)
    assert case_of(tiny_dataset, "a").labels[0].organs == {"liver": (1,)}


def test_endings_may_be_in_upper_case(tiny_dataset):
    images, labels = tiny_dataset.root / "imagesTr", tiny_dataset.root / "labelsTr"
    (images / "a_0000.nii.gz").rename(images / "a_0000.NII.GZ")
    (labels / "a.nii.gz").rename(labels / "a.Nii.Gz")
    a = case_of(tiny_dataset, "a")
    assert (a.images[0].path.name, a.labels[0].path.name) == ("a_0000.NII.GZ", "a.Nii.Gz")
    assert read(tiny_dataset).problems == ()


def test_two_files_of_a_case_that_differ_in_the_case_of_their_ending_are_one_too_many(tiny_dataset):
    (tiny_dataset.root / "imagesTr" / "a_0000.NII.GZ").touch()
    assert case_of(tiny_dataset, "a").images[0].path == tiny_dataset.image("a")
    assert [(each.case, each.kind) for each in read(tiny_dataset).problems] == [("a", "duplicate_id")]


@pytest.mark.parametrize("ending", [".hdr", ".img", ".img.gz"])
def test_the_two_files_of_a_nifti_pair_are_one(tiny_dataset, ending):
    header, voxels = (ending.replace("img", "hdr"), ending.replace("hdr", "img"))
    for path in (*(tiny_dataset.root / "imagesTr").iterdir(), *(tiny_dataset.root / "labelsTr").iterdir()):
        for each in (header, voxels):
            path.with_name(path.name.replace(".nii.gz", each)).touch()
        path.unlink()
    tiny_dataset.describe(file_ending=ending)
    assert case_of(tiny_dataset, "a").images[0].path.name == f"a_0000{ending}"
    assert read(tiny_dataset).problems == ()


def test_a_pair_beside_the_other_files_would_not_be_read(tiny_dataset):
    for ending in (".hdr", ".img"):
        (tiny_dataset.root / "imagesTr" / f"d_0000{ending}").touch()
    assert [(each.case, each.file[-6:]) for each in read(tiny_dataset).problems] == [("d", "00.hdr")]
