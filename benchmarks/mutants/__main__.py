"""Mutation run over a sample: are the tests aware of what the code says?

    python -m benchmarks.mutants --out docs/results/mutants        (`make mutants`)

One place of a source file is changed (`<` for `<=`, 2 for 1, `not` before a condition), and the tests that run this place are
run. A mutant that no test notices survives: a test is missing, or the change makes no difference. The places are drawn from each
package with a fixed seed. What was tried already is not tried again; `--survivors` tries the survivors again, with new tests.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks.mutants.covering import Covered, covering, measure
from benchmarks.mutants.mutants import Mutant, sample, sites
from benchmarks.mutants.results import DETECTED, ENDED, KILLED, SURVIVED, Row, read_rows, write_rows
from benchmarks.mutants.workshop import Workshop
from tfpartial.artifacts import write_json
from tfpartial.provenance import machine

ROOT = Path(__file__).parents[2]
PACKAGES = ("losses", "metrics", "priors", "confidence", "relabel", "training")
TIMES_UNMUTATED, LEAST_S = 2.0, 60.0
"""Seconds were measured with coverage.py, which slows tests down."""


def main() -> None:
    arguments = _arguments()
    workshop = Workshop(ROOT, arguments.work)
    try:
        paths = _test_files(workshop.root, [*arguments.packages, *arguments.also])
        tests = []
        for test in measure(workshop, PACKAGES, paths, arguments.work / "covered.json"):
            print(f"{test.seconds:6.1f} s  {test.path}{'' if test.passes else '  fails unmutated: not used'}", flush=True)
            tests.append(test)
        file = arguments.out / f"sample{arguments.seed}.csv"
        for package in arguments.packages:
            if arguments.survivors:
                _try_survivors(workshop, tests, package, file, arguments)
            else:
                _try_sample(workshop, tests, package, file, arguments)
        write_json(file.with_suffix(".json"), _provenance(workshop, tests, arguments))
    finally:
        workshop.close()


def _test_files(root: Path, names: list[str]) -> list[str]:
    folders = [root / "tests" / name for name in dict.fromkeys(names)]
    return [path.relative_to(root).as_posix() for folder in folders for path in sorted(folder.rglob("test_*.py"))]


def _sampled(workshop: Workshop, package: str, arguments: argparse.Namespace) -> list[Mutant]:
    return sample(workshop.root, _modules(workshop.root, package), arguments.per_package, f"{arguments.seed} {package}")


def _modules(root: Path, package: str) -> list[str]:
    return [file.relative_to(root).as_posix() for file in sorted((root / "tfpartial" / package).glob("*.py"))]


def _try_sample(workshop: Workshop, tests: list[Covered], package: str, file: Path, arguments: argparse.Namespace) -> None:
    """Tries the mutants of a package that are not in the file yet."""
    rows = read_rows(file)
    known = {row.key for row in rows}
    for mutant in _sampled(workshop, package, arguments):
        if (mutant.module, mutant.line, mutant.column, mutant.operator) not in known:
            outcome, seconds, failed = _outcome(workshop, tests, mutant, arguments.budget_s)
            place = (mutant.module, mutant.line, mutant.column, mutant.operator, mutant.was, mutant.becomes)
            rows.append(Row(package, *place, outcome, round(seconds, 1), failed, outcome))
            write_rows(file, rows)
            print(f"{outcome:9}{seconds:6.1f} s  {mutant.module}:{mutant.line}  {mutant.becomes}  {failed}", flush=True)


def _try_survivors(workshop: Workshop, tests: list[Covered], package: str, file: Path, arguments: argparse.Namespace) -> None:
    """Tries the mutants of a package again that survive."""
    rows = read_rows(file)
    mutants = {(one.module, one.line, one.column, one.operator): one for one in _sampled(workshop, package, arguments)}
    for number, row in enumerate(rows):
        if row.package == package and row.now not in DETECTED and row.key in mutants:
            outcome, seconds, failed = _outcome(workshop, tests, mutants[row.key], arguments.budget_s)
            rows[number] = dataclasses.replace(row, now=outcome, killed_by=failed)
            write_rows(file, rows)
            print(f"{outcome:9}{seconds:6.1f} s  {row.module}:{row.line}  {row.becomes}  {failed}", flush=True)


def _outcome(workshop: Workshop, tests: list[Covered], mutant: Mutant, budget_s: float) -> tuple[str, float, str]:
    source = (workshop.root / mutant.module).read_text(encoding="utf-8")
    chosen = covering(tests, mutant.module, source, mutant.line, budget_s)
    if not chosen:
        return SURVIVED, 0.0, ""
    timeout_s = max(LEAST_S, TIMES_UNMUTATED * sum(test.seconds for test in chosen))
    with workshop.mutated(mutant.module, mutant.code):
        outcome = workshop.test([test.path for test in chosen], timeout_s)
    if outcome.status is None:
        return ENDED, outcome.seconds, ""
    return (KILLED if outcome.status else SURVIVED), outcome.seconds, outcome.failed


def _provenance(workshop: Workshop, tests: list[Covered], arguments: argparse.Namespace) -> dict[str, object]:
    root = workshop.root
    places = {package: sum(len(sites(root, module)) for module in _modules(root, package)) for package in arguments.packages}
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "trees": {name: workshop.version(name) for name in ("tfpartial", "tests")},
        "places": places,
        "tests_not_used": [test.path for test in tests if not test.passes],
        "machine": machine(),
        "seed": arguments.seed,
        "per_package": arguments.per_package,
        "budget_s": arguments.budget_s,
        "tests_of": [*arguments.packages, *arguments.also],
        "versions": {"python": platform.python_version(), **{name: version(name) for name in ("cosmic-ray", "tensorflow")}},
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", nargs="+", default=list(PACKAGES), choices=PACKAGES, help="packages of tfpartial")
    parser.add_argument("--also", nargs="*", default=["train", "ranking"], help="further folders of tests that run the packages")
    parser.add_argument("--per-package", type=int, default=40, help="mutants of each package")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--budget-s", type=float, default=150, help="seconds of tests, unmutated, that a mutant is given")
    parser.add_argument("--survivors", action="store_true", help="try the survivors of the sample again")
    parser.add_argument("--out", type=Path, default=Path("docs/results/mutants"), help="folder of sampleSEED.csv")
    parser.add_argument("--work", type=Path, default=Path("runs/mutants"), help="folder of the copy and of what the tests cover")
    return parser.parse_args()


if __name__ == "__main__":
    main()
