"""The numbers in the documentation are those of the committed result files. `make readme` renews the tables."""

import csv
import json
import math
import re
import runpy
from collections import defaultdict
from pathlib import Path
from statistics import fmean

import pytest
from embed import embed, embedded_files

from tfpartial.comparison.averages import MEAN
from tfpartial.comparison.shown_metrics import SHOWN

ROOT = Path(__file__).parents[1]
DOCS, RESULTS = ROOT / "docs", ROOT / "docs" / "results"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted(page for page in DOCS.rglob("*.md") if RESULTS not in page.parents)]
MEASURED = [page for page in PAGES if page.parent.name != "reference"]
COMPARISONS = sorted(path.parent for path in RESULTS.rglob("averages.csv"))
CONFIDENCES = {
    "mcp": "MCP",
    "learned": "learned confidence",
    "mc_dropout": "Monte-Carlo dropout",
    "tta": "test-time augmentation",
}
"""Rows of a table that is compared on its own."""
FIRST_TABLES = sorted(RESULTS.rglob("comparison.json"))
SCORED = [folder for folder in COMPARISONS if (folder / "scores.csv").is_file()]


def results(path):
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of_folder(folder):
    return folder.relative_to(RESULTS).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_tables_between_marks_are_their_files(page):
    text = page.read_text(encoding="utf-8")
    assert embed(text, page.parent) == text


@pytest.mark.parametrize("page", MEASURED, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_table_of_numbers_stands_between_marks(page):
    outside = re.sub(r"<!-- results: .*?<!-- /results -->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    tables = re.findall(r"^\|.*\| \**\d+\.\d.*$", outside, re.MULTILINE)
    assert [row for row in tables if not row.startswith(tuple(f"| {name}" for name in CONFIDENCES.values()))] == []


def test_the_readme_shows_a_table_of_results():
    assert embedded_files(README)


@pytest.mark.parametrize("folder", COMPARISONS, ids=of_folder)
def test_tables_have_the_numbers_of_their_averages(folder):
    averages = rows_of(folder / "averages.csv")
    several = max(int(row.get("trainings", row["folds"])) for row in averages) > 1
    for metric in dict.fromkeys(row["metric"] for row in averages):
        table = re.sub(r" \(\d+\)", "", (folder / "tables" / f"{metric}.md").read_text(encoding="utf-8"))
        cells = {cell.strip(" *") for line in table.splitlines() for cell in line.split("|")}
        rows = [row for row in averages if (row["metric"], row["organ"]) == (metric, MEAN)]
        spread = "fold_sd" if several else "case_sd"
        assert {SHOWN[metric].spread(_number(row["fold_mean"]), _number(row[spread])) for row in rows} <= cells


@pytest.mark.parametrize("path", FIRST_TABLES, ids=lambda path: of_folder(path.parent))
def test_tables_of_the_first_format_have_the_numbers_of_their_comparison(path):
    """DSC with three decimals."""
    content = json.loads(path.read_text(encoding="utf-8"))
    values = {f"{value:.3f}" for row in content["mean DSC"] for name, value in row.items() if name != "organ"}
    table = (path.parent / "table.md").read_text(encoding="utf-8")
    assert values and values <= {cell.strip(" *") for line in table.splitlines() for cell in line.split("|")}


@pytest.mark.parametrize("folder", SCORED, ids=of_folder)
def test_averages_have_the_numbers_of_the_scores(folder):
    """The mean DSC of an organ: over the cases of a fold and seed whose reference has it, then over folds and seeds.

    Averages of an older release, which do not count false positives apart, have their DSC of 0 in the mean.
    """
    averages = rows_of(folder / "averages.csv")
    left_out = "false_positive" if "false_positives" in averages[0] else ""
    found = defaultdict(lambda: defaultdict(list))
    for row in rows_of(folder / "scores.csv"):
        if row["dsc"] and row["state"] != left_out:
            key = (_number(row.get("alpha")), row["method"], row["organ"])
            found[key][row.get("fold"), row.get("seed")].append(float(row["dsc"]))
    compared = 0
    for row in averages:
        key = (_number(row["alpha"]), row["method"], row["organ"])
        folds = next((folds for known, folds in found.items() if known[1:] == key[1:] and known[0] in (key[0], None)), None)
        if row["metric"] == "dsc" and folds and len(folds) == int(row.get("trainings", row["folds"])):
            mean = fmean(fmean(values) for values in folds.values())
            assert float(row["fold_mean"]) == pytest.approx(mean, rel=1e-4, abs=1e-7)
            compared += 1
    assert compared


def _number(value):
    return float(value) if value else math.nan


def test_the_tables_of_speed_have_the_numbers_that_were_measured():
    tables = runpy.run_path(str(ROOT / "benchmarks" / "networks_table.py"))["TABLES"]
    assert {name: table() for name, table in tables.items()} == {
        name: (ROOT / "benchmarks" / "results" / name).read_text() for name in tables
    }


def minutes(method):
    return results(f"docs/results/openkbp_alpha30/fold0/training_{method}.json")["trained"]["minutes"]


def mean_dsc(folder, method):
    return results(f"docs/results/{folder}/comparison.json")["mean DSC"][-1][method]


def weight_maps(width, against):
    rows = results("benchmarks/results/weight_maps_cpu.json")["rows"]
    return next(row[f"over_{against}_percent"] for row in rows if row["width"] == width)


def peaks(benchmark):
    return [row["peak_mib"] for row in results(f"benchmarks/results/{benchmark}_memory.json")["rows"]]


def slices_per_second():
    rows = results("benchmarks/results/pipeline.json")["rows"]
    return next(row["slices_per_s"] for row in rows if (row["reader"], row["batch"]) == ("tfpartial", 8))


def preparing(contestant, column):
    rows = results("benchmarks/results/prepare.json")["rows"]
    return next(row[column] for row in rows if row["contestant"] == contestant)


def surfaces(contestant, column):
    rows = results("benchmarks/results/surface.json")["rows"]
    return next(row[column] for row in rows if row["contestant"] == contestant)


def search(place, column):
    return results("benchmarks/results/kl_search.json")["rows"][place][column]


def averaged(method, folder, alpha=None, organ=MEAN):
    """Mean DSC in % over the folds, or of the one fold; `alpha` where there are several."""
    rows = [row for row in rows_of(RESULTS / folder / "averages.csv") if alpha is None or float(row["alpha"]) == alpha]
    chosen = next(row for row in rows if (row["method"], row["metric"], row["organ"]) == (method, "dsc", organ))
    return 100 * float(chosen["fold_mean"])


def prior_gain(alpha):
    """Points of DSC over as many steps without the prior, as the rounded table has them."""
    return round(averaged("prior", "stipple", alpha), 1) - round(averaged("baseline", "stipple", alpha), 1)


def precisions():
    """Of all pseudo-labels after the last step, in %, of every share, fold and method."""
    tables = (RESULTS / "inerrant").glob("relabeling_*.md")
    last = [[line for line in table.read_text(encoding="utf-8").splitlines() if line.startswith("| 2 |")] for table in tables]
    return [float(line.split("|")[4]) for (line,) in last]


def table_minutes(folder, *methods):
    """Of the fold that took longest, on one core; of all methods when none is named."""
    rows = [row for row in rows_of(RESULTS / folder / "minutes.csv") if not methods or row["method"] in methods]
    return max(sum(float(row["minutes"]) for row in rows if row["fold"] == fold) for fold in ("0", "1"))


def test_the_table_of_confidences_has_the_means_of_both_folds():
    page = (DOCS / "explanation" / "relabeling.md").read_text(encoding="utf-8")
    means: dict[str, list[dict[str, str]]] = {}
    for row in rows_of(RESULTS / "inerrant" / "ranking.csv"):
        if row["organ"] == "mean":
            means.setdefault(row["estimator"], []).append(row)
    assert means.keys() == CONFIDENCES.keys()
    for estimator, rows in means.items():
        assert len(rows) == 2
        cells = [" / ".join(f"{100 * float(row[share]):.1f}" for row in rows) for share in ("auc", "ap_success", "ap_error")]
        assert "| ".join([f"| {CONFIDENCES[estimator]} ", *(f"{cell} " for cell in cells), ""]).strip() in page.replace("*", "")


@pytest.mark.parametrize(
    "sentence",
    [
        f"{table_minutes('inerrant'):.0f} minutes on 2 cores of an AMD EPYC, one fold each, "
        f"{table_minutes('inerrant', 'naive'):.0f} of them *naive*",
        f"only {min(precisions()):.0f} to {max(precisions()):.0f} % of their pseudo-labels are right",
        "gains {:.1f}, {:.1f} and {:.1f} points".format(*(prior_gain(alpha) for alpha in (1, 0.3, 0.1))),
        "the mean DSC is {:.1f} placed by the prediction alone, {:.1f} by the search, {:.1f} by the experts' labels".format(
            *(averaged(places, "stipple_places") for places in ("naive_places", "prior", "true_places"))
        ),
        "the pancreas goes from {:.1f} to {:.1f}".format(
            *(averaged(method, "stipple_phantom", organ="pancreas") for method in ("baseline", "prior"))
        ),
        "raises *certain* from {:.1f} to {:.1f} (fold 0, 2,040 steps".format(
            *(averaged(method, "relabeling_trials") for method in ("certain", "by_organ"))
        ),
        f"{table_minutes('stipple'):.0f} minutes for the table above on 2 cores of an AMD EPYC, one fold each",
        f"at once, takes {search(0, 'seconds'):.1f} s and {search(0, 'peak_mib') / 1024:.1f} GiB; SciPy's `fftconvolve` "
        f"{search(1, 'times_ours'):.1f} times as long and {search(1, 'peak_mib') / 1024:.1f} GiB",
        f"{surfaces('tfpartial', 'seconds'):.2f} s, {surfaces('tfpartial', 'times_plain'):.1f} times as fast as the faster plain",
        f"{surfaces('tfpartial, elements', 'seconds'):.2f} s, against its own {surfaces('surface-distance', 'seconds'):.2f} s",
        f"`prepare` takes {preparing('tfpartial prepare', 'times_reading'):.2f} times the time that SimpleITK takes to only read",
        "({:.0f} and {:.0f} volumes per minute)".format(
            *(preparing(name, "volumes_per_minute") for name in ("tfpartial prepare", "SimpleITK, only reading"))
        ),
        f"MONAI's `PersistentDataset` {preparing('MONAI PersistentDataset', 'times_reading'):.1f} times",
        f"{minutes('naive'):.1f} and {minutes('certain'):.1f} minutes of training",
        f"mean DSC is {mean_dsc('reduction', 'valid_mean'):.3f} against {mean_dsc('reduction', 'batch_mean'):.3f}",
        f"costs {weight_maps(64, 'given'):+.1f} % at width 64 and {weight_maps(16, 'given'):+.1f} % at width 16",
        f"({weight_maps(64, 'plain'):+.1f} % and {weight_maps(16, 'plain'):+.1f} % against Keras's own binary cross entropy)",
        f"delivers {slices_per_second():.0f} slices of 512×512 per second (batch 8",
        "`predict` peaks at {:.0f} MiB on a volume of 100 slices of 512×512 and at {:.0f} MiB on one".format(*peaks("predict")),
        "`prepare` with two workers at {:.0f} MiB for 10 cases and {:.0f} MiB for 100".format(*peaks("prepare")),
    ],
)
def test_sentences_have_the_numbers_that_were_measured(sentence):
    pages = (README, *((DOCS / name).read_text(encoding="utf-8") for name in ("results.md", "speed.md")))
    assert sentence in " ".join(" ".join(pages).split())
