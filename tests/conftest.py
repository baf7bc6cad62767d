"""A tiny phantom data set, taken once through the stages, and tiny segmenters, for the tests of what comes after."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as the command does: what it computes is compared with what tests compute
# Time depends on what else the machine does; it is measured in benchmarks/.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@dataclass(frozen=True)
class TinyRun:
    """Where the stages left their files."""

    dataset: Path
    manifest: Path
    splits: Path
    annotations: Path
    store: Path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory) -> TinyRun:
    """Six phantom patients of about 15 slices, 32x32, all organs annotated; two folds; alpha = 0.5."""
    from tfpartial.config import IngestConfig, PhantomConfig, PrepareConfig, SimulateConfig, SplitConfig
    from tfpartial.data_prep import ingest, phantom, prepare, simulate, split

    root = tmp_path_factory.mktemp("tiny")
    run = TinyRun(root / "dataset", root / "manifest.json", root / "splits.json", root / "annotations.json", root / "store")
    phantom.run(PhantomConfig(run.dataset, cases=6, size=(32, 32), slice_mm=(20, 25), workers=1))
    ingest.run(IngestConfig(run.manifest, run.dataset, workers=1))
    split.run(SplitConfig(run.manifest, run.splits, folds=2, val_share=0.3))
    simulate.run(SimulateConfig(run.manifest, run.splits, run.annotations, alpha=0.5))
    prepare.run(PrepareConfig(run.manifest, run.store, size=(32, 32), workers=1))
    return run


SEGMENTER_SIZE = (32, 48)


@pytest.fixture
def threshold_segmenter(tmp_path) -> Path:
    """A stage folder of `train` whose network is a rule: organ 1 from 100 HU on, organ 2 up to -100 HU, else background."""
    import keras
    import numpy as np

    inputs = keras.Input((*SEGMENTER_SIZE, 1))
    layer = keras.layers.Conv2D(2, 1, dtype="float32")
    network = keras.Model(inputs, layer(inputs))
    layer.set_weights([np.array([[[[1.0, -1.0]]]]), np.array([-1.0, -1.0])])
    return _write_segmenter(tmp_path / "threshold", network, ("bone", "fat"), name="threshold", options={})


@pytest.fixture(scope="session")
def unet_segmenter(tmp_path_factory) -> Path:
    """A stage folder of `train` with an untrained U-Net for three organs, saved under mixed bfloat16."""
    import keras

    from tfpartial.models import build
    from tfpartial.segmenter.precision import dtype_policy

    keras.utils.set_random_seed(0)
    with dtype_policy("mixed_bfloat16"):
        network = build("unet", 3, (*SEGMENTER_SIZE, 1), width=4)
    organs = ("liver", "spleen", "left kidney")
    return _write_segmenter(tmp_path_factory.mktemp("unet"), network, organs, name="unet", options={"width": 4})


def _write_segmenter(folder: Path, network, organs: tuple[str, ...], name: str, options: dict) -> Path:
    from tfpartial.labels import OrganTable
    from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, write_card

    folder.mkdir(exist_ok=True)
    network.save(folder / "last.keras")
    card = SegmenterCard(
        organs=OrganTable(organs),
        channel_names=("CT",),
        method="certain",
        activation="sigmoid",
        size=SEGMENTER_SIZE,
        spacing_mm=None,
        window_hu=(-1000.0, 1000.0),
        mean=0.0,
        sd=100.0,
        network=NetworkSpec(name, len(organs), (*SEGMENTER_SIZE, 1), options),
    )
    write_card(card, folder)
    return folder


def write_finished_scores(
    folder: Path,
    dsc: Mapping[str, Sequence[float | str | None]],
    organs: Sequence[str] = ("liver", "spleen"),
    volume_ml: float = 10.0,
    **changes: object,
) -> Path:
    """Writes finished scores.

    Args:
        folder: where to.
        dsc: case -> DSC of each organ; None where the organ is not annotated, else a state of an organ that the reference lacks.
            The Hausdorff distances are ten times as many mm, and undefined for 0: missed.
        organs: the organ table.
        volume_ml: of every organ in the expert's label.
        changes: what the summary shall say instead.
    """
    from tfpartial.artifacts import write_json
    from tfpartial.comparison.scores import write_scores
    from tfpartial.labels import OrganTable
    from tfpartial.metrics.summary import summarise

    scores = [
        _score(case, organ, value, volume_ml) for case, values in dsc.items() for organ, value in zip(organs, values, strict=True)
    ]
    settings = {"surface": "voxels", "tolerances_mm": dict.fromkeys(organs, 3.0)}
    origin = {"predictions": "../predictions", "manifest": "../manifest.json"}
    write_scores(folder, scores, {**origin, **settings, **summarise(scores, OrganTable(tuple(organs))), **changes})
    write_json(folder / "done.json", {})
    return folder


def _score(case: str, organ: str, dsc: float | str | None, volume_ml: float):
    from tfpartial.metrics.scoring import OrganScore

    if dsc == "absent":
        return OrganScore(case, organ, "absent", volume_reference_ml=0.0, volume_prediction_ml=0.0)
    if dsc == "false_positive":
        return OrganScore(case, organ, "false_positive", dsc=0.0, volume_reference_ml=0.0, volume_prediction_ml=1.0)
    if dsc is None:
        return OrganScore(case, organ, "not_annotated", volume_prediction_ml=0.0)
    known = {"dsc": dsc, "volume_reference_ml": volume_ml, "volume_prediction_ml": 1.0}
    return OrganScore(case, organ, "scored", hd_mm=10 * dsc, **known) if dsc else OrganScore(case, organ, "missed", **known)


@pytest.fixture
def scored(tmp_path) -> Callable[..., Path]:
    """`write_finished_scores` in a folder of the test's own."""
    return lambda folder, *arguments, **options: write_finished_scores(tmp_path / folder, *arguments, **options)


@contextmanager
def _files_of_at_most(number: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def full_after() -> Callable[[int], AbstractContextManager[None]]:
    """While the block lasts, every file of this process takes so many bytes: as on a full disk, but `File too large`."""
    return _files_of_at_most


@dataclass(frozen=True)
class DaskProcess:
    """A Dask scheduler in a process of its own."""

    address: str
    pid: int


@contextmanager
def _dask_cluster(folder: Path, workers: int, *worker_options: str) -> Iterator[DaskProcess]:
    file = folder / "scheduler.json"
    options = ["--scheduler-file", str(file), "--no-dashboard"]
    with ExitStack() as stack:
        scheduler = stack.enter_context(_dask(folder, "scheduler", "--host", "127.0.0.1", "--port", "0", *options))
        deadline = time.monotonic() + 30
        while not file.is_file() or not file.read_text():
            assert time.monotonic() < deadline, (folder / "scheduler.log").read_text()
            time.sleep(0.05)
        if workers:
            number = ["--nthreads", "1", "--nworkers", str(workers)]
            stack.enter_context(_dask(folder, "worker", *number, *options, *worker_options))
        address = json.loads(file.read_text())["address"]
        if workers:
            from distributed import Client

            with Client(address) as client:
                client.wait_for_workers(workers, timeout=60)
        yield DaskProcess(address, scheduler.pid)


@contextmanager
def _dask(folder: Path, *arguments: str) -> Iterator[subprocess.Popen]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with (folder / f"{arguments[0]}.log").open("w") as log:
        command = [sys.executable, "-m", "dask", *arguments]
        with subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log) as process:
            try:
                yield process
            finally:
                process.terminate()


@pytest.fixture
def start_dask(tmp_path_factory) -> Iterator[Callable[..., DaskProcess]]:
    """Starts a scheduler with so many workers, processes of one thread, with further options; they end with the test."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(_dask_cluster(tmp_path_factory.mktemp("dask"), *arguments))


@pytest.fixture(scope="session")
def dask_scheduler(tmp_path_factory) -> Iterator[str]:
    """Address of a scheduler with two workers."""
    with _dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as cluster:
        yield cluster.address
