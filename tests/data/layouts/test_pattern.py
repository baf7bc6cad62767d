import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.data.layouts.pattern import Pattern
from tfpartial.errors import TfpartialError

WORD = st.text("abcXYZ019-", min_size=1)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("images/{case}.nii.gz", "images/p1.nii.gz", {"case": "p1"}),
        ("./images//{case}/", "images/p1", {"case": "p1"}),
        ("{case}_{channel}.png", "p_0001_0000.png", {"case": "p_0001", "channel": "0000"}),
        ("{case}/{case}.nii", "a/a.nii", {"case": "a"}),
        ("{case}/{case}.nii", "a/b.nii", None),
        ("{patient}/{case}.mha", "x/y.mha", {"patient": "x", "case": "y"}),
        ("{case}.nii*", "a.nii.gz", {"case": "a"}),
        ("{case}.nii", "a.nii.gz", None),
        ("{case}.nii", "aXnii", None),
        ("{case}.nii", "folder/a.nii", None),
        ("**/{case}.nii", "a.nii", {"case": "a"}),
        ("**/{case}.nii", "one/two/a.nii", {"case": "a"}),
        ("{case}/*/img", "a/b/img", {"case": "a"}),
        ("{case}/*/img", "a/b/c/img", None),
        ("img({case})[1].nii", "img(7)[1].nii", {"case": "7"}),
        ("images/{case}.nii.gz", "images/p1.NII.GZ", {"case": "p1"}),
        ("images/{case}.nii.gz", "IMAGES/p1.nii.gz", None),
        ("images\\{case}.nii.gz", "images/p1.nii.gz", {"case": "p1"}),
    ],
)
def test_says_what_the_placeholders_stand_for(pattern, name, expected):
    assert Pattern(pattern, "images").match(name) == expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("images/a.nii", "'images': expected a pattern with {case}, got 'images/a.nii'"),
        ("{patient}.nii", "expected a pattern with {case}"),
        ("", "expected a path inside of the data set's folder, got ''"),
        ("/data/{case}.nii", "expected a path inside of the data set's folder"),
        ("../{case}.nii", "expected a path inside of the data set's folder, got '../{case}.nii'"),
        ("{case}/{fold}.nii", "'images': '{case}/{fold}.nii' has {fold}; expected some of {case}, {patient}, {channel}, {organ}"),
        ("{case}/{}.nii", "has {}; expected some of"),
    ],
)
def test_refuses_patterns_that_cannot_be_meant(pattern, message):
    with pytest.raises(TfpartialError) as caught:
        Pattern(pattern, "images")
    assert message in str(caught.value)


@given(case=WORD, patient=WORD, folders=st.lists(WORD, max_size=3))
def test_finds_again_what_was_filled_in(case, patient, folders):
    name = "/".join([*folders, patient, f"{case}.nii.gz"])
    assert Pattern("**/{patient}/{case}.nii*", "images").match(name) == {"patient": patient, "case": case}
