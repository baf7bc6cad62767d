import functools
import math
import operator
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tfpartial.artifacts import read_json
from tfpartial.errors import TfpartialError
from tfpartial.parallel import Scheduler, map_cases

# Functions of the standard library throughout: another process must be able to import them.


def test_every_item_has_its_result(way):
    assert sorted(map_cases(math.sqrt, [9, 1, 4, 16, 25], **way)) == [1, 2, 3, 4, 5]


def test_takes_all_cores_by_default():
    assert sorted(map_cases(math.sqrt, [9, 1, 4])) == [1, 2, 3]


def test_no_items_no_results(way):
    assert list(map_cases(math.sqrt, [], **way)) == []


def test_results_are_the_same_bytes_wherever_they_are_made(way):
    code = "__import__('numpy').random.default_rng({}).normal(size=(50, 1000))"
    (array,) = map_cases(eval, [code.format(7)], **way)
    assert array.tobytes() == np.random.default_rng(7).normal(size=(50, 1000)).tobytes()
    assert array.flags.writeable


def test_an_item_is_what_it_is(way):
    items = [(math.sqrt, 4), ["a", {"b": (1, 2)}], "sqrt"]  # Dask would take the first for a task of its own
    assert sorted(map_cases(repr, items, **way)) == sorted(map(repr, items))


def test_draws_only_a_few_items_ahead_of_the_results(way):
    drawn = []
    results = map_cases(math.sqrt, (drawn.append(item) or item for item in range(1000)), **way)
    next(results)
    results.close()
    assert len(drawn) <= 4


def test_an_unreadable_file_is_one_line_that_names_the_case(way):
    with pytest.raises(TfpartialError, match=r"^case /no/such/case: FileNotFoundError: "):
        list(map_cases(os.stat, ["/no/such/case", "/"], **way))


def test_a_complaint_of_the_library_names_the_case_once(way, tmp_path):
    read = functools.partial(read_json, what="manifest")
    missing = [tmp_path / "one", tmp_path / "two"]
    with pytest.raises(TfpartialError, match=r"^case first: .*no such file; expected the manifest"):
        list(map_cases(read, missing, **way, name=lambda path: "first"))
    with pytest.raises(TfpartialError, match=r"^/.*no such file; expected the manifest"):
        list(map_cases(read, missing, **way))


def test_a_fault_keeps_its_type_and_is_noted_with_the_case(way):
    with pytest.raises(ValueError) as caught:
        list(map_cases(math.sqrt, [-1, -1], **way))
    assert "while working on case -1" in caught.value.__notes__


def test_a_failure_drops_what_has_not_begun_and_waits_for_what_runs(way_with_two_workers, tmp_path):
    slow = f"__import__('time').sleep(1) or __import__('pathlib').Path({str(tmp_path / 'slow')!r}).touch()"
    never = f"__import__('pathlib').Path({str(tmp_path / 'never')!r}).touch()"
    with pytest.raises(ZeroDivisionError):
        list(map_cases(eval, [slow, "__import__('time').sleep(0.3) or 1 / 0", never], **way_with_two_workers))
    assert [path.name for path in tmp_path.iterdir()] == ["slow"]


DIE = "__import__('os').kill(__import__('os').getpid(), 9)"


def dies_once(mark: Path, result: int) -> str:
    """Code that kills its process the first time."""
    return f"{result} if __import__('os').path.exists({str(mark)!r}) else [open({str(mark)!r}, 'w').close(), {DIE}]"


def test_a_killed_worker_costs_only_its_case(way_with_two_workers, tmp_path, capfd):
    items = ["100", dies_once(tmp_path / "a", 101), *map(str, range(102, 110)), dies_once(tmp_path / "b", 110)]
    assert sorted(map_cases(eval, items, **way_with_two_workers)) == list(range(100, 111))
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}
    assert capfd.readouterr().err == ""


def test_a_case_that_kills_every_worker_is_named_when_all_others_are_finished(way_with_two_workers):
    results = []
    names = {DIE: "the culprit"}
    with pytest.raises(
        TfpartialError, match=r"^given up: the culprit: the worker process was killed .* other cases are finished"
    ):
        for result in map_cases(eval, [*"12", DIE, *"345"], name=lambda code: names.get(code, code), **way_with_two_workers):
            results.append(result)
    assert sorted(results) == [1, 2, 3, 4, 5]


SLEEPERS = """
from tfpartial.parallel import Scheduler, map_cases

if __name__ == "__main__":
    # One write of eight digits: the two processes share the pipe.
    work = "__import__('os').write(1, b'%08d' % __import__('os').getpid()), __import__('time').sleep(60)"
    list(map_cases(eval, [work] * 2, workers=2))
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
def test_processes_end_with_a_parent_that_was_killed(tmp_path):
    with start(tmp_path, SLEEPERS) as parent:
        try:
            workers = [int(parent.stdout.read(8)) for _ in range(2)]
        finally:
            parent.kill()
    deadline = time.monotonic() + 10
    while any(is_running(worker) for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


INTERRUPTED = """
import signal
import sys
from pathlib import Path
from tfpartial.parallel import Scheduler, map_cases

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in a shell's background ignores it, and its children too
    folder, arguments = Path(sys.argv[1]), eval(sys.argv[2])
    touch = f"__import__('pathlib').Path({str(folder)!r}, '{{}}').touch()"
    begin = f"({touch.format('begun-{0}')}, __import__('time').sleep(2), {touch.format('ended-{0}')})"
    try:
        list(map_cases(eval, [begin.format(number) for number in range(6)], **arguments))
    except KeyboardInterrupt:
        print("interrupted", "tensorflow" in sys.modules)
"""


def test_an_interrupt_drops_what_has_not_begun_and_lets_the_rest_end(way_with_two_workers, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    with start(tmp_path, INTERRUPTED, str(marks), repr(way_with_two_workers)) as run:
        deadline = time.monotonic() + 20
        while len(list(marks.glob("begun-*"))) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        assert run.communicate() == ("interrupted False\n", "")
    assert sorted(path.name for path in marks.iterdir()) == ["begun-0", "begun-1", "ended-0", "ended-1"]


def start(folder: Path, script: str, *arguments: str) -> subprocess.Popen:
    file = folder / "script.py"
    file.write_text(script)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(file), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


THREADS = "__import__('SimpleITK').ProcessObject.GetGlobalDefaultNumberOfThreads()"


def test_workers_do_not_load_tensorflow(way_with_two_workers):
    assert list(map_cases(eval, ["'tensorflow' in __import__('sys').modules"] * 2, **way_with_two_workers)) == [False] * 2


def test_processes_share_the_cores():
    cores = len(os.sched_getaffinity(0))
    assert list(map_cases(eval, [THREADS] * 2, workers=2)) == [max(1, cores // 2)] * 2


def test_a_case_on_a_cluster_has_one_thread(dask_scheduler):
    assert list(map_cases(eval, [THREADS], scheduler=Scheduler(dask_scheduler))) == [1]


def test_refuses_a_negative_number_of_workers():
    with pytest.raises(TfpartialError, match=r"workers: expected 0 \(all cores\) or a positive number, got -1"):
        map_cases(operator.neg, [1], workers=-1)
