"""nnU-Net data sets from public reports; docs/reference/odd-inputs.md has the sources."""

import gzip
import unicodedata

import numpy as np
import pytest

from tfpartial.config import SourceConfig
from tfpartial.data.ingest.join import join
from tfpartial.data.ingest.verify import accept, verify_dataset
from tfpartial.data.layouts import read_source
from tfpartial.errors import InputProblems, TfpartialError

COMPOSED = unicodedata.normalize("NFC", "Läsion")
DECOMPOSED = unicodedata.normalize("NFD", "Läsion")
SPELLED = "differ only in upper and lower case or in how their accents are written"


def manifest(data):
    """What `ingest` makes of it."""
    source = SourceConfig(data.root)
    dataset = join([(source, read_source(source))])
    reports = list(verify_dataset(dataset, 0.1, workers=1))
    return accept(dataset, reports, 0.1), [warning.message for report in reports for warning in report.warnings]


def labelled(array, **grid):
    def change(data):
        for case_id in "ab":
            data.write(data.label(case_id), array, **grid)
        data.describe(annotated={"a": ["liver", "spleen"], "b": ["liver", "spleen"], "c": []})

    return change


ORGANS = np.zeros((4, 5, 6), np.uint8)
ORGANS[1, 0, 2:4], ORGANS[1, 1, 2:4] = 1, 2


def in_unit(code):
    """The headers of all files say another unit of length for numbers that are mm."""

    def change(data):
        for path in (*data.root.glob("imagesTr/*"), *data.root.glob("labelsTr/*")):
            raw = bytearray(gzip.decompress(path.read_bytes()))
            raw[123] = code
            path.write_bytes(gzip.compress(raw))

    return change


def in_encoding(encoding):
    """`dataset.json` as other systems' editors save it."""

    def change(data):
        path = data.root / "dataset.json"
        path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))

    return change


TAKEN = {
    # what is changed, what is said
    "labels off by a rounded place": (labelled(ORGANS, origin=(10.00001, -20.00001, 30.00001)), None),
    "labels off by a rounded spacing": (labelled(ORGANS, spacing=(1.5, 1.500001, 2.999999)), None),
    "nothing but background where organs were looked for": (labelled(ORGANS * 0), None),
    "labels that are nearly whole": (labelled(ORGANS * np.float32(1.0000152)), "not quite whole, by up to 3.1e-05, were rounded"),
    "millimetres that the header calls metres": (in_unit(1), "voxels of 1500 × 1500 × 3000 mm: expected 0.01 to 50 mm"),
    "millimetres that the header calls micrometres": (in_unit(3), "voxels of 0.0015 × 0.0015 × 0.003 mm: expected 0.01 to 50 mm"),
    "a description with a byte order mark": (in_encoding("utf-8-sig"), None),
    "a description in UTF-16": (in_encoding("utf-16"), None),
    "case ids of which one begins with another": (
        lambda data: (
            data.image("c").rename(data.image("a_1")),
            data.describe(annotated={"a": ["liver", "spleen"], "b": ["liver"], "a_1": []}),
        ),
        None,
    ),
}


@pytest.mark.parametrize("row", TAKEN)
def test_is_taken(tiny_dataset, row):
    change, said = TAKEN[row]
    change(tiny_dataset)
    made, warnings = manifest(tiny_dataset)
    assert len(made.cases) == 3
    about = [warning for warning in warnings if "HU" not in warning]
    assert bool(about) == bool(said)
    assert all(said in warning for warning in about)


REFUSED = {
    "channels numbered with four digits": (
        lambda data: data.describe(channel_names={"0000": "CT"}),
        '\'channel_names\': expected an object with the keys "0", "1", ..., got {"0000": "CT"}',
    ),
    "labels with a gap": (
        lambda data: data.describe(labels={"background": 0, "liver": 1, "spleen": 3}),
        "'labels': expected 'background': 0, then consecutive values",
    ),
    "labels without background": (
        lambda data: data.describe(labels={"liver": 1, "spleen": 2}),
        "'labels': expected 'background': 0, then consecutive values",
    ),
    "ignore before an organ": (
        lambda data: data.describe(labels={"background": 0, "ignore": 1, "liver": 2}),
        "'labels': 'ignore' must have the highest value, got 1",
    ),
    "regions that share a value": (
        lambda data: data.describe(labels={"background": 0, "liver": [1, 2], "spleen": 2}),
        "'liver' and 'spleen' share the value 2; regions that overlap are not supported",
    ),
    "values as real numbers": (
        lambda data: data.describe(labels={"background": 0.0, "liver": 1.0, "spleen": 2.0}),
        "'labels': expected a whole number for 'background', or a list of them, got 0.0",
    ),
    "another ending than the files": (
        lambda data: data.describe(file_ending=".nii"),
        "expected images <case>_0000.nii, got none",
    ),
    "an ending without its dot": (
        lambda data: data.describe(file_ending="nii.gz"),
        '\'file_ending\': expected an ending such as ".nii.gz", got "nii.gz"',
    ),
}


@pytest.mark.parametrize("row", REFUSED)
def test_is_refused_in_one_line(tiny_dataset, row):
    change, message = REFUSED[row]
    change(tiny_dataset)
    with pytest.raises(TfpartialError) as caught:
        manifest(tiny_dataset)
    assert message in str(caught.value)


def renamed_labels(data):
    for case_id in "ab":
        data.label(case_id).rename(data.label(f"{case_id}_0000"))


def accented(data):
    """Files as macOS names them, and a description that was written elsewhere."""
    data.image("c").rename(data.image(DECOMPOSED))
    data.describe(annotated={"a": ["liver", "spleen"], "b": ["liver"], COMPOSED: []})


def apart(data):
    """The image of a case as macOS names it, and its label as others do."""
    data.image("a").rename(data.image(DECOMPOSED))
    data.label("a").rename(data.label(COMPOSED))


PROBLEMS = {
    "a value that no organ has": (
        labelled(ORGANS * 2),
        "unknown_label",
        "label values 4 (2 voxels) stand for no organ; expected",
    ),
    "255 for the organ": (
        labelled((ORGANS > 0) * np.uint8(255)),
        "unknown_label",
        "label values 255 (4 voxels) stand for no",
    ),
    "an image for a label": (
        lambda data: data.write(data.label("a"), data.hu()),
        "unknown_label",
        "(120 voxels) stand for no organ; expected 0..2",
    ),
    "labels a millimetre off": (
        labelled(ORGANS, origin=(11.0, -20.0, 30.0)),
        "label_grid",
        "are up to 1 mm apart (tolerance",
    ),
    "labels named like images": (renamed_labels, "missing_file", "no such file"),
    "images without a channel": (
        lambda data: data.image("a").rename(data.label("a").parent.parent / "imagesTr" / "a.nii.gz"),
        "file_name",
        "expected <case>_<channel, 4 digits>.nii.gz",
    ),
    "a wrong number of cases": (
        lambda data: data.describe(numTraining=4),
        "case_count",
        "numTraining is 4, but imagesTr",
    ),
    "the number of cases as a text": (
        lambda data: data.describe(numTraining="3"),
        "case_count",
        'numTraining is "3", but',
    ),
    "one organ with accents written in two ways": (
        lambda data: data.describe(labels={"background": 0, COMPOSED: 1, DECOMPOSED: 2}, annotated={"c": []}),
        "organ_name",
        f"'{COMPOSED}' and '{DECOMPOSED}' {SPELLED}; rename one by the 'organs' of its source",
    ),
    "one organ in two cases of letters": (
        lambda data: data.describe(labels={"background": 0, "Liver": 1, "liver": 2}, annotated={"c": []}),
        "organ_name",
        f"'Liver' and 'liver' {SPELLED}",
    ),
    "a case with accents written in two ways": (
        accented,
        "missing_image",
        f"'{DECOMPOSED}' there differs in upper and lower case or in how its accents are written",
    ),
    "image and label with accents written in two ways": (apart, "duplicate_id", f"ids that {SPELLED}"),
    "nothing but background, and no word on who looked": (
        lambda data: (labelled(ORGANS * 0)(data), data.describe(annotated={"c": []})),
        "organ_annotated_nowhere",
        "'liver' is annotated in no case",
    ),
}


@pytest.mark.parametrize("row", PROBLEMS)
def test_is_a_problem_of_its_file(tiny_dataset, row):
    change, kind, message = PROBLEMS[row]
    change(tiny_dataset)
    with pytest.raises(InputProblems) as caught:
        manifest(tiny_dataset)
    assert [row for row in caught.value.rows if row["kind"] == kind and message in row["message"]], caught.value.rows
