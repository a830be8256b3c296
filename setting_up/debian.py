"""Installs a package of Debian where we are root, waiting for a package lock that someone else holds."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable

HELD = re.compile("Could not get lock|Unable to acquire the dpkg|Unable to lock")
LONGEST_WAIT = 900  # seconds for a lock
PAUSE = 5

Say = Callable[[str], None]


class CannotInstall(Exception):
    """The package cannot be installed; the message says why."""


def install(package: str, say: Say = print) -> None:
    """Install `package`, saying what happens. Raises CannotInstall."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise CannotInstall("only root can install it, and only where there is apt-get")
    began = time.monotonic()
    say(f"Installing the package {package} …")
    for words in (["update", "-q"], ["install", "-qy", "--no-install-recommends", package]):
        _apt_get(words, say)
    say(f"Installed {package} in {time.monotonic() - began:.0f} s")


def _apt_get(words: list[str], say: Say) -> None:
    """Run apt-get, and again for as long as someone else holds a lock that it needs. Raises CannotInstall."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    deadline = time.monotonic() + LONGEST_WAIT
    waiting = False
    while True:
        done = subprocess.run(
            ["apt-get", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return
        if not HELD.search(done.stdout) or time.monotonic() > deadline:
            raise CannotInstall(f"`apt-get {' '.join(words)}` failed: {done.stdout.strip()[-1000:]}")
        if not waiting:
            say("Another program holds the package lock: waiting for it …")
            waiting = True
        time.sleep(PAUSE)
