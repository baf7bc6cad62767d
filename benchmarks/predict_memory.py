"""Peak memory of `predict` on volumes of 100 and 1,000 slices of 512 x 512.

    python -m benchmarks.predict_memory --out benchmarks/results/predict_memory.json

A narrow U-Net keeps it short: what is asked is how memory grows with the volume, and that does not depend on the network. The
volume is a phantom patient without noise, over and over: an untrained network would answer noise with noise, as no
trained one does.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

from benchmarks.measure import peak_rss_mib, report
from tfpartial.data.phantom import generate_case
from tfpartial.labels import OrganTable
from tfpartial.models import build
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, write_card

SIZE = (512, 512)
ORGANS = ("liver", "spleen", "pancreas", "left kidney", "right kidney", "stomach", "gallbladder")
SMOOTHED = (0, 2, 2)
"""Standard deviation of the Gaussian that takes the noise away, in voxels."""


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        model = _write_segmenter(Path(folder, "model"), arguments.width)
        rows = [_measure(model, slices) for slices in arguments.slices]
    for row in rows:
        row["ratio_to_first"] = row["peak_mib"] / rows[0]["peak_mib"]
    report("predict: peak memory", rows, arguments.out, ("tensorflow", "keras", "numpy", "SimpleITK"))


def _write_segmenter(folder: Path, width: int) -> Path:
    """A stage folder of `train` with an untrained U-Net."""
    folder.mkdir()
    keras.utils.set_random_seed(0)
    build("unet", len(ORGANS), (*SIZE, 1), width=width).save(folder / "last.keras")
    spec = NetworkSpec("unet", len(ORGANS), (*SIZE, 1), {"width": width})
    write_card(
        SegmenterCard(OrganTable(ORGANS), ("CT",), "certain", "sigmoid", SIZE, None, (-160.0, 300.0), 40.0, 20.0, spec), folder
    )
    return folder


def _measure(model: Path, slices: int) -> dict[str, float]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder, "case.nii.gz")
        _write_volume(image, slices)
        words = ["--model", str(model), "--images", str(image), "--out", str(Path(folder, "out")), "--quiet"]
        peak_mib, seconds = peak_rss_mib([sys.executable, "-m", "tfpartial", "predict", *words], children=False)
    return {"slices": slices, "peak_mib": peak_mib, "slices_per_s": slices / seconds}


def _write_volume(path: Path, slices: int) -> None:
    """int16 HU `[slices, 512, 512]`."""
    patient = gaussian_filter(generate_case(seed=0, number=0, size=SIZE).hu, SMOOTHED)
    volume = sitk.GetImageFromArray(np.resize(patient, (slices, *SIZE)))
    volume.SetSpacing((0.8, 0.8, 2.5))
    sitk.WriteImage(volume, str(path), useCompression=True, compressionLevel=1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--width", type=int, default=2, help="filters of the U-Net's first block")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
