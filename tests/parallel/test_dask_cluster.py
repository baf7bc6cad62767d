import logging
import math
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import dask
import pytest

from tfpartial.config import PrepareConfig, ScoreConfig
from tfpartial.errors import TfpartialError
from tfpartial.parallel import Scheduler, dask_cluster, map_cases, scheduler_of
from tfpartial.parallel.dask_cluster import NOISY, DaskCrew
from tfpartial.parallel.versions import PACKAGES, require_same_versions


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://127.0.0.1:1", "OSError: Timed out trying to connect"),
        ("no-port", "ValueError: missing port number"),
        ("unknown://127.0.0.1:80", "ValueError: unknown address scheme 'unknown'"),
        ("", ""),
    ],
)
def test_no_scheduler_there_is_one_line(monkeypatch, capfd, address, reason):
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.5)
    with pytest.raises(TfpartialError, match=rf"^scheduler: expected the address .*, got '{address}' \({reason}.*\)$"):
        list(map_cases(math.sqrt, [1], scheduler=Scheduler(address)))
    assert capfd.readouterr().err == ""


def test_how_long_to_look_for_the_scheduler_can_be_said(monkeypatch):
    found = []
    monkeypatch.setattr(dask_cluster, "_Client", lambda _, timeout, **__: found.append(timeout))
    dask_cluster._connect(Scheduler("tcp://127.0.0.1:1"))
    for given in ("1 m", 7):
        with dask.config.set({dask_cluster.CONNECT: given}):
            dask_cluster._connect(Scheduler("tcp://127.0.0.1:1"))
    environment = dask.config.collect_env({"DASK_TFPARTIAL__CONNECT_TIMEOUT": "90s"})
    with dask.config.set(environment):
        dask_cluster._connect(Scheduler("tcp://127.0.0.1:1"))
        dask_cluster._connect(Scheduler("tcp://127.0.0.1:1", connect_timeout_s=2.5))  # the option goes before
    assert found == [5, 60, 7, 90, 2.5]


def test_a_verb_hands_its_options_on():
    assert scheduler_of(PrepareConfig(Path("m"), Path("s"))) is None
    config = ScoreConfig(Path("m"), Path("p"), Path("s"), scheduler="tcp://head:8786", connect_timeout_s=60)
    assert scheduler_of(config) == Scheduler("tcp://head:8786", 60)


def test_a_time_that_is_none_is_refused():
    with pytest.raises(TfpartialError, match=r"^connect_timeout_s: expected more than 0 seconds, got 0$"):
        scheduler_of(PrepareConfig(Path("m"), Path("s"), scheduler="tcp://head:8786", connect_timeout_s=0))


def test_something_else_that_answers_is_one_line(monkeypatch):
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.5)

    def answer() -> None:
        with server.accept()[0] as connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(TfpartialError, match=r"^scheduler: expected the address .* of a Dask .* scheduler, got"):
            list(map_cases(math.sqrt, [1], scheduler=Scheduler(f"tcp://127.0.0.1:{server.getsockname()[1]}")))
        thread.join()


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.delitem(sys.modules, "tfpartial.parallel.dask_cluster")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(TfpartialError, match=r"^a Dask scheduler needs distributed: pip install 'tfpartial\[distributed\]'$"):
        list(map_cases(math.sqrt, [1], scheduler=Scheduler("tcp://127.0.0.1:1")))


def test_waits_for_workers_then_says_that_there_are_none(start_dask, monkeypatch, caplog):
    monkeypatch.setattr(dask_cluster, "PATIENCE_S", 1.5)
    address = start_dask(0).address
    with pytest.raises(
        TfpartialError, match=rf"^{address}: the Dask scheduler has no workers; start some with `dask worker {address}`"
    ):
        list(map_cases(math.sqrt, [1], scheduler=Scheduler(address)))
    assert caplog.messages == [f"{address}: the Dask scheduler has no workers; waiting for one"]


def test_a_scheduler_that_ends_is_one_line(start_dask, monkeypatch, capfd):
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.5)
    cluster = start_dask(1)
    results = map_cases(eval, ["1", "__import__('time').sleep(60)"], scheduler=Scheduler(cluster.address))
    assert next(results) == 1
    os.kill(cluster.pid, signal.SIGKILL)
    started = time.monotonic()
    with pytest.raises(TfpartialError, match=rf"^{cluster.address}: lost the Dask scheduler; finished cases are kept"):
        next(results)
    assert time.monotonic() - started < 10
    assert capfd.readouterr().err == ""


def test_does_not_compute_a_finished_case_again_when_its_worker_dies(dask_scheduler, tmp_path):
    begun = tmp_path / "begun"
    counted = f"open({str(begun)!r}, 'a').write('x') and __import__('os').getpid()"
    with DaskCrew(Scheduler(dask_scheduler)) as crew:
        pid = result(crew, counted)
        crew.submit(eval, f"__import__('os').kill({pid}, 9)")
        assert result(crew, "1") == 1
    assert begun.read_text() == "x"


def result(crew: DaskCrew, code: str) -> object:
    future = crew.submit(eval, code)
    while crew.next_finished([future]) is None:
        pass
    return crew.result(future)


def test_leaves_the_logging_of_dask_as_it_was(dask_scheduler):
    levels = {name: logging.getLogger(name).level for name in NOISY}
    with DaskCrew(Scheduler(dask_scheduler)):
        assert all(logging.getLogger(name).level > logging.CRITICAL for name in NOISY)
    assert {name: logging.getLogger(name).level for name in NOISY} == levels


VERSIONS = dict.fromkeys(PACKAGES, "1.0") | {"python": "3.12.1.final.0"}


@pytest.mark.parametrize(
    ("node", "package", "version", "complaint"),
    [
        ("scheduler", "dask", "0.9", "Dask scheduler: expected dask 1.0 as on this machine, got 0.9; install the same"),
        ("worker", "tfpartial", None, "Dask worker tcp://w: expected tfpartial 1.0 as on this machine, got none"),
        ("worker", "python", "3.11.9.final.0", "Dask worker tcp://w: expected python 3.12 as on this machine, got 3.11"),
    ],
)
def test_names_the_package_that_differs(node, package, version, complaint):
    found = {name: VERSIONS | ({package: version} if name == node else {}) for name in ("client", "scheduler", "worker")}
    with pytest.raises(TfpartialError, match=complaint):
        require_same_versions(client_that_finds(found))


def test_another_patch_level_of_python_is_no_difference():
    other = VERSIONS | {"python": "3.12.9.final.0"}
    require_same_versions(client_that_finds({"client": VERSIONS, "scheduler": VERSIONS, "worker": other}))


def client_that_finds(packages):
    content = {name: {"packages": versions} for name, versions in packages.items()}
    content["workers"] = {"tcp://w": content.pop("worker")}
    return SimpleNamespace(get_versions=lambda packages: content)


def test_a_worker_that_joins_later_is_compared_as_well(start_dask, monkeypatch):
    compared = []
    monkeypatch.setattr(dask_cluster, "require_same_versions", compared.append)
    with DaskCrew(Scheduler(start_dask(1).address)) as crew:
        until(lambda: crew.slots() and compared)
        pid = result(crew, "__import__('os').getpid()")
        os.kill(pid, signal.SIGKILL)  # its nanny starts another
        until(lambda: crew.slots() and len(compared) == 2)
        crew.slots()
    assert len(compared) == 2


def until(condition: Callable[[], object], seconds: float = 20) -> object:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value
