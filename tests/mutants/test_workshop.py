"""Tests run in forks, in a copy of a repository."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import benchmarks.mutants
from benchmarks.mutants.workshop import STAGES, Workshop

FORKED = Path(__file__).parents[2] / "benchmarks" / "mutants" / "forked.py"
TEST = """\
import time
from value import VALUE

def test_value():
    assert VALUE == 1

def test_later():
    assert VALUE < 2
"""


@pytest.fixture
def ask(tmp_path):
    """Asks a process that forks to run the test of a value."""
    (tmp_path / "test_value.py").write_text(TEST)
    environment = {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, FORKED, "json"], cwd=tmp_path, env=environment, stdin=pipe, stdout=pipe, text=True
    ) as process:

        def run(value, timeout_s=60):
            (tmp_path / "value.py").write_text(value)
            question = {"tests": ["test_value.py"], "timeout_s": timeout_s, "log": str(tmp_path / "log")}
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield run
        process.stdin.close()


def test_each_run_reads_the_source_anew_and_names_the_first_failure(ask):
    assert ask("VALUE = 1")["status"] == 0
    wrong = ask("VALUE = 2")
    assert (wrong["status"], wrong["failed"]) == (1, "test_value.py::test_value")
    broken = ask("VALUE = 1 / 0")
    assert (broken["status"] != 0, broken["failed"]) == (True, "test_value.py")
    passed = ask("VALUE = 1")
    assert (passed["status"], passed["failed"]) == (0, "")


def test_a_run_that_does_not_end_is_ended(ask):
    endless = ask("import time\nwhile True: time.sleep(0.01)\nVALUE = 1", timeout_s=3)
    assert endless["status"] is None
    assert 3 <= endless["seconds"] < 30


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repository"
    for folder in ("tfpartial", *STAGES):
        (root / folder).mkdir(parents=True)
        (root / folder / "__init__.py").write_text("A = 1\n")
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*name, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


@pytest.fixture
def workshop(repository, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks.mutants.workshop, "HEAVY", ())
    opened = []

    def open_one():
        opened.append(Workshop(repository, tmp_path / "work"))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def test_a_mutant_is_there_for_its_tests_alone(workshop):
    shop = workshop()
    file = shop.root / "tfpartial" / "__init__.py"
    with shop.mutated("tfpartial/__init__.py", "A = 2\n"):
        assert file.read_text() == "A = 2\n"
    assert file.read_text() == "A = 1\n"


def test_the_stages_are_part_of_the_copied_library(workshop):
    shop = workshop()
    assert [(shop.root / "tfpartial" / stage / "__init__.py").is_file() for stage in STAGES] == [True] * 3


def test_a_mutant_that_a_killed_run_left_is_gone(workshop):
    shop = workshop()
    file = shop.root / "tfpartial" / "__init__.py"
    file.write_text("A = 2\n")
    workshop()
    assert file.read_text() == "A = 1\n"


def test_a_version_changes_with_what_a_file_holds(workshop):
    shop = workshop()
    assert shop.version("tfpartial/__init__.py") == shop.version("train/__init__.py") != shop.version("tfpartial")
