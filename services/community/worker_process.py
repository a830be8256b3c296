"""Work that keeps a processor busy for seconds, done by a process of its own, so that this one goes on answering."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

LONGEST = 120  # seconds that it may take
POLITENESS = 10  # how far it gives way to those who answer calls


class NotDone(Exception):
    """The work was not done, for a reason that is in the log."""


def have_done(module: str, asked: str) -> Any:
    """Run a module as a process, hand it what is asked, and return what it answers as JSON. Raises NotDone."""
    command = [sys.executable, "-m", module]
    try:
        done = subprocess.run(command, input=asked.encode(), capture_output=True, timeout=LONGEST, check=True)
    except subprocess.SubprocessError as error:
        raise NotDone from error
    return json.loads(done.stdout)


def answer(work: Callable[[str], Any]) -> None:
    """Do the work on what is asked, as that process. Whatever else would be printed goes where errors go."""
    os.nice(POLITENESS)
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        json.dump(work(sys.stdin.read()), out)
