import functools
import math
import operator
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tfpartial.artifacts import read_json
from tfpartial.errors import TfpartialError
from tfpartial.parallel import map_cases

# Functions of the standard library throughout: another process must be able to import them.


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_every_item_has_its_result(workers):
    assert sorted(map_cases(math.sqrt, [9, 1, 4, 16, 25], workers)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("workers", [1, 2])
def test_draws_only_a_few_items_ahead_of_the_results(workers):
    drawn = []
    results = map_cases(math.sqrt, (drawn.append(item) or item for item in range(1000)), workers)
    next(results)
    results.close()
    assert len(drawn) <= 2 * workers


@pytest.mark.parametrize("workers", [1, 2])
def test_an_unreadable_file_is_one_line_that_names_the_case(workers):
    with pytest.raises(TfpartialError, match=r"^case /no/such/case: FileNotFoundError: "):
        list(map_cases(os.stat, ["/no/such/case", "/"], workers))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_complaint_of_the_library_names_the_case_once(workers, tmp_path):
    read = functools.partial(read_json, what="manifest")
    missing = [tmp_path / "one", tmp_path / "two"]
    with pytest.raises(TfpartialError, match=r"^case first: .*no such file; expected the manifest"):
        list(map_cases(read, missing, workers, name=lambda path: "first"))
    with pytest.raises(TfpartialError, match=r"^/.*no such file; expected the manifest"):
        list(map_cases(read, missing, workers))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fault_keeps_its_type_and_is_noted_with_the_case(workers):
    with pytest.raises(ValueError) as caught:
        list(map_cases(math.sqrt, [-1, -1], workers))
    assert "while working on case -1" in caught.value.__notes__


def test_a_killed_process_is_a_clear_error():
    with pytest.raises(TfpartialError, match=r"a worker process was killed .* one of: 9.* finished cases are kept"):
        list(map_cases(os._exit, [9, 9, 9], workers=2))


WORKERS_THAT_SLEEP = """
from tfpartial.parallel import map_cases

if __name__ == "__main__":
    # One write of eight digits: the two processes share the pipe.
    work = "__import__('os').write(1, b'%08d' % __import__('os').getpid()), __import__('time').sleep(60)"
    list(map_cases(eval, [work] * 2, workers=2))
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
def test_processes_end_with_a_parent_that_was_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(WORKERS_THAT_SLEEP)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        try:
            workers = [int(parent.stdout.read(8)) for _ in range(2)]
        finally:
            parent.kill()
    deadline = time.monotonic() + 10
    while any(is_running(worker) for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_processes_share_the_cores_and_do_not_load_tensorflow():
    questions = [
        "'tensorflow' in __import__('sys').modules",
        "__import__('SimpleITK').ProcessObject.GetGlobalDefaultNumberOfThreads()",
    ]
    cores = len(os.sched_getaffinity(0))
    assert sorted(map_cases(eval, questions, workers=2)) == [False, max(1, cores // 2)]


def test_refuses_a_negative_number_of_workers():
    with pytest.raises(TfpartialError, match=r"workers: expected 0 \(all cores\) or a positive number, got -1"):
        map_cases(operator.neg, [1], workers=-1)
