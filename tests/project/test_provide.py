"""What the tests need is there before they run: named, found, or installed, one after the other."""

import os

import pytest

from setting_up import debian
from tests.servers import provide
from tests.servers.installed import PROGRAMS, Program
from tests.servers.provide import STOPPED, main

# Notes its words, says that the lock is held or the package unknown if a file says so, and otherwise installs.
APT_GET = """#!/bin/sh
cd "$(dirname "$0")"
echo "$@" >> asked
if [ -e held ]; then
    rm held
    echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 42 (apt)"
    exit 100
fi
if [ -e broken ]; then
    echo "E: Unable to locate package"
    exit 100
fi
case "$*" in
    *install*) for last; do :; done; touch "has-$last";;
    *download*) for last; do :; done; touch "$OLDPWD/$last.deb";;
esac
"""
# Unpacks an archive that holds a program which is called what the archive is.
DPKG_DEB = """#!/bin/sh
mkdir -p "$3/usr/bin"
echo "#!/bin/sh" > "$3/usr/bin/$(basename "$2" .deb)"
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a package manager of its own, on which we are root."""
    for name, script in (("apt-get", APT_GET), ("dpkg-deb", DPKG_DEB)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(debian.os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian, "PAUSE", 0)
    return tmp_path


def _program(machine, name, alone=None):
    def find():
        return there if (there := machine / (alone or f"has-{name}")).exists() else None

    return Program(name.title(), name, f"HEADROW_TEST_{name.upper()}", f"{name}://host", find, alone)


def test_what_is_named_or_found_is_not_installed(machine, monkeypatch, capsys):
    named, found = _program(machine, "named"), _program(machine, "found")
    monkeypatch.setenv(named.variable, "named://elsewhere")
    (machine / "has-found").touch()
    assert main([named, found]) == 0
    assert not (machine / "asked").exists()
    assert capsys.readouterr().out == f"Named: as HEADROW_TEST_NAMED says\nFound: in {machine}/has-found\n"


def test_what_is_missing_is_installed_one_after_the_other(machine, capsys):
    assert main([_program(machine, "broker"), _program(machine, "browser")]) == 0
    install = "install -qy --no-install-recommends"
    expected = ["update -q", f"{install} broker", "update -q", f"{install} browser"]
    assert (machine / "asked").read_text().splitlines() == expected
    assert "Broker: Installing the package broker" in capsys.readouterr().out


def test_of_a_package_that_would_start_a_server_one_program_is_taken_and_nothing_is_installed(
    machine, monkeypatch, capsys
):
    monkeypatch.setattr(provide, "OURS", machine)
    assert main([_program(machine, "tool", alone="tool")]) == 0
    assert (machine / "asked").read_text().splitlines() == ["update -q", "download -q tool"]
    assert [path.name for path in machine.glob("*tool*")] == ["tool"]
    assert "Tool: Taking tool out of the package tool" in capsys.readouterr().out


def test_whoever_is_not_root_takes_a_program_out_of_a_package_too(machine, monkeypatch):
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(provide, "OURS", machine)
    assert main([_program(machine, "tool", alone="tool")]) == 0
    assert (machine / "asked").read_text().splitlines() == ["download -q tool"]


def test_a_package_lock_that_someone_else_holds_is_waited_for(machine, capsys):
    (machine / "held").touch()
    assert main([_program(machine, "broker")]) == 0
    assert "holds the package lock: waiting" in capsys.readouterr().out


def test_a_package_that_cannot_be_installed_stops_the_run_with_the_reason_and_the_remedy(machine, capsys):
    (machine / "broken").touch()
    assert main([_program(machine, "broker")]) == STOPPED
    said = capsys.readouterr().out
    assert "Unable to locate package" in said
    assert "apt-get install broker" in said
    assert "HEADROW_TEST_BROKER=broker://host" in said


def test_all_that_is_missing_is_named_where_nothing_can_be_installed(machine, monkeypatch, capsys):
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    assert main([_program(machine, "broker"), _program(machine, "browser")]) == STOPPED
    said = capsys.readouterr().out
    assert "Broker: MISSING" in said
    assert "Browser: MISSING" in said
    assert not (machine / "asked").exists()


def test_all_that_the_tests_need_is_provided():
    assert [program.name for program in PROGRAMS] == ["PostgreSQL", "RabbitMQ", "Chromium", "promtool"]
