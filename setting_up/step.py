"""Runs one step of the set-up: says what it does, shows that it is at work, and where it fails says why and what to do.

`python3 setting_up/step.py "Doing this" --or "what to do where it fails" -- COMMAND…` ends as COMMAND ends.
"""

import subprocess
import sys
import tempfile
import time
from typing import IO

STILL_AT_WORK = 15  # seconds between two signs of life
SHOWN = 40  # lines of what a failed command printed: what went wrong stands at the end


def main(what: str, remedy: str, command: list[str]) -> int:
    """Run `command`, which prints nothing unless it fails; return its exit status."""
    began = time.monotonic()
    print(f"{what} …", flush=True)
    with tempfile.TemporaryFile("w+", errors="replace") as printed:
        try:
            status = _run(command, printed, began)
        except OSError as error:
            print(error, file=printed)
            status = 127
        if status:
            printed.seek(0)
            _explain(what, command, status, time.monotonic() - began, printed.read().splitlines(), remedy)
    return status


def _run(command: list[str], printed: IO[str], began: float) -> int:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT)
    while True:
        try:
            return process.wait(STILL_AT_WORK)
        except subprocess.TimeoutExpired:
            print(f"  still at work after {time.monotonic() - began:.0f} s", flush=True)


def _explain(what: str, command: list[str], status: int, took: float, lines: list[str], remedy: str) -> None:
    said = [f"  | {line}" for line in lines[-SHOWN:]] or ["  | (nothing)"]
    failed = f"{what} failed after {took:.0f} s: `{' '.join(command)}` ended with {status}. It said:"
    print("\n".join(["", failed, *said, f"What to do: {remedy}", ""]), file=sys.stderr, flush=True)


if __name__ == "__main__":
    given, command = sys.argv[1 : sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1 :]
    what, word, remedy = given
    assert word == "--or", __doc__
    try:
        sys.exit(main(what, remedy, command))
    except KeyboardInterrupt:
        sys.exit(130)
