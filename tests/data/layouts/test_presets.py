"""Each named layout, on files as its archives unpack: right organs, cases and patients."""

from dataclasses import dataclass, field

import pytest

from tfpartial.data.files import NONZERO
from tfpartial.data.layouts.presets import PRESETS

# Values as their publishers give them.
BTCV = {1: "spleen", 2: "right kidney", 6: "liver", 8: "aorta", 9: "inferior vena cava", 11: "pancreas", 13: "left adrenal gland"}
AMOS = {1: "spleen", 6: "liver", 9: "inferior vena cava", 10: "pancreas", 13: "duodenum", 14: "bladder", 15: "prostate or uterus"}
CHAOS_MR = {63: "liver", 126: "right kidney", 189: "left kidney", 252: "spleen"}


@dataclass(frozen=True)
class Example:
    """Files of a data set, and what must be found of its only labeled case."""

    files: tuple[str, ...]
    case: str
    images: tuple[str, ...]
    label: str
    organs: dict
    count: int
    complete: bool = True
    channels: tuple[str, ...] = ("CT",)
    labels: tuple[str, ...] = field(default=())


EXAMPLES = {
    "lits": Example(
        files=("Training Batch 1/volume-0.nii", "Training Batch 1/segmentation-0.nii"),
        case="volume-0",
        images=("Training Batch 1/volume-0.nii",),
        label="Training Batch 1/segmentation-0.nii",
        organs={1: "liver", 2: "liver tumour"},
        count=2,
    ),
    "btcv": Example(
        files=("img/img0001.nii.gz", "label/label0001.nii.gz"),
        case="img0001",
        images=("img/img0001.nii.gz",),
        label="label/label0001.nii.gz",
        organs=BTCV,
        count=13,
    ),
    "chaos_ct": Example(
        files=("CT/1/DICOM_anon/i0000,0000b.dcm", "CT/1/DICOM_anon/i0001,0000b.dcm", "CT/1/Ground/liver_GT_000.png"),
        case="CT_1",
        images=("CT/1/DICOM_anon",),
        label="CT/1/Ground",
        organs={NONZERO: "liver"},
        count=1,
    ),
    "chaos_mr_t1": Example(
        files=(
            "Train_Sets/MR/5/T1DUAL/DICOM_anon/OutPhase/IMG-0004-00001.dcm",
            "Train_Sets/MR/5/T1DUAL/DICOM_anon/InPhase/IMG-0004-00002.dcm",
            "Train_Sets/MR/5/T1DUAL/Ground/IMG-0004-00002.png",
        ),
        case="MR_5",
        images=("Train_Sets/MR/5/T1DUAL/DICOM_anon/InPhase", "Train_Sets/MR/5/T1DUAL/DICOM_anon/OutPhase"),
        label="Train_Sets/MR/5/T1DUAL/Ground",
        organs=CHAOS_MR,
        count=4,
        channels=("InPhase", "OutPhase"),
    ),
    "chaos_mr_t2": Example(
        files=("MR/5/T2SPIR/DICOM_anon/IMG-0002-00001.dcm", "MR/5/T2SPIR/Ground/IMG-0002-00001.png"),
        case="MR_5",
        images=("MR/5/T2SPIR/DICOM_anon",),
        label="MR/5/T2SPIR/Ground",
        organs=CHAOS_MR,
        count=4,
        channels=("T2SPIR",),
    ),
    "kits": Example(
        files=("dataset/case_00000/imaging.nii.gz", "dataset/case_00000/segmentation.nii.gz", "dataset/kits23.json"),
        case="case_00000",
        images=("dataset/case_00000/imaging.nii.gz",),
        label="dataset/case_00000/segmentation.nii.gz",
        organs={1: "kidney", 2: "kidney tumour", 3: "kidney cyst"},
        count=3,
        complete=False,
    ),
    "pancreas_ct": Example(
        files=(
            "Pancreas-CT/PANCREAS_0001/11-24-2015-PANCREAS0001-Pancreas-18957/Pancreas-63502/1-001.dcm",
            "TCIA_pancreas_labels-02-05-2017/label0001.nii.gz",
        ),
        case="PANCREAS_0001",
        images=("Pancreas-CT/PANCREAS_0001/11-24-2015-PANCREAS0001-Pancreas-18957/Pancreas-63502",),
        label="TCIA_pancreas_labels-02-05-2017/label0001.nii.gz",
        organs={1: "pancreas"},
        count=1,
    ),
    "amos": Example(
        files=("imagesTr/amos_0001.nii.gz", "labelsTr/amos_0001.nii.gz", "imagesTs/amos_0002.nii.gz"),
        case="amos_0001",
        images=("imagesTr/amos_0001.nii.gz",),
        label="labelsTr/amos_0001.nii.gz",
        organs=AMOS,
        count=15,
        complete=False,
    ),
    "segthor": Example(
        files=("train/Patient_01/Patient_01.nii.gz", "train/Patient_01/GT.nii.gz", "test/Patient_41.nii.gz"),
        case="Patient_01",
        images=("train/Patient_01/Patient_01.nii.gz",),
        label="train/Patient_01/GT.nii.gz",
        organs={1: "esophagus", 2: "heart", 3: "trachea", 4: "aorta"},
        count=4,
    ),
}


def test_every_preset_has_an_example():
    assert EXAMPLES.keys() == PRESETS.keys()


@pytest.mark.parametrize("layout", ["auto", "named"])
@pytest.mark.parametrize("name", PRESETS)
def test_finds_the_cases_and_organs_of(folder, name, layout):
    example = EXAMPLES[name]
    folder.add(*example.files)
    dataset = folder.read("auto" if layout == "auto" else name)
    assert folder.image_names(dataset) == {example.case: list(example.images)}
    assert folder.label_names(dataset) == {example.case: [example.label]}
    (case,) = dataset.cases
    (label,) = case.labels
    assert {key: organ for organ, keys in label.organs.items() for key in keys}.items() >= example.organs.items()
    assert (len(label.organs), tuple(label.organs)) == (example.count, dataset.organs.names)
    assert case.patient == example.case
    assert case.annotated == (dataset.organs.names if example.complete else None)
    assert dataset.channel_names == example.channels
    assert dataset.problems == ()


def test_amos_with_its_description_gives_the_same_cases(folder):
    folder.add(*EXAMPLES["amos"].files)
    plain = folder.read("amos")
    folder.describe(
        {
            "modality": {"0": "CT"},
            "labels": {"0": "background", **{str(value): organ for value, organ in AMOS.items()}},
            "numTraining": 1,
            "training": [{"image": "./imagesTr/amos_0001.nii.gz", "label": "./labelsTr/amos_0001.nii.gz"}],
        }
    )
    described = folder.read()
    assert folder.image_names(described) == folder.image_names(plain)
    assert folder.label_names(described) == folder.label_names(plain)
    assert described.cases[0].labels[0].organs.items() <= plain.cases[0].labels[0].organs.items()


def test_both_halves_of_lits_are_one_data_set(folder):
    for batch, number in ((1, 0), (2, 28)):
        folder.add(*(f"Training Batch {batch}/{kind}-{number}.nii" for kind in ("volume", "segmentation")))
    assert [case.id for case in folder.read().cases] == ["volume-0", "volume-28"]
