"""Every command in the documents runs: page by page, on a tiny data set, with trainings made tiny."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tfpartial import cli

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
START = DOCS / "getting-started.md"
PAGES = [ROOT / "README.md", *sorted(page for page in DOCS.rglob("*.md") if DOCS / "results" not in page.parents)]
SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
EXPERIMENT = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
TINY_TRAIN = ["--epochs", "1", "--steps-per-epoch", "1", "--batch", "2", "--precision", "float32"]
TINY_RUN = ["train.epochs=1", "train.steps_per_epoch=1", "train.batch=2", "train.network.options.width=2", "prepare.size=[32,32]"]
TINY = {
    "train": TINY_TRAIN,
    "confidence": ["--epochs", "1", "--steps-per-epoch", "1", "--batch", "2", "--filters", "[2]"],
    "prepare": ["--size", "32", "32"],
    "run": ["--set", *TINY_RUN],
    "sweep": ["--dry-run"],
}
"""Words that the test appends to a verb's. A sweep is planned only: `make demo` does one."""
SHIM = f"""#!{sys.executable}
import sys
from tfpartial.cli import main
WIDTH = "--network.options.width"  # a narrow network where the page asks for one
if __name__ == "__main__":  # worker processes import this file
    tiny, words = {TINY!r}, ["2" if before == WIDTH else word for before, word in zip(["", *sys.argv[1:]], sys.argv[1:])]
    sys.exit(main([*words, *(tiny.get(words[0], []) if words else [])]))
"""
MAKE = f"""#!/bin/sh
for target in "$@"; do
    case "$target" in *=*) ;; *) grep -q "^$target:" {ROOT}/Makefile || {{ echo "no target $target"; exit 2; }};; esac
done
"""
SCRIPT = "set -euo pipefail\n"


def blocks(page: Path) -> str:
    return "\n".join(SHELL.findall(page.read_text(encoding="utf-8")))


WITH_COMMANDS = [page for page in PAGES if blocks(page) and page != START]


def install(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def run(page: Path, folder: Path) -> None:
    """Runs all blocks of a page in one shell, in a folder."""
    text = page.read_text(encoding="utf-8")
    commands = blocks(page)
    for name in set(re.findall(r"\b[\w-]+\.yaml\b", commands)):
        experiments = [block for block in EXPERIMENT.findall(text) if "ingest:" in block]
        if experiments and not (folder / name).exists():  # a command may write a file of its own
            (folder / name).write_text(experiments[0])
    programs = folder / "bin"
    install(programs, "tfpartial", SHIM)
    install(programs, "make", MAKE)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(
        ["bash", "-x", "-c", SCRIPT + commands], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Path:
    """What somebody has who followed the page on getting started."""
    folder = tmp_path_factory.mktemp("started")
    words = ["--out", folder / "Dataset042", "--cases", 10, "--size", 32, 32, "--slice-mm", 25, 35, "--workers", 1, "--json"]
    assert cli.main(["phantom", *map(str, words)]) == 0
    run(START, folder)
    return folder


@pytest.mark.slow
def test_getting_started_leaves_what_it_says(started):
    left = ("run/coverage/coverage.md", "run/certain/metrics.csv", "run/scores/scores.csv", "served/organs/1/saved_model.pb")
    assert [name for name in (*left, "run/report.html", "run/labels") if not (started / name).exists()] == []


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_commands_of_a_page_run(page, started, tmp_path):
    folder = tmp_path / "here"
    shutil.copytree(started, folder)
    run(page, folder)
    if page.name == "README.md":
        assert (folder / "runs" / "mine" / "08-report" / "report.html").is_file()


def test_pages_have_commands():
    assert len(WITH_COMMANDS) >= 2


def test_every_make_target_of_the_documents_is_one():
    targets = set(re.findall(r"^([a-z_]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z_]+)`", page.read_text(encoding="utf-8"))}
    assert named <= targets


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in (*PAGES, ROOT / "CONTRIBUTING.md"):
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            target, _, anchor = link.partition("#")
            if "://" in link or not target:
                continue
            path = (page.parent / target).resolve()
            if not path.exists():
                broken.append(f"{page.relative_to(ROOT)}: {link}")
            elif anchor and path.suffix == ".md":
                heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
                if anchor not in {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}:
                    broken.append(f"{page.relative_to(ROOT)}: {link}")
    assert broken == []
