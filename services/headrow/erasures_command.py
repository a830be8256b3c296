"""`headrow erasures`: who was erased, written to a file, and erased again from one."""

from argparse import Namespace
from pathlib import Path

from services.headrow import erasures as repeated
from services.headrow.data_folder import read_clock
from services.headrow.errors import CannotRun
from services.runtime import clock, erasures
from services.runtime.settings import Settings


def export(settings: Settings, given: Namespace) -> None:
    """Add everyone who was erased, by any of the databases, to a file beside which backups are kept."""
    read_clock(settings)
    file, found = Path(given.file), repeated.erased_here(settings)
    try:
        added = erasures.add(file, found, clock.now() - settings.backups_kept)
    except OSError as error:
        raise CannotRun(f"{file}: {error.strerror}") from error
    print(f"{file}: {len(erasures.read(file))} erasures, {added} of them new")


def repeat(settings: Settings, given: Namespace) -> None:
    """Erase again who is back in the databases although the lists, or that file, say that they were erased."""
    read_clock(settings)
    others = [Path(given.file)] if given.file else []
    if others and not others[0].exists():
        raise CannotRun(f"{others[0]}: there is no such file")
    erased = repeated.listed(settings, *others)
    again = repeated.repeat(settings, tuple(repeated.REPEATERS), erased)
    print(f"{len(erased)} erasures are listed. People who were back, and are erased again: {again}")
