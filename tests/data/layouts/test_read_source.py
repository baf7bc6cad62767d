"""Which layout a folder has, and what is no data set."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.config import SourceConfig
from tfpartial.data.layouts import LAYOUTS, read_source
from tfpartial.errors import TfpartialError

CT_AND_MR = (
    "CT/1/DICOM_anon/1.dcm",
    "CT/1/Ground/1.png",
    "MR/1/T2SPIR/DICOM_anon/1.dcm",
    "MR/1/T2SPIR/Ground/1.png",
)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["0", "1", "a", "liver", "image", "label"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = ("channel_names", "labels", "file_ending", "numTraining", "annotated", "source", "patient", "datasets", "name")
GOOD = {
    "nnunet": {"channel_names": {"0": "CT"}, "labels": {"background": 0, "liver": 1}, "file_ending": ".nii.gz"},
    "msd": {"modality": {"0": "CT"}, "labels": {"1": "liver"}, "training": [{"image": "imagesTr/a.nii.gz"}]},
}


def refuse(folder, layout="auto", **options):
    with pytest.raises(TfpartialError) as caught:
        folder.read(layout, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_knows_the_layouts_by_name():
    assert tuple(LAYOUTS) == (
        *("nnunet", "msd", "totalsegmentator", "pairs", "dicom"),
        *("lits", "btcv", "chaos_ct", "chaos_mr_t1", "chaos_mr_t2", "kits", "pancreas_ct", "amos", "segthor"),
    )


def test_a_description_decides_before_the_names_of_the_files(tiny_dataset):
    (tiny_dataset.root / "volume-0.nii").touch()
    (tiny_dataset.root / "segmentation-0.nii").touch()
    assert [case.id for case in read_source(SourceConfig(tiny_dataset.root)).cases] == ["a", "b", "c"]


def test_an_unknown_layout_lists_the_known_ones(folder):
    folder.add("a.nii.gz")
    assert "unknown layout 'bids'; expected auto or one of nnunet, msd, totalsegmentator, pairs, dicom, lits" in refuse(
        folder, "bids"
    )


def test_says_what_was_found_when_no_layout_fits(folder):
    folder.add("scans/a.nii.gz", "masks/a.nii.gz", "notes.txt", ".DS_Store")
    message = refuse(folder)
    assert "no known layout: expected dataset.json of nnunet or msd, or the files of totalsegmentator, lits, btcv" in message
    assert "got 2 folders (masks, scans) and 1 file (notes.txt); say 'layout: pairs' with the patterns" in message


def test_asks_when_several_layouts_fit(folder):
    folder.add(*CT_AND_MR)
    assert "fits several layouts: chaos_ct, chaos_mr_t2; choose one by 'layout'" in refuse(folder)
    assert [case.id for case in folder.read("chaos_mr_t2").cases] == ["MR_1"]


def test_masks_beside_the_image_are_not_guessed(folder):
    folder.add("a/ct.nii.gz", "a/label.nii.gz")  # a label map, or a mask of an organ called label?
    assert "no known layout" in refuse(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "dataset.json: expected a JSON object, got Expecting property name"),
        ("[]", "dataset.json: expected a JSON object, got a list"),
        ("\xff", "dataset.json: expected a JSON object, got "),
        ('{"labels": {}}', "expected 'background': 0, then consecutive values"),
        ('{"training": "all", "labels": {"background": 0, "liver": 1}}', "'channel_names': expected an object with the keys"),
    ],
)
def test_refuses_a_description_that_is_none(folder, content, message):
    folder.describe(content)
    assert message in refuse(folder)


def test_refuses_what_is_no_folder(folder, tmp_path):
    with pytest.raises(TfpartialError, match="nowhere: no such folder; expected a data set"):
        read_source(SourceConfig(tmp_path / "nowhere"))
    folder.add("scan.nii.gz")
    with pytest.raises(TfpartialError, match=r"scan\.nii\.gz: expected the folder of a data set, got a file"):
        read_source(SourceConfig(folder.root / "scan.nii.gz"))


def test_refuses_an_empty_folder(folder):
    assert refuse(folder).endswith("expected a data set, got an empty folder")


def test_refuses_a_folder_that_is_a_link_to_somewhere_else(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    folder.add("img/img0001.nii.gz")
    (folder.root / "label").symlink_to(tmp_path / "elsewhere")
    assert "label: is a link that leads out of the data set" in refuse(folder)


@given(
    kind=st.sampled_from(sorted(GOOD)),
    changes=st.dictionaries(st.sampled_from((*KEYS, "modality", "training")), JSON, max_size=3),
)
def test_any_description_is_read_or_refused_in_one_line(tmp_path_factory, kind, changes):
    root = tmp_path_factory.mktemp("described")
    (root / "imagesTr").mkdir()
    (root / "imagesTr" / "a_0000.nii.gz").touch()
    (root / "dataset.json").write_text(json.dumps(GOOD[kind] | changes))
    with contextlib.suppress(TfpartialError):
        dataset = read_source(SourceConfig(root))
        assert all("\n" not in problem.message for problem in dataset.problems)
