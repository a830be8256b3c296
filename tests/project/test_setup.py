"""The set-up holds on other machines than ours: locks that leave nothing open, and steps that say why they fail."""

import os
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from setting_up import step, uv
from tests.project.tracked import ROOT, files, name_of

LOCKS = ("requirements.txt", "requirements-dev.txt")
OLDEST_PIP = "23.0"
MACHINES = [
    {"python_version": version, "python_full_version": f"{version}.0", "sys_platform": system, "platform_system": name}
    for version in ("3.11", "3.12", "3.13")
    for system, name in (("linux", "Linux"), ("darwin", "Darwin"))
]


def _lines(lock: str) -> list[Requirement]:
    """Return every requirement of a lock: a package can have several, each for other machines."""
    return [Requirement(line) for line in re.findall(r"^(\w.*?)\s*\\?$", (ROOT / lock).read_text(), re.MULTILINE)]


def _pins(lock: str, machine: dict[str, str] | None = None) -> dict[str, str]:
    """Return the versions that a lock pins for a machine, ours by default, by the name of the package."""
    lines = [line for line in _lines(lock) if not line.marker or line.marker.evaluate(machine)]
    pins = {canonicalize_name(line.name): str(line.specifier) for line in lines}
    assert len(pins) == len(lines), f"{lock} pins something twice"
    assert all(exact.startswith("==") for exact in pins.values()), f"{lock} leaves something open"
    return {name: exact.removeprefix("==") for name, exact in pins.items()}


def _wanted(extra: str) -> list[Requirement]:
    """Return what Headrow itself wants, as its own metadata have it."""
    given = [Requirement(text) for text in metadata.requires("headrow")]
    return [wanted for wanted in given if not wanted.marker or wanted.marker.evaluate({"extra": extra})]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: f"{m['sys_platform']}-{m['python_version']}")
@pytest.mark.parametrize(("lock", "extra"), [("requirements.txt", ""), ("requirements-dev.txt", "dev")])
def test_a_lock_holds_all_that_it_needs_extras_included(lock, extra, machine):
    environment = default_environment() | machine
    pins, seen, missing = _pins(lock, environment), set(), []
    todo = [(wanted.name, extra, wanted) for wanted in _wanted(extra) for extra in ("", *wanted.extras)]
    while todo:
        name, of, wanted = todo.pop()
        name = canonicalize_name(name)
        if name not in pins:
            missing.append(f"{wanted}: not in {lock}")
        elif not wanted.specifier.contains(pins[name], prereleases=True):
            missing.append(f"{wanted}: {lock} has {pins[name]}")
        elif (name, of) not in seen:
            seen.add((name, of))
            for needed in map(Requirement, metadata.requires(name) or ()):
                if not needed.marker or needed.marker.evaluate({**environment, "extra": of}):
                    todo += [(needed.name, extra, needed) for extra in ("", *needed.extras)]
    assert missing == []
    assert len(seen) > len(_wanted(extra))


def test_tests_run_on_the_packages_that_headrow_runs_on():
    run, tested = ({str(line) for line in _lines(lock)} for lock in LOCKS)
    assert run - tested == set()


def test_locks_name_no_address():
    for lock in (*LOCKS, "setting_up/uv.txt", "assets/requirements.txt"):
        assert "://" not in (ROOT / lock).read_text()
        assert "--hash=sha256:" in (ROOT / lock).read_text()


@pytest.mark.slow
def test_both_locks_install_with_the_oldest_pip_whatever_was_released_since(tmp_path):
    checkout = _copy(tmp_path / "checkout")
    newer = _newer_releases(tmp_path / "newer")
    environment = {**_without_make(os.environ), "PIP_FIND_LINKS": f"{os.environ.get('PIP_FIND_LINKS', '')} {newer}"}

    def run(*command):
        done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("make", ".venv/made", f"PYTHON={sys.executable}")
    run(".venv/bin/python", "-m", "pip", "install", f"pip=={OLDEST_PIP}")
    assert "coverage-9999" in run(".venv/bin/python", "-m", "pip", "install", "--dry-run", "--no-deps", "coverage")
    for stamp, lock in ((".venv/installed", LOCKS[0]), (".venv/installed-dev", LOCKS[1])):
        run("make", stamp, f"PYTHON={sys.executable}")
        listed = run(".venv/bin/python", "-m", "pip", "list", "--format=freeze").split()
        there = {canonicalize_name(name): version for name, version in (line.split("==") for line in listed)}
        pinned = _pins(lock)
        assert {name: there.get(name) for name in pinned} == pinned
    assert there["pip"] == OLDEST_PIP
    run(".venv/bin/python", "-m", "pip", "check")


def _without_make(environ):
    """Return the environment without what an outer make tells an inner one."""
    return {name: value for name, value in environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def _copy(folder: Path) -> Path:
    for file in files():
        copy = folder / name_of(file)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
        copy.chmod(file.stat().st_mode)
    return folder


def _newer_releases(folder: Path) -> Path:
    """Write a wheel of a far newer version for each pinned package, as an index has them some time after us."""
    folder.mkdir()
    for name in _pins(LOCKS[1]):
        name = name.replace("-", "_")
        about = f"{name}-9999.dist-info"
        with zipfile.ZipFile(folder / f"{name}-9999-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 9999\n")
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")
    return folder


def test_the_oldest_pip_is_the_one_that_the_readme_admits():
    assert f"pip {OLDEST_PIP}" in (ROOT / "README.md").read_text()
    assert Version(OLDEST_PIP) < Version("23.0.1"), "Debian 12 has pip 23.0.1"


def test_uv_is_given_what_pip_was_told():
    listed = (
        ":env:.cert='/certificates.crt'\n"
        "global.cert='/other.crt'\n"
        "global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'\n"
        "global.find-links='/wheels /more'\n"
        "global.index-url='https://mirror.example/simple'\n"
    )
    assert uv.for_uv(listed, {}) == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": "/certificates.crt",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
    }


def test_what_uv_was_told_itself_is_left_as_it_is():
    assert uv.for_uv("global.index-url='https://mirror.example/'", {"UV_DEFAULT_INDEX": "https://mine.example/"}) == {
        "UV_INDEX_STRATEGY": "unsafe-best-match"
    }


def test_a_step_that_fails_says_what_it_was_doing_what_came_back_and_what_to_do(capfd):
    broken = [sys.executable, "-c", "import sys; print('half done'); sys.exit('no such host: registry.example')"]
    assert step.main("Fetching the assets", "See that the registry is there.", broken) == 1
    out, err = capfd.readouterr()
    assert out == "Fetching the assets …\n"
    for said in ("Fetching the assets failed", "half done", "no such host", "ended with 1", "See that the registry"):
        assert said in err


def test_a_step_whose_program_is_missing_says_so(capfd):
    assert step.main("Fetching", "Install it.", ["/nowhere/npm", "ci"]) == 127
    assert "No such file" in capfd.readouterr().err


def test_a_step_that_works_is_one_line(capfd):
    assert step.main("Fetching", "Nothing.", [sys.executable, "-c", "print('a thousand lines')"]) == 0
    assert capfd.readouterr() == ("Fetching …\n", "")


def test_a_long_step_shows_that_it_is_at_work(capfd, monkeypatch):
    monkeypatch.setattr(step, "STILL_AT_WORK", 0.05)
    assert step.main("Fetching", "Nothing.", [sys.executable, "-c", "import time; time.sleep(0.3)"]) == 0
    assert "still at work after" in capfd.readouterr().out
