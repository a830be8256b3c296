"""Keeps one server running for whoever started it, and stops it as soon as that process is gone.

Run as `python keeper.py USER FOLDER COMMAND…` with a pipe on standard input. The pipe ends however its owner ends, by
SIGKILL too, and then the keeper stops the server and deletes the folder. `keep` on the pipe spares the folder.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys

PATIENCE = 20  # seconds in which a server may end by itself


def main(user: str, folder: str, *command: str) -> int:
    """Run `command` as `user` ("" for the present one) until standard input ends; return the server's exit code."""
    identity = {"user": user, "group": user, "extra_groups": []} if user else {}
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=folder, start_new_session=True, **identity)
    while not select.select([sys.stdin], [], [], 0.2)[0]:
        if server.poll() is not None:
            return server.returncode  # it ended by itself: leave the folder as evidence
    stop(server)
    if sys.stdin.read() != "keep":
        shutil.rmtree(folder, ignore_errors=True)
    return server.returncode


def stop(server: subprocess.Popen) -> None:
    """Ask the server to end, then end whatever is left of its process group."""
    server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        print(f"still running after {PATIENCE} s: killed", file=sys.stderr)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


if __name__ == "__main__":
    for deadly in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(deadly, lambda *_: None)  # only the pipe decides; SIG_IGN would pass to the server
    sys.exit(main(*sys.argv[1:]))
