"""The peer of `benchmarks.prepare`: fills MONAI's `PersistentDataset` with the files of a manifest; prints the seconds."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from monai.data import DataLoader, PersistentDataset
from monai.transforms import Compose, EnsureChannelFirstd, LoadImaged, Orientationd

KEYS = ("image", "label")


def main() -> None:
    manifest, workers = Path(sys.argv[1]), int(sys.argv[2])
    content = json.loads(manifest.read_text())
    root = Path(content["roots"][0])
    items = [
        {"image": str(root / case["images"][0]["path"]), "label": str(root / case["labels"][0]["path"])}
        for case in content["cases"].values()
    ]
    transforms = Compose([LoadImaged(KEYS), EnsureChannelFirstd(KEYS), Orientationd(KEYS, axcodes="LPS", labels=None)])
    with tempfile.TemporaryDirectory(dir=manifest.parent) as cache:
        start = time.perf_counter()
        dataset = PersistentDataset(items, transforms, cache_dir=cache)
        for _ in DataLoader(dataset, batch_size=1, num_workers=workers, collate_fn=lambda batch: None):
            pass
        print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
