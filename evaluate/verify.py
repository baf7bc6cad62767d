"""Compare every file below a folder with its checksum, and name the damaged ones."""

from typing import Any

from tfpartial import cli
from tfpartial.config import VerifyConfig
from tfpartial.errors import InputProblems
from tfpartial.integrity import checks_below, problem
from tfpartial.progress import track


def run(config: VerifyConfig) -> dict[str, Any]:
    """Reads every file once; writes nothing.

    Raises:
        InputProblems: all files that are damaged or gone.
    """
    files, unreadable = checks_below(config.folder)
    wrong = {check.path: problem(check) for check in track(files, "verify", len(files))} | unreadable
    rows = [{"file": str(path), "problem": what} for path, what in sorted(wrong.items()) if what is not None]
    if rows:
        raise InputProblems(f"{config.folder}: {len(rows)} of {len(wrong)} files are damaged or gone", rows)
    return {"folder": str(config.folder), "files": len(wrong), "damaged": 0}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("verify"))
