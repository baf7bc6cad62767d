"""The process of one stage: `python -m tfpartial.experiment.child FOLDER VERB [--quiet]`.

It does what `tfpartial VERB --config FOLDER/config.yaml` does, writes `done.json`, and ends with the process that started it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfpartial import cli
from tfpartial.provenance import finish, is_finished, say_done, summary_of

MINUTES = "minutes of the process"
"""In `done.json`: how long the process took that finished the stage. What a killed one did before is not in it."""


def main(arguments: Sequence[str]) -> int:
    """Does the stage; returns its exit status."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    folder, verb, *flags = arguments
    words = ["--config", str(Path(folder) / "config.yaml")]
    sys.argv = ["tfpartial", verb, *words]  # what provenance.json calls the command: it does the same
    start = time.monotonic()

    def record(summary: dict[str, Any]) -> None:
        minutes = {MINUTES: (time.monotonic() - start) / 60}
        if is_finished(Path(folder)):
            say_done(Path(folder), summary_of(Path(folder)) | minutes)
        else:
            finish(Path(folder), summary | minutes)

    return cli.run_verb(verb, [*words, *flags], then=record, holds_lock=True)


def _end_with_parent() -> None:
    """A stage that is left alone would write beside the next run. Standard input is a pipe that ends with the parent."""
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
