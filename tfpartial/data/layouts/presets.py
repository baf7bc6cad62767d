"""Public data sets, as their archives unpack. The patterns say which copies are meant; another arrangement is read by `pairs`.

`complete` where the data set's publication says that its experts looked for all organs in all cases. The folder that is given may
be any one above the files that the patterns name.
"""

from __future__ import annotations

from tfpartial.data.layouts.pairs import Pairs

BTCV_ORGANS = (
    "spleen",
    "right kidney",
    "left kidney",
    "gallbladder",
    "esophagus",
    "liver",
    "stomach",
    "aorta",
    "inferior vena cava",
    "portal and splenic veins",
    "pancreas",
    "right adrenal gland",
    "left adrenal gland",
)
AMOS_ORGANS = (
    *BTCV_ORGANS[:9],
    "pancreas",
    "right adrenal gland",
    "left adrenal gland",
    "duodenum",
    "bladder",
    "prostate or uterus",
)
CHAOS_MR_ORGANS = {"liver": (63,), "right kidney": (126,), "left kidney": (189,), "spleen": (252,)}


def _numbered(*organs: str) -> dict[str, tuple[int]]:
    """The values 1, 2, ... in the order of the organs."""
    return {organ: (value,) for value, organ in enumerate(organs, start=1)}


PRESETS = {
    # Bilic et al. 2023, doi:10.1016/j.media.2022.102680; competitions.codalab.org/competitions/17094.
    "lits": Pairs(
        images="**/volume-{case}.nii*",
        labels="**/segmentation-{case}.nii*",
        organs=_numbered("liver", "liver tumour"),
        id="volume-{case}",
        complete=True,
    ),
    # Multi-Atlas Labeling Beyond the Cranial Vault, RawData/Training; synapse.org, syn3193805, wiki 217789: the table of labels.
    # A missing right kidney or gallbladder was looked for and is absent.
    "btcv": Pairs(
        images="**/img/img{case}.nii.gz",
        labels="**/label/label{case}.nii.gz",
        organs=_numbered(*BTCV_ORGANS),
        id="img{case}",
        complete=True,
    ),
    # Kavur et al. 2021, doi:10.1016/j.media.2020.101950; chaos.grand-challenge.org/Data, with the grey values of the MR organs.
    # The masks of the CT hold 255, or 1 in the copies with one bit per pixel.
    "chaos_ct": Pairs("**/CT/{case}/DICOM_anon", "**/CT/{case}/Ground", {"liver": ("nonzero",)}, id="CT_{case}", complete=True),
    # In phase and out of phase are one acquisition with one label.
    "chaos_mr_t1": Pairs(
        images="**/MR/{case}/T1DUAL/DICOM_anon/{channel}",
        labels="**/MR/{case}/T1DUAL/Ground",
        organs=CHAOS_MR_ORGANS,
        id="MR_{case}",
        complete=True,
    ),
    "chaos_mr_t2": Pairs(
        images="**/MR/{case}/T2SPIR/DICOM_anon",
        labels="**/MR/{case}/T2SPIR/Ground",
        organs=CHAOS_MR_ORGANS,
        channel="T2SPIR",
        id="MR_{case}",
        complete=True,
    ),
    # Heller et al. 2023, arXiv:2307.01984; github.com/neheller/kits23 (kits23/configuration/labels.py). Not complete: KiTS19 has
    # the same arrangement, but no cysts, so by default those organs are annotated that a case's label map shows.
    "kits": Pairs(
        images="**/case_{case}/imaging.nii.gz",
        labels="**/case_{case}/segmentation.nii.gz",
        organs=_numbered("kidney", "kidney tumour", "kidney cyst"),
        id="case_{case}",
    ),
    # Roth et al. 2016, doi:10.7937/K9/TCIA.2016.tNB1kqBU. The label files store their rows the other way round than dcm2niix
    # stores the images, and recipes that compare arrays flip y. Their headers say so: nnU-Net 1 (Task062_NIHPancreas) makes them
    # fit by the headers alone, and here grids are compared in LPS. So nothing is flipped, and a copy whose header does not fit
    # the DICOM series is refused like any label on another grid.
    "pancreas_ct": Pairs(
        images="**/PANCREAS_{case}/*/*",
        labels="**/label{case}.nii.gz",
        organs=_numbered("pancreas"),
        id="PANCREAS_{case}",
        complete=True,
    ),
    # Ji et al. 2022, arXiv:2206.08023; zenodo.org/records/7262581. With its dataset.json it is read as `msd`. Not complete:
    # bladder and prostate are not labeled in all MR volumes.
    "amos": Pairs(
        images="**/imagesTr/amos_{case}.nii.gz",
        labels="**/labelsTr/amos_{case}.nii.gz",
        organs=_numbered(*AMOS_ORGANS),
        id="amos_{case}",
    ),
    # Lambert et al. 2020, arXiv:1912.05950; competitions.codalab.org/competitions/21145.
    "segthor": Pairs(
        images="**/{case}/{case}.nii.gz",
        labels="**/{case}/GT.nii.gz",
        organs=_numbered("esophagus", "heart", "trachea", "aorta"),
        complete=True,
    ),
}
"""Name of the layout -> its patterns and organs."""
