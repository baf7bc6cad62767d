"""The numbers in the documentation are those of the committed result files. `make readme` renews the tables."""

import csv
import json
import math
import re
import runpy
from pathlib import Path

import pytest
from embed import embed, embedded_files

from tfpartial.comparison.averages import MEAN
from tfpartial.comparison.shown_metrics import SHOWN

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMPARISONS = sorted((ROOT / "docs" / "results").rglob("comparison.json"))


def results(path):
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tables_between_marks_are_their_files(page):
    text = page.read_text(encoding="utf-8")
    assert embed(text, page.parent) == text


def test_every_table_of_numbers_in_the_readme_stands_between_marks():
    outside = re.sub(r"<!-- results: .*?<!-- /results -->", "", README, flags=re.DOTALL)
    assert not re.search(r"^\|.*\| \**\d+\.\d", outside, re.MULTILINE)
    assert embedded_files(README)


@pytest.mark.parametrize("path", COMPARISONS, ids=lambda path: path.parent.relative_to(ROOT / "docs" / "results").as_posix())
def test_tables_have_the_numbers_of_their_comparison(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    written = _old_tables(path, content) if "mean DSC" in content else list(_tables(path, content))
    assert written
    for table, cells in written:
        rows = {cell.strip(" *") for line in table.splitlines() for cell in line.split("|")}
        assert cells <= rows


def _old_tables(path, content):
    """`table.md` of the first versions: DSC with three decimals."""
    cells = {f"{value:.3f}" for row in content["mean DSC"] for name, value in row.items() if name != "organ"}
    return [((path.parent / "table.md").read_text(encoding="utf-8"), cells)]


def _tables(path, content):
    """The means of all organs, table by table, without what stands behind `±`."""
    several = len(content["folds"]) > 1
    for metric in dict.fromkeys(row["metric"] for row in content["averages"]):
        rows = [row for row in content["averages"] if (row["metric"], row["organ"]) == (metric, MEAN)]
        table = (path.parent / "tables" / f"{metric}.md").read_text(encoding="utf-8")
        spread = "fold_sd" if several else "case_sd"
        yield (
            re.sub(r" \(\d+\)", "", table),
            {SHOWN[metric].spread(_number(row["fold_mean"]), _number(row[spread])) for row in rows},
        )


def _number(value):
    return math.nan if value is None else value


def test_the_table_of_speed_has_the_numbers_that_were_measured():
    benchmark = runpy.run_path(str(ROOT / "benchmarks" / "unet_table.py"))
    assert (ROOT / "benchmarks" / "results" / benchmark["TABLE"]).read_text() == benchmark["unet_table"]()


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
    rows = [row for row in results(f"docs/results/{folder}/comparison.json")["averages"] if alpha in (None, row["alpha"])]
    chosen = next(row for row in rows if (row["method"], row["metric"], row["organ"]) == (method, "dsc", organ))
    return 100 * chosen["fold_mean"]


def prior_gain(alpha):
    """Points of DSC over as many steps without the prior, as the rounded table has them."""
    return round(averaged("prior", "stipple", alpha), 1) - round(averaged("baseline", "stipple", alpha), 1)


def precisions():
    """Of all pseudo-labels after the last step, in %, of every share, fold and method."""
    tables = (ROOT / "docs" / "results" / "inerrant").glob("relabeling_*.md")
    last = [[line for line in table.read_text(encoding="utf-8").splitlines() if line.startswith("| 2 |")] for table in tables]
    return [float(line.split("|")[4]) for (line,) in last]


def table_minutes(folder, *methods):
    """Of the fold that took longest, on one core; of all methods when none is named."""
    with (ROOT / "docs" / "results" / folder / "minutes.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if not methods or row["method"] in methods]
    return max(sum(float(row["minutes"]) for row in rows if row["fold"] == fold) for fold in ("0", "1"))


def test_the_table_of_confidences_has_the_means_of_both_folds():
    page = (ROOT / "docs" / "relabeling.md").read_text(encoding="utf-8")
    means: dict[str, list[dict[str, str]]] = {}
    for fold in (0, 1):
        path = ROOT / "docs" / "results" / "inerrant" / f"ranking_alpha0.1_fold{fold}.csv"
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["organ"] == "mean":
                    means.setdefault(row["estimator"], []).append(row)
    names = {"mcp": "MCP", "learned": "learned confidence", "mc_dropout": "Monte-Carlo dropout", "tta": "test-time augmentation"}
    assert means.keys() == names.keys()
    for estimator, rows in means.items():
        cells = [" / ".join(f"{100 * float(row[share]):.1f}" for row in rows) for share in ("auc", "ap_success", "ap_error")]
        assert "| ".join([f"| {names[estimator]} ", *(f"{cell} " for cell in cells), ""]).strip() in page.replace("*", "")


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
    assert sentence in " ".join(README.split())
