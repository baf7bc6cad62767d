import functools
import math
import operator
import os

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
