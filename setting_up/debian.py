"""Installs a package of Debian where we are root, or takes one program out of it; waits for others who do the same."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

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


def unpack(package: str, program: str, folder: Path, say: Say = print) -> None:
    """Put one program into `folder`, out of the package of its own name or else out of `package`. Raises CannotInstall.

    Nothing is installed, so that no server of the package is started. Root is needed only where apt-get has no lists.
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise CannotInstall("there is no apt-get to get it with")
    with tempfile.TemporaryDirectory(prefix="headrow-package-") as there:
        if os.geteuid() == 0:
            _apt_get(["update", "-q"], say)
        known = subprocess.run(["apt-cache", "show", program], capture_output=True, check=False).returncode == 0
        package = program if known else package
        say(f"Taking {program} out of the package {package} …")
        _apt_get(["download", "-q", package], say, there)
        _take_out(next(Path(there).glob("*.deb")), program, folder)


def _take_out(archive: Path, program: str, folder: Path) -> None:
    done = subprocess.run(
        ["dpkg-deb", "--extract", archive, archive.parent], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotInstall(f"`dpkg-deb` failed: {done.stderr.strip()[-1000:]}")
    found = archive.parent / "usr" / "bin" / program
    if not found.exists():
        raise CannotInstall(f"{archive.name} has no {program}")
    copied = folder / f".{program}-{os.getpid()}"
    shutil.copy(found, copied)
    copied.replace(folder / program)  # at once: another run may be looking for it


def _apt_get(words: list[str], say: Say, folder: str | None = None) -> None:
    """Run apt-get, and again for as long as someone else holds a lock that it needs. Raises CannotInstall."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    deadline = time.monotonic() + LONGEST_WAIT
    waiting = False
    while True:
        done = subprocess.run(
            ["apt-get", *words],
            cwd=folder,
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
