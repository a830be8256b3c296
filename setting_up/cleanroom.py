"""Tries this checkout on a machine that has nothing: `make cleanroom`, as root, or `DEBIAN=trixie make cleanroom`.

Builds the smallest Debian that can run Headrow in a temporary folder, unpacks the last commit there, and as a user who
is not root runs `make up` to a booked place and its email, then `make check`. With `SERVERS=1` it also installs the
RabbitMQ and PostgreSQL of that Debian, and runs the tests that use them. The settings by which this machine
reaches its package registries are carried in. Mounts and processes are in namespaces of their own, so they end with
this program, however it ends. Exit status: 0 it works, 1 it does not, 75 this machine cannot make a clean room.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import debian
import first_booking

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = "python3,python3-venv,make,ca-certificates"
USER, HOME = "visitor", "/home/visitor"
CHROOT = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin") or "chroot"
CANNOT = 75  # EX_TEMPFAIL
ALL_PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
WITH_SERVERS = "tests/bus tests/faults tests/journeys"
UP_WITHIN = 600  # seconds, all downloads included
CARRIED = re.compile(
    r"(PIP|UV|NPM_CONFIG)_.*|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE"
    r"|(ALL|HTTPS?|NO)_PROXY",
    re.IGNORECASE,
)


class Cannot(Exception):
    """This machine cannot make a clean room; the message says why."""


def main() -> int:
    """Make the room, try Headrow in it, take it away; return the exit status."""
    try:
        _check_machine()
    except Cannot as reason:
        return _give_up(reason)
    folder = Path(tempfile.mkdtemp(prefix="headrow-cleanroom-"))
    inside = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        sys.executable,
        __file__,
        str(folder),
    ]
    process = subprocess.Popen(inside)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return process.wait()
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)  # seen from here, nothing is mounted in it


def _give_up(reason: Cannot) -> int:
    print(
        f"\nNO CLEAN ROOM: {reason}. What only works on this machine is not found out.\n", file=sys.stderr, flush=True
    )
    return CANNOT


def _check_machine() -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise Cannot("it needs Linux and root")
    for program in ("git", "unshare", "setpriv"):
        if not shutil.which(program):
            raise Cannot(f"{program} is not on this machine")
    if not shutil.which("debootstrap"):
        try:
            debian.install("debootstrap")
        except debian.CannotInstall as error:
            raise Cannot(f"debootstrap is not on this machine: {error}") from error
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], check=False, capture_output=True).returncode:
        raise Cannot("namespaces of its own are not permitted here (unshare --mount --pid)")


def try_in(folder: Path) -> int:
    """Do all of it in `folder`, which is thrown away afterwards; return the exit status."""
    room, began = folder / "room", time.monotonic()
    try:
        _build(room, os.environ.get("DEBIAN") or "bookworm", began)
        _furnish(room)
        unpack = (
            f"git -C {ROOT} archive HEAD | tar -x -C {room}{HOME}/headrow && {CHROOT} {room} chown -R {USER}: {HOME}"
        )
        _step("Unpacking the last commit", began, "sh", "-c", unpack)
        shows = "sh -c 'python3 --version; python3 -m venv --symlinks /tmp/a && /tmp/a/bin/pip --version'"
        subprocess.run(_as_user(room, shows), env=_environment(), check=True)
        with _make_up(room, began) as (address, mail):
            _say("Booking a place", began)
            for line in first_booking.book(address, mail):
                print(f"   {line}", flush=True)
        _say("make check", began)
        subprocess.run(_as_user(room, "make check"), env=_environment(), check=True)
        if os.environ.get("SERVERS"):
            _try_servers(room, began)
    except Cannot as reason:
        return _give_up(reason)
    except (subprocess.CalledProcessError, first_booking.WentWrong) as error:
        print(f"\nIt does not work in a clean room: {error}", file=sys.stderr, flush=True)
        return 1
    _say("It works in a clean room", began)
    return 0


def _try_servers(room: Path, began: float) -> None:
    """Install the servers of this Debian as root, and run the tests that need them as a user who is not."""
    _say("PostgreSQL and RabbitMQ", began)
    starts_none = room / "usr/sbin/policy-rc.d"
    starts_none.write_text("#!/bin/sh\nexit 101\n")  # a package would start a server, which is not ours
    starts_none.chmod(0o755)
    for file in Path("/etc/apt/apt.conf.d").glob("*"):
        if "Acquire::" in file.read_text():  # how this machine reaches its mirrors
            _carry(file, room / str(file)[1:])
    provide = f"cd {HOME}/headrow && .venv/bin/python -m tests.servers.provide && chown -R {USER}: {HOME}"
    subprocess.run([CHROOT, str(room), "sh", "-c", provide], env=_environment() | {"PATH": ALL_PROGRAMS}, check=True)
    shows = "dpkg-query --show --showformat '${Package} ${Version}\\n' 'postgresql-1[0-9]' rabbitmq-server"
    subprocess.run(_as_user(room, shows), env=_environment(), check=False)
    _say("Tests with servers", began)
    subprocess.run(_as_user(room, f"make tests-of-test TESTS='{WITH_SERVERS}'"), env=_environment(), check=True)


def _build(room: Path, release: str, began: float) -> None:
    """Install Debian in `room`. Raises Cannot."""
    apt = Path("/etc/apt")
    files = [apt / "sources.list", *sorted(apt.glob("sources.list.d/*"))]
    sources = "\n".join(file.read_text() for file in files if file.suffix in (".list", ".sources") and file.is_file())
    mirror = re.search(r"^(?:URIs:|deb\b.*?)\s*(https?://\S*debian/?)(?:\s|$)", sources, re.MULTILINE)
    unsafe = ["env", "DPKG_FORCE=unsafe-io"]  # the room need not outlive the power
    command = [*unsafe, "debootstrap", "--variant=minbase", f"--include={PACKAGES}", release, str(room)]
    try:
        _step(f"Installing Debian {release}, {PACKAGES}", began, *command, *([mirror[1]] if mirror else []))
    except subprocess.CalledProcessError as error:
        raise Cannot(f"Debian {release} cannot be installed in a folder here") from error


def _furnish(room: Path) -> None:
    """Mount what programs expect, add a user, and carry in how this machine reaches its package registries."""
    subprocess.run(["mount", "-t", "proc", "proc", str(room / "proc")], check=True)
    subprocess.run(["mount", "--rbind", "/dev", str(room / "dev")], check=True)
    subprocess.run([CHROOT, str(room), "useradd", "--create-home", "--shell", "/bin/sh", USER], check=True)
    (room / HOME[1:] / "headrow").mkdir()
    home = Path(os.environ.get("HOME", "/root"))
    for name in (".npmrc", ".netrc", ".config/pip/pip.conf", ".config/uv/uv.toml", ".pip/pip.conf"):
        _carry(home / name, room / HOME[1:] / name)
    for name in ("/etc/hosts", "/etc/resolv.conf", "/etc/pip.conf", "/etc/npmrc", "/etc/uv/uv.toml"):
        _carry(Path(name), room / name[1:])
    settings = [room / "etc/pip.conf", room / HOME[1:] / ".config/pip/pip.conf"]
    for name in _named_by(*_carried().values(), *(file.read_text() for file in settings if file.is_file())):
        _carry(Path(name), room / name[1:])


def _named_by(*settings: str) -> list[str]:
    """Return the files and folders of this machine that settings name: certificates, and packages on its disk."""
    named = {word for text in settings for word in re.findall(r"(?:(?<=file://)|(?<![\w./:-]))/[^\s:,'\"]+", text)}
    named = {name.removesuffix("/simple") for name in named}  # an index on disk refers to files beside it
    return sorted(name for name in named if Path(name).exists())


def _carry(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        if not any(target.iterdir()):
            subprocess.run(["mount", "--bind", "-o", "ro", str(source), str(target)], check=True)
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target)


def _carried() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if CARRIED.fullmatch(name)}


def _environment() -> dict[str, str]:
    return _carried() | {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": HOME, "LANG": "C.UTF-8", "TERM": "dumb"}


def _as_user(room: Path, command: str) -> list[str]:
    script = f"cd {HOME}/headrow && exec {command}"
    return [CHROOT, f"--userspec={USER}:{USER}", str(room), "sh", "-c", script]


@contextlib.contextmanager
def _make_up(room: Path, began: float) -> Iterator[tuple[str, Path]]:
    """Run `make up` until it is ready; yield its address and the folder that its mail goes to; stop it."""
    _say("make up", began)
    port = first_booking.free_port()
    address = f"http://localhost:{port}"
    environment = _environment() | {"HEADROW_HTTP_PORT": str(port)}
    process = subprocess.Popen(_as_user(room, "make up"), env=environment, start_new_session=True)
    try:
        first_booking.wait_until_ready(address, UP_WITHIN, lambda: process.poll() is None)
        _say("Headrow is up", began)
        yield address, room / HOME[1:] / "headrow" / "var" / "mail"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def _step(what: str, began: float, *command: str) -> None:
    print(f"[{time.monotonic() - began:4.0f} s] ", end="", flush=True)
    remedy = "Read what it said; nothing is left behind."
    subprocess.run([sys.executable, str(ROOT / "setting_up/step.py"), what, "--or", remedy, "--", *command], check=True)


def _say(what: str, began: float) -> None:
    print(f"[{time.monotonic() - began:4.0f} s] {what}", flush=True)


if __name__ == "__main__":
    sys.exit(try_in(Path(sys.argv[1])) if len(sys.argv) > 1 else main())
