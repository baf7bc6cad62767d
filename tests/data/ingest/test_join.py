"""Fusion on descriptions alone: no volume is opened."""

from pathlib import Path

import pytest

from tfpartial.config import SourceConfig
from tfpartial.data.files import NONZERO, ImageFile, LabelFile
from tfpartial.data.ingest.join import join, renamed
from tfpartial.data.layouts.dataset import Case, Dataset
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable

A, B = Path("/data/a"), Path("/data/b")


def data_set(root, organs, *cases, channels=("CT",)):
    return Dataset(root, root / "dataset.json", root.name, OrganTable(organs), channels, cases)


def case(root, case_id, organs=None, annotated=None, source=None, **label):
    labels = () if organs is None else (LabelFile(root / f"{case_id}.nii.gz", organs, **label),)
    return Case(case_id, root, (ImageFile(root / f"{case_id}_0000.nii.gz"),), labels, annotated, source, case_id)


LIVER_TUMOUR = {"liver": (1,), "tumour": (2,)}
KIDNEY = {"kidney": (1,), "spleen": (2,)}


def two_sources(first=None, second=None):
    a = data_set(A, tuple(LIVER_TUMOUR), case(A, "1", LIVER_TUMOUR))
    b = data_set(B, tuple(KIDNEY), case(B, "1", KIDNEY))
    return [(SourceConfig(A, **(first or {})), a), (SourceConfig(B, **(second or {})), b)]


def test_one_source_keeps_its_names():
    joined = join([(SourceConfig(A), data_set(A, ("liver",), case(A, "1", {"liver": (1,)}, source="btcv")))])
    assert joined.name == "a"
    assert [(each.id, each.patient, each.source) for each in joined.cases] == [("1", "1", "btcv")]


def test_cases_of_several_sources_are_told_apart():
    joined = join(two_sources(second={"name": "kits"}))
    assert [each.id for each in joined.cases] == ["a_1", "kits_1"]
    assert [each.patient for each in joined.cases] == ["a/1", "kits/1"]
    assert [each.source for each in joined.cases] == ["a", "kits"]
    assert [each.root for each in joined.cases] == [A, B]


def test_the_organ_table_is_the_union_in_the_order_of_the_sources():
    assert join(two_sources()).organs.names == ("liver", "tumour", "kidney", "spleen")


def test_one_organ_under_the_spellings_of_two_sources_is_a_problem():
    sets = [data_set(root, (organ,), case(root, "1", {organ: (1,)})) for root, organ in ((A, "Liver"), (B, "liver"))]
    (problem,) = join([(SourceConfig(A), sets[0]), (SourceConfig(B), sets[1])]).problems
    assert problem.kind == "organ_name"
    assert problem.message.startswith("'Liver' and 'liver' differ only in upper and lower case")
    renamed_first = SourceConfig(A, organs={"liver": "Liver"})
    assert join([(renamed_first, sets[0]), (SourceConfig(B), sets[1])]).problems == ()


def test_the_organ_table_can_be_given():
    joined = join(two_sources({"organs": {"liver": ["liver", "tumour"]}}), organs=["spleen", "kidney", "liver"])
    assert joined.organs.names == ("spleen", "kidney", "liver")


def test_merges_organs_of_the_source():
    joined = join(two_sources({"organs": {"liver": ["liver", "tumour"]}}))
    assert joined.cases[0].labels[0].organs == {"liver": (1, 2)}


def test_an_organ_that_is_left_out_is_background_and_no_error():
    joined = join(two_sources({"organs": {"liver": ["liver"]}}))
    (label,) = joined.cases[0].labels
    assert (label.organs, label.background) == ({"liver": (1,)}, (2,))


def test_values_may_stand_for_names():
    joined = join(two_sources({"organs": {"liver": [1, 2]}}))
    assert joined.cases[0].labels[0].organs == {"liver": (1, 2)}


def test_one_part_needs_no_list():
    joined = join(two_sources({"organs": {"liver": "liver", "lesion": 2}}))
    assert joined.cases[0].labels[0].organs == {"liver": (1,), "lesion": (2,)}


def test_divides_an_organ_into_its_sides():
    joined = join(two_sources(second={"left_right": {"kidney": ("left_kidney", "right_kidney")}}))
    assert joined.organs.names == ("liver", "tumour", "left_kidney", "right_kidney", "spleen")
    (label,) = joined.cases[1].labels
    assert label.left_right == {"kidney": ("left_kidney", "right_kidney")}
    assert label.shown_organs == ("left_kidney", "right_kidney", "spleen")


def test_masks_of_organs_that_are_left_out_are_not_read():
    masks = tuple(LabelFile(A / f"{organ}.nii.gz", {organ: (NONZERO,)}) for organ in ("liver", "rib"))
    one = Case("1", A, (ImageFile(A / "ct.nii.gz"),), masks, None, None, "1")
    joined = join([(SourceConfig(A, organs={"liver": ["liver"]}), data_set(A, ("liver", "rib"), one))])
    assert [label.path.name for label in joined.cases[0].labels] == ["liver.nii.gz"]


def test_a_label_map_without_names_takes_them_from_the_values():
    label = renamed(LabelFile(A / "1.png", {}), {"pancreas": [3], "spleen": [2, 4]}, {})
    assert label.organs == {"pancreas": (3,), "spleen": (2, 4)}


def test_a_value_means_nothing_in_a_mask_of_one_organ():
    mask = LabelFile(A / "liver.nii.gz", {"liver": (NONZERO,)})
    assert renamed(mask, {"liver": ["liver"], "spleen": [1]}, {}).organs == {"liver": (NONZERO,)}


@pytest.mark.parametrize(
    ("options", "stated", "expected"),
    [
        ({}, None, None),  # deduced from the voxels later
        ({}, ("tumour",), ("tumour",)),
        ({"annotated": ["liver"]}, ("tumour",), ("liver",)),
        ({"annotated": ["liver"], "cases": {"1": ["tumour", "liver"]}}, None, ("liver", "tumour")),
        ({"annotated": []}, None, ()),
        ({"cases": {"1": []}}, ("tumour",), ()),
    ],
)
def test_the_nearest_word_on_what_is_annotated_counts(options, stated, expected):
    one = data_set(A, tuple(LIVER_TUMOUR), case(A, "1", LIVER_TUMOUR, annotated=stated))
    assert join([(SourceConfig(A, **options), one)]).cases[0].annotated == expected


def test_a_merged_organ_is_annotated_when_every_part_is():
    organs = {"liver": ["liver", "tumour"]}
    for stated, expected in ((("liver", "tumour"), ("liver",)), (("liver",), ())):
        one = data_set(A, tuple(LIVER_TUMOUR), case(A, "1", LIVER_TUMOUR, annotated=stated))
        assert join([(SourceConfig(A, organs=organs), one)]).cases[0].annotated == expected


def test_both_sides_of_an_annotated_organ_are_annotated():
    one = data_set(B, tuple(KIDNEY), case(B, "1", KIDNEY, annotated=("kidney",)))
    sides = {"kidney": ("left_kidney", "right_kidney")}
    assert join([(SourceConfig(B, left_right=sides), one)]).cases[0].annotated == ("left_kidney", "right_kidney")


def test_priority_is_completed_by_the_table():
    assert join(two_sources(), priority=["kidney", "tumour"]).priority == ("kidney", "tumour", "liver", "spleen")


@pytest.mark.parametrize(
    ("sources", "options", "message"),
    [
        (two_sources({"name": "x"}, {"name": "x"}), {}, "expected different names, got 'x' twice; set 'name'"),
        (two_sources({"organs": {"liver": ["livr"]}}), {}, "'livr' is no organ of the source; it has liver, tumour"),
        (two_sources(), {"organs": ["liver", "tumour", "kidney"]}, "source 'b': 'spleen' is not in the organ table"),
        (two_sources({"left_right": {"lung": ("l", "r")}}), {}, "'left_right': 'lung' is none of the organs liver, tumour"),
        (two_sources({"cases": {"7": []}}), {}, "'cases' names '7', which is no case of the source"),
        (two_sources({"annotated": ["lung"]}), {}, "organ 'lung' is not in the organ table"),
        (two_sources(), {"priority": ["lung"]}, "organ 'lung' is not in the organ table"),
    ],
)
def test_refuses_names_that_nothing_has(sources, options, message):
    with pytest.raises(TfpartialError, match=message):
        join(sources, **options)


def test_refuses_sources_with_other_channels():
    t1 = data_set(B, tuple(KIDNEY), case(B, "1", KIDNEY), channels=("T1",))
    with pytest.raises(TfpartialError, match=r"'a' has the channels \(CT\), 'b' has \(T1\); expected the same ones"):
        join([two_sources()[0], (SourceConfig(B), t1)])


@pytest.mark.parametrize("name", ["../../x", "a/b", "x\x1b[2J"])
def test_a_source_whose_name_cannot_begin_a_file_name_is_refused(name):
    with pytest.raises(TfpartialError, match=r"sources: a source's name begins those of its cases, got '.*set 'name'"):
        join(two_sources(second={"name": name}))


def test_a_case_whose_name_cannot_be_a_file_name_is_a_problem():
    joined = join([(SourceConfig(A), data_set(A, ("liver",), case(A, "../x", {"liver": (1,)}), case(A, "1", {"liver": (1,)})))])
    assert [(each.case, each.kind) for each in joined.problems] == [("../x", "case_name")]
