"""Kills every verb at random moments, and looks whether the same command comes to the same end afterwards.

`python -m benchmarks.kills --out FOLDER --kills 6` makes a small run in FOLDER, and appends each trial to `FOLDER/kills.csv`:
kills, two runs at once in one folder, a full disk and a read-only one. What is in there is not tried again, so the same command
goes on after a kill. Full and read-only disks are mounted, which needs root; `--kinds kill twice` does without.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.kills.trials import KINDS, Undisturbed, undisturbed
from benchmarks.kills.verb_process import load
from benchmarks.kills.verbs import VERBS
from benchmarks.outcome_table import OutcomeTable

COLUMNS = ("verb", "kind", "number", "at", "of", "how", "status", "outcome", "said")
TABLE = OutcomeTable(Path("kills.csv"), COLUMNS)
GOOD = {"kill": {"same", "late"}, "twice": {"same", "refused"}, "full": {"refused", "fits"}, "read-only": {"refused"}}
"""Outcomes that nobody has to mend."""


def main() -> int:
    """Makes the run, tries what has not been tried, and prints the table; status 1 when something has to be mended."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the run and of the table")
    parser.add_argument("--kills", type=int, default=6, help="how many of each verb")
    parser.add_argument("--verbs", nargs="+", default=list(VERBS), choices=list(VERBS))
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with contextlib.chdir(options.out):
        # In another process: a process in which TensorFlow has worked cannot be forked.
        if subprocess.run([sys.executable, "-m", "benchmarks.kills.verbs"], check=False).returncode:
            return 1
        load()
        try_all(trials(options.verbs, options.kinds, options.kills), options.seed)
        outcomes = Counter((row["kind"], row["verb"], row["outcome"]) for row in TABLE.rows())
    for (kind, verb, outcome), number in sorted(outcomes.items()):
        print(f"{kind:10} {verb:12} {outcome:10} {number}")
    return int(any(outcome not in GOOD[kind] for kind, _, outcome in outcomes))


def trials(verbs: Sequence[str], kinds: Sequence[str], kills: int) -> Iterator[tuple[str, str, int]]:
    """Verb, kind and number of each trial, in rounds over the verbs; of the other kinds than `kill` one each."""
    for number in range(1, kills + 1):
        for kind in kinds:
            if kind == "kill" or number == 1:
                yield from ((verb, kind, number) for verb in verbs)


def try_all(wanted: Iterator[tuple[str, str, int]], seed: int) -> None:
    """Appends the outcome of each trial to the table, apart from those that are in it."""
    done = {(row["verb"], row["kind"], int(row["number"])) for row in TABLE.rows()}
    expected: dict[str, Undisturbed] = {}
    for verb, kind, number in wanted:
        if (verb, kind, number) in done:
            continue
        if verb not in expected:
            expected[verb] = undisturbed(verb)
        trial = KINDS[kind](verb, expected[verb], random.Random(f"{seed} {verb} {kind} {number}"))
        said = trial.said.replace(f"{Path.cwd()}/", "")
        shown = trial._replace(at=round(trial.at, 2), of=round(trial.of, 2), said=said)
        TABLE.append((verb, kind, number, *shown))
        print(verb, kind, number, *shown, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
