"""One process at a time works in a folder, whatever its verb."""

import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tfpartial import cli
from tfpartial.artifacts import LOCK
from tfpartial.errors import TfpartialError
from tfpartial.lock import locked
from tfpartial.stages import OUTPUTS

HOLDER = "import sys, time; from pathlib import Path; from tfpartial.lock import locked\n"
HOLDER += "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("tfpartial.lock.PATIENCE_S", 0)


@pytest.mark.parametrize("verb", sorted(set(OUTPUTS) - {"report"}))
def test_no_verb_works_in_a_folder_where_another_process_does(tmp_path, verb):
    suffix = Path(OUTPUTS[verb].path).suffix
    file = f"table{suffix}" if suffix else ""
    refused = pytest.raises(TfpartialError, match="out: another process works here; wait for it, or end")
    with locked(tmp_path / "out"), refused, cli.alone(verb, SimpleNamespace(out=tmp_path / "out" / file)):
        pass


@pytest.mark.parametrize("verb", ["report", "run", "sweep", "info"])
def test_verbs_that_look_on_or_do_others_need_no_lock(tmp_path, verb):
    with locked(tmp_path / "out"), cli.alone(verb, SimpleNamespace(out=tmp_path / "out" / "report.html")):
        pass


def test_a_refused_verb_says_so_with_status_1(tmp_path, capsys):
    words = ["split", "--manifest", str(tmp_path / "manifest.json"), "--out", str(tmp_path / "splits.json")]
    with locked(tmp_path):
        assert cli.main(words) == 1
    assert "another process works here" in capsys.readouterr().err
    assert cli.main(words) == 1
    assert "manifest.json: no such file" in capsys.readouterr().err


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TfpartialError, match="another process"), locked(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
    assert (tmp_path / LOCK).exists()
    with locked(tmp_path):
        pass
    assert not (tmp_path / LOCK).exists()


def test_nothing_is_left_of_a_folder_in_which_nothing_was_done(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "new" / "out"):
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []
    with locked(tmp_path / "out"):
        (tmp_path / "out" / "file").touch()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["file"]


def test_a_lock_file_that_its_last_holder_removed_locks_nobody_out_and_lets_nobody_in(tmp_path):
    """Who opened the file before it was removed must not believe that it has the lock."""
    from tfpartial.lock import _take

    with (tmp_path / LOCK).open("w") as late:
        (tmp_path / LOCK).unlink()
        assert not _take(late, tmp_path / LOCK)
        with locked(tmp_path):
            assert not _take(late, tmp_path / LOCK)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    refused = pytest.raises(TfpartialError, match=r"out: expected a folder to write in, got: Not a directory")
    with refused, locked(tmp_path / "file" / "out"):
        pass
