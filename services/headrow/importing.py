"""Programme files, and the city that is there before any."""

import hashlib
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from services.catalogue import city
from services.catalogue.importing import import_programme
from services.headrow.data_folder import read_clock
from services.headrow.databases import database
from services.headrow.errors import CannotRun
from services.runtime import clock
from services.runtime.settings import Settings


def import_file(settings: Settings, given: Namespace) -> None:
    """Import a programme file."""
    read_clock(settings)
    counts = import_given(settings, read(Path(given.file)))
    for what, kinds in counts.items():
        print(f"{what}: {', '.join(f'{number} {kind}' for kind, number in kinds.items() if number) or 'nothing'}")


def describe_city(settings: Settings) -> None:
    """Have the sectors there, so that people can say where they work before anyone has imported a thing."""
    with database(settings, "catalogue") as transactions:
        transactions.run(lambda db: city.ensure(db, clock.now()))


def import_once(settings: Settings, file: Path) -> None:
    """Import the file unless this very file was imported before: what the team has changed since is theirs."""
    given = read(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    remembered = settings.data / "imported"
    if remembered.exists() and digest in remembered.read_text().split():
        return
    import_given(settings, given)
    with remembered.open("a") as notes:
        notes.write(f"{digest}\n")


def read(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except OSError as error:
        raise CannotRun(f"{file}: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise CannotRun(f"{file}, line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise CannotRun(f"{file}: not JSON in UTF-8 ({error})") from error


def import_given(settings: Settings, given: Any) -> Any:
    with database(settings, "catalogue") as transactions:
        return transactions.run(lambda db: import_programme(db, given, clock.now()))
