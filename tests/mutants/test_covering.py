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


OWN_SLOW, OWN_FAST = ran("tests/losses/test_dice.py", 20, 1, 4, 6, 7, 9), ran("tests/losses/test_terms.py", 5, 1, 4, 6, 9)
OTHER, IMPORTS = ran("tests/train/test_stage.py", 2, 1, 4, 6, 7, 9), ran("tests/train/test_other.py", 1, 1, 4)
TESTS = [OTHER, OWN_SLOW, OWN_FAST, IMPORTS]


def chosen(line, budget_s=100):
    return [test.path for test in covering(TESTS, MODULE, SOURCE, line, budget_s)]


def test_tests_of_the_package_come_first_and_the_fast_ones_of_them():
    assert chosen(9) == [OWN_FAST.path, OWN_SLOW.path, OTHER.path]


def test_a_statement_of_several_lines_is_one():
    assert chosen(8) == [OWN_SLOW.path, OTHER.path]


def test_the_head_of_an_if_is_not_its_body():
    assert chosen(6) == [OWN_FAST.path, OWN_SLOW.path, OTHER.path]


def test_constants_and_defaults_are_tested_where_a_function_of_the_module_runs():
    assert chosen(1) == chosen(5) == [OWN_FAST.path, OWN_SLOW.path, OTHER.path]


def test_files_are_taken_until_the_budget_is_used_and_always_one():
    assert chosen(9, budget_s=25) == [OWN_FAST.path, OWN_SLOW.path]
    assert chosen(9, budget_s=1) == [OWN_FAST.path]


def test_a_module_that_no_test_runs_has_none():
    assert covering([IMPORTS], MODULE, SOURCE, 9, 100) == []
