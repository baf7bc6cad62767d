"""Flips single bits of every artifact of a small run, and looks whether the verb that reads it notices.

`python -m benchmarks.flips --out FOLDER --flips 700` makes the run in FOLDER, tries the flips, and appends each to
`FOLDER/flips.csv`. What is in there is not tried again, so the same command goes on after a kill. It works in one process.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.outcome_table import OutcomeTable
from benchmarks.small_run import FOLD, OF_STAGE, checksums, make_run
from tfpartial import cli

COLUMNS = ("reader", "file", "byte", "bit", "status", "outcome")
TABLE = OutcomeTable(Path("flips.csv"), COLUMNS)
INTACT = ".intact-"
"""How the name of a copy of the artifact begins while a bit of it is flipped."""


class Reader(NamedTuple):
    """A verb and the artifacts that it reads.

    Args:
        words: what it is told; `OUT` stands for its new output.
        files: patterns of the artifacts.
    """

    words: str
    files: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its verb and, where several readers have the same one, their first artifact."""
        return f"{self.words.split()[0]} {self.files[0]}"


READERS = (
    Reader("ingest --dataset data --out OUT/manifest.json --workers 1", ("data/*/*.nii.gz",)),
    Reader("split --manifest manifest.json --out OUT/splits.json", ("manifest.json",)),
    Reader("simulate --manifest manifest.json --splits splits.json --out OUT/a.json --alpha 0.3", ("splits.json",)),
    Reader("coverage --manifest manifest.json --annotations annotations.json --out OUT --workers 1", ("annotations.json",)),
    Reader(f"prior {FOLD} --out OUT", ("store/store.json", "store/cases/*/label-0.h5")),
    Reader("info model --json", ("model/config.yaml", "model/provenance.json", "model/done.json", "model/checksums.json")),
    Reader("pick --models model --out OUT", ("model/metrics.csv", "model/best.keras")),
    Reader(
        "predict --model model --images data/imagesTr/phantom_0001_0000.nii.gz --out OUT",
        ("model/segmenter.json", "model/last.keras"),
    ),
    Reader(f"align {FOLD} --model model --prior prior --out OUT", ("prior/prior.npz",)),
    Reader(
        f"relabel {FOLD} --model model --labels labels --out OUT",
        ("labels/labels.json", "labels/step-1/cases/*.h5", "store/cases/*/image.npy"),
    ),
    Reader("score --manifest manifest.json --predictions maps --out OUT --workers 1", ("maps/*.nii.gz",)),
    Reader("compare --scores scores --out OUT --cases 1", ("scores/scores.csv", "scores/summary.json", "scores/done.json")),
)


class Result(NamedTuple):
    """What a verb came to: its exit status, what it left, and what it said on the way."""

    status: int
    left: dict[str, str]
    said: str


class Flip(NamedTuple):
    """One bit of one artifact, and who reads it."""

    reader: Reader
    file: Path
    byte: int
    bit: int


def main() -> int:
    """Makes the run, tries what has not been tried, and prints the table; status 1 when a flip was not noticed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the run and of the table")
    parser.add_argument("--flips", type=int, default=700, help="how many in all")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with contextlib.chdir(options.out):
        undo_last()
        make_run()
        try_all(flips(options.flips, options.seed))
        outcomes = Counter((row["reader"], row["outcome"]) for row in TABLE.rows())
    for (reader, outcome), number in sorted(outcomes.items()):
        print(f"{reader:40} {outcome:8} {number}")
    return int(any(outcome in ("silent", "fault") for _, outcome in outcomes))


def undo_last() -> None:
    """Undoes the flip of a process that was killed."""
    for intact in Path().rglob(f"{INTACT}*"):
        intact.replace(intact.with_name(intact.name.removeprefix(INTACT)))


def flips(number: int, seed: int) -> Iterator[Flip]:
    """Draws flips, in turn from each reader and each of its patterns: the first n are the same for any number."""
    draw = random.Random(seed)
    turns = [(reader, pattern) for reader in READERS for pattern in reader.files]
    for turn in range(number):
        reader, pattern = turns[turn % len(turns)]
        file = draw.choice(sorted(Path().glob(pattern)))
        yield Flip(reader, file, draw.randrange(file.stat().st_size), draw.randrange(8))


def try_all(drawn: Iterator[Flip]) -> None:
    """Appends the outcome of each flip to the table, apart from those that are in it."""
    done = {(row["reader"], row["file"], int(row["byte"]), int(row["bit"])) for row in TABLE.rows()}
    expected: dict[str, Result] = {}
    for flip in drawn:
        key = (flip.reader.name, flip.file.as_posix(), flip.byte, flip.bit)
        if key in done:
            continue
        if flip.reader.name not in expected:
            expected[flip.reader.name] = run(flip.reader)
            if expected[flip.reader.name].status:
                raise SystemExit(f"{flip.reader.words}: fails on intact files: {expected[flip.reader.name].said}")
        result = run_flipped(flip)
        TABLE.append((*key, result.status, outcome(flip, result, expected[flip.reader.name])))


def run_flipped(flip: Flip) -> Result:
    """The verb with the bit flipped; the artifact is as before afterwards."""
    intact = flip.file.with_name(f"{INTACT}{flip.file.name}")
    shutil.copyfile(flip.file, intact)
    changed = bytearray(flip.file.read_bytes())
    changed[flip.byte] ^= 1 << flip.bit
    flip.file.write_bytes(changed)
    try:
        return run(flip.reader)
    finally:
        intact.replace(flip.file)


def outcome(flip: Flip, result: Result, expected: Result) -> str:
    """`refused`; `same` as without the flip; `warned`: something else, and the file is named; `silent`; or `fault`."""
    if result.status == cli.FAULT:
        return "fault"
    if result.status:
        return "refused"
    if result.left == expected.left:
        return "same"
    return "warned" if flip.file.name in result.said else "silent"


def run(reader: Reader) -> Result:
    """Does a verb in this process, into a new folder."""
    out = Path("out")
    shutil.rmtree(out, ignore_errors=True)
    words = [word.replace("OUT", str(out)) for word in reader.words.split()]
    printed, said = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger("tfpartial").addHandler(handler)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
            status = cli.main(words)
    finally:
        logging.getLogger("tfpartial").removeHandler(handler)
    left = checksums(out, apart_from=OF_STAGE, without={".png"})
    return Result(status, left | ({"printed": printed.getvalue()} if "--json" in words else {}), said.getvalue())


if __name__ == "__main__":
    raise SystemExit(main())
