import os
import signal
import time

import pytest

from tfpartial.parallel.failures import WorkerDied
from tfpartial.parallel.processes import ProcessCrew


def test_a_process_that_was_killed_while_it_was_idle_is_replaced():
    with ProcessCrew(1) as crew:
        pid = result(crew, "__import__('os').getpid()")
        os.kill(pid, signal.SIGKILL)
        time.sleep(1)  # until the pool has noticed
        assert result(crew, "__import__('os').getpid()") != pid


def test_a_process_that_dies_harms_no_other():
    with ProcessCrew(2) as crew:
        waits = crew.submit(eval, "__import__('time').sleep(1) or 'done'")
        dies = crew.submit(eval, "__import__('os')._exit(1)")
        assert crew.next_finished([waits, dies]) is dies
        with pytest.raises(WorkerDied):
            crew.result(dies)
        assert crew.result(crew.next_finished([waits])) == "done"


def result(crew: ProcessCrew, code: str) -> object:
    future = crew.submit(eval, code)
    assert crew.next_finished([future]) is future
    return crew.result(future)
