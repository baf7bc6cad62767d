"""One trial: a verb is disturbed, then the same command is done to its end, and what it leaves is compared."""

from __future__ import annotations

import random
import shutil
import signal
from pathlib import Path
from typing import NamedTuple

from benchmarks.kills.disk import disk, fill, make_read_only, make_room, pages, unmount
from benchmarks.kills.left import left_by, leftovers
from benchmarks.kills.verb_process import Ended, VerbProcess
from benchmarks.kills.verbs import OUT, VERBS

PLACE, SCRATCH = Path(OUT).parent, Path("scratch")
"""Where a verb writes its output, and its temporary files."""
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
TAKEN = ("another process works here", "is there already", "has label layers already")
"""What the second of two runs in a folder may be refused with."""
FULL, READ_ONLY = ("No space left", "disk is full", "is the disk full"), ("Read-only file system",)


class Undisturbed(NamedTuple):
    """What a verb comes to when nobody disturbs it: what it leaves, the bytes of it, and the seconds it takes."""

    left: dict[str, str]
    bytes: int
    seconds: float


class Trial(NamedTuple):
    """What a trial found.

    Args:
        at: the moment in seconds of the processors, or the bytes that were free.
        of: the seconds that the verb takes undisturbed, or the bytes that it leaves.
        how: the signal.
        status: exit status of the disturbed verb.
        outcome: in one word.
        said: what was said, or what differs.
    """

    at: float
    of: float
    how: str
    status: int
    outcome: str
    said: str = ""


def undisturbed(verb: str) -> Undisturbed:
    """Does a verb alone. Stops the campaign when the verb fails."""
    _clear()
    ended = _run(verb)
    if ended.status:
        raise SystemExit(f"{verb}: fails undisturbed: {ended.said}")
    strange = leftovers(PLACE, Path(OUT).name, SCRATCH)
    if strange:
        raise SystemExit(f"{verb}: leaves {', '.join(strange)} undisturbed")
    return Undisturbed(left_by(Path(OUT)), pages(Path(OUT)), ended.seconds)


def killed(verb: str, expected: Undisturbed, draw: random.Random) -> Trial:
    """A signal at a random moment."""
    at, number = draw.uniform(0, expected.seconds), draw.choice(SIGNALS)
    _clear()
    process = VerbProcess(f"{verb} {VERBS[verb]}", SCRATCH)
    struck = process.kill(at, number)
    ended = process.wait()
    orphans = process.orphans()
    found = ("orphan", "; ".join(orphans)) if orphans else ("late", "") if not struck or ended.status == 0 else None
    if found is None and ended.status == 3:
        found = "fault", ended.last_line
    return Trial(at, expected.seconds, number.name, ended.status, *(found or _again(verb, expected)))


def twice(verb: str, expected: Undisturbed, draw: random.Random) -> Trial:
    """A second run in the same folder while the first one works."""
    at = draw.uniform(0, expected.seconds / 2)
    _clear()
    first = VerbProcess(f"{verb} {VERBS[verb]}", SCRATCH)
    first.works_after(at)
    second = VerbProcess(f"{verb} {VERBS[verb]}", SCRATCH)
    ends = [second.wait(), first.wait()]
    refused = [ended for ended in ends if ended.status]
    if len(refused) == 2 or any(ended.status != 1 or not _reason(ended, TAKEN) for ended in refused):
        found = "fault", "; ".join(ended.last_line for ended in refused)
    else:
        found = _compared(expected) or ("refused" if refused else "same", "".join(ended.last_line for ended in refused))
    return Trial(at, expected.seconds, "", ends[0].status, *found)


def full(verb: str, expected: Undisturbed, draw: random.Random) -> Trial:
    """A disk that is full before all is written, and has room again afterwards."""
    free = draw.randrange(0, max(expected.bytes, 1))
    _clear()
    with disk(PLACE):
        fill(PLACE, free)
        ended = _run(verb)
        make_room(PLACE)
        found = _disturbed(ended, FULL)
        if found[0] == "refused":
            again = _again(verb, expected)
            found = again if again[0] != "same" else found
        return Trial(free, expected.bytes, "", ended.status, *found)


def read_only(verb: str, expected: Undisturbed, draw: random.Random) -> Trial:
    """A disk that takes nothing."""
    _clear()
    with disk(PLACE):
        make_read_only(PLACE)
        ended = _run(verb)
    return Trial(0, expected.bytes, "", ended.status, *_disturbed(ended, READ_ONLY))


KINDS = {"kill": killed, "twice": twice, "full": full, "read-only": read_only}


def _run(verb: str) -> Ended:
    process = VerbProcess(f"{verb} {VERBS[verb]}", SCRATCH)
    ended = process.wait()
    process.orphans()
    return ended


def _disturbed(ended: Ended, reasons: tuple[str, ...]) -> tuple[str, str]:
    """Refused in one line that names the file or folder, or not."""
    if ended.status == 0:
        return "fits", ""
    if ended.status != 1:
        return "fault", ended.said[-300:]
    line = _reason(ended, reasons) or ended.last_line
    return "refused" if _reason(ended, reasons) and str(PLACE) in line else "unnamed", line


def _reason(ended: Ended, reasons: tuple[str, ...]) -> str:
    """The last line that has one of the reasons, which a verb of many stages says before its own last one; empty for none."""
    lines = [line for line in ended.said.splitlines() if any(reason in line for reason in reasons)]
    return lines[-1] if lines else ""


def _again(verb: str, expected: Undisturbed) -> tuple[str, str]:
    """The same command to its end: outcome and what was said."""
    ended = _run(verb)
    if _reason(ended, TAKEN) and _compared(expected) is None:  # struck when all was written; some verbs refuse what is finished
        return "same", ended.last_line
    if ended.status:
        return "stuck" if ended.status == 1 else "fault", ended.last_line
    return _compared(expected) or ("same", "")


def _compared(expected: Undisturbed) -> tuple[str, str] | None:
    left = left_by(Path(OUT))
    other = sorted(name for name in {**left, **expected.left} if left.get(name) != expected.left.get(name))
    if other:
        return "differs", " ".join(other)
    strange = leftovers(PLACE, Path(OUT).name, SCRATCH)
    return ("leftover", " ".join(strange)) if strange else None


def _clear() -> None:
    unmount(PLACE)
    for folder in (PLACE, SCRATCH):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
