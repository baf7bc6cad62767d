"""Which test files a mutant is given to."""

from benchmarks.mutants.covering import Covered, covering

MODULE = "tfpartial/losses/dice.py"
SOURCE = """\
SMOOTH = 1


def dice(a,
         b=2):
    if a:
        total = (a +
                 b)
    return total
"""


def ran(path, seconds, *lines):
    return Covered(path, True, seconds, {MODULE: list(lines)})


MOST = ran("tests/losses/test_dice.py", 10, 1, 4, 6, 7, 9)
SLOW = ran("tests/losses/test_slowly.py", 20, 1, 4, 6, 7, 9)
FEWER = ran("tests/train/test_stage.py", 9, 1, 4, 6, 9)
IMPORTS = ran("tests/train/test_other.py", 1, 1, 4)
TESTS = [IMPORTS, SLOW, FEWER, MOST]


def chosen(line, budget_s=100):
    return [test.path for test in covering(TESTS, MODULE, SOURCE, line, budget_s)]


def test_files_that_run_most_lines_per_second_come_first():
    assert chosen(9) == [MOST.path, FEWER.path, SLOW.path]


def test_a_statement_of_several_lines_is_one():
    assert chosen(8) == chosen(7) == [MOST.path, SLOW.path]


def test_the_head_of_an_if_is_not_its_body():
    assert chosen(6) == [MOST.path, FEWER.path, SLOW.path]


def test_constants_and_defaults_are_tested_where_a_function_of_the_module_runs():
    assert chosen(1) == chosen(5) == [MOST.path, FEWER.path, SLOW.path]


def test_a_file_that_exceeds_the_budget_makes_room_for_others_and_one_is_always_taken():
    assert chosen(9, budget_s=30) == [MOST.path, FEWER.path]
    assert chosen(8, budget_s=30) == [MOST.path, SLOW.path]
    assert chosen(9, budget_s=1) == [MOST.path]


def test_a_module_that_no_test_runs_has_none():
    assert covering([IMPORTS], MODULE, SOURCE, 9, 100) == []
