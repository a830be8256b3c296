"""Making the demonstration: aside first, and put in place when it is whole. One that was only begun leaves nothing."""

import gc
import logging
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from sqlalchemy import inspect, make_url, text

from services.demo import NOTE, arranging, coming_sessions, is_in, past_sessions, talking
from services.demo.cast import CAST
from services.demo.dates import moved_to
from services.demo.stage import Stage, databases_of
from services.demo.town import Town
from services.notifications.delivery import mail_folder
from services.notifications.delivery.transports import Folder, Refused
from services.notifications.emails import Letter
from services.runtime import clock
from services.runtime.database import open_engine
from services.runtime.schemas import CITY
from services.runtime.settings import Settings
from services.samples import leeds_programme

BEGUN, WHOLE = "demo.begun", "demo.whole"  # folders beside it, while it is made and while it is put in place
FILLED_BY_PEOPLE = (("catalogue", "programmes"), ("registration", "people"))  # tables, and whose they are
Classes = Mapping[str, type]


class InUse(Exception):
    """The data folder holds something else, with which a demonstration is not mixed."""


def make_once(settings: Settings, classes: Classes, now: datetime) -> None:
    """Make the demonstration in the data folder, as of today, unless it holds one, of whatever day. Raises InUse."""
    whole = settings.data / WHOLE
    if not whole.exists():
        if is_in(settings.data):
            return
        if _is_used(settings):
            raise InUse
        _make_aside(settings, classes, now).rename(whole)
    _put_in_place(settings, whole, classes)


def _is_used(settings: Settings) -> bool:
    return any(_holds_any(settings.database_url(service), table) for service, table in FILLED_BY_PEOPLE)


def _holds_any(url: str, table: str) -> bool:
    if not _file_of(url).exists():
        return False
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            there = inspect(connection).has_table(table)
            return there and connection.scalar(text(f"SELECT 1 FROM {table} LIMIT 1")) is not None
    finally:
        engine.dispose()


def _make_aside(settings: Settings, classes: Classes, now: datetime) -> Path:
    """Return a folder with the databases of the demonstration, and with its mail."""
    folder = settings.data / BEGUN
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    aside, day = replace(settings, data=folder), now.astimezone(CITY).date()
    with _undisturbed(), databases_of(aside, list(classes)) as databases:
        stage = Stage(aside, databases, classes)
        _play(stage, Town(stage, moved_to(leeds_programme(), day), now), Post(folder / "mail"))
    (folder / NOTE).write_text(f"{day}\n")
    return folder


def _play(stage: Stage, town: Town, post: "Post") -> None:
    acts = (arranging, past_sessions, coming_sessions, talking)
    beats = sorted((beat for act in acts for beat in act.beats(town)), key=lambda beat: beat.at)
    for at, together in groupby((beat for beat in beats if beat.at < town.now), key=lambda beat: beat.at):
        stage.go_to(at, post)
        for beat in together:
            beat.do()
        stage.let_happen(post)
    stage.go_to(town.now, post)
    stage.make_reach()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the clock for afterwards, and leave the log and the collector of garbage out of it."""
    shift = clock.shift()
    logging.disable(logging.WARNING)  # a letter that comes back is part of the story
    collects = gc.isenabled()
    gc.disable()  # it would look through everything again and again, and find little
    try:
        yield
    finally:
        if collects:
            gc.enable()
        logging.disable(logging.NOTSET)
        clock.run_shifted(shift)


def _put_in_place(settings: Settings, whole: Path, classes: Classes) -> None:
    """Move what was made to where it belongs. Where that was broken off, this goes on with the rest."""
    aside = replace(settings, data=whole)
    for service in classes:
        _move_database(_file_of(aside.database_url(service)), _file_of(settings.database_url(service)))
    if settings.mail.startswith("file:"):
        _move_mail(whole / "mail", mail_folder.folder_of(settings.mail))
    if (whole / NOTE).exists():
        (whole / NOTE).replace(settings.data / NOTE)
    shutil.rmtree(whole)


def _move_database(made: Path, place: Path) -> None:
    if made.exists():
        for beside in ("-wal", "-shm"):  # of a database without anything in it, which this one takes the place of
            place.with_name(place.name + beside).unlink(missing_ok=True)
        made.replace(place)


def _move_mail(made: Path, place: Path) -> None:
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for letter in made.glob("*.eml"):
        shutil.move(letter, place / letter.name)


def _file_of(url: str) -> Path:
    return Path(str(make_url(url).database))


class Post:
    """Keeps the letters to those that anyone can sign in as, in a folder, and throws the others away.

    Those to the first of the others come back: there is one whose mailbox is gone in every city.
    """

    doubles = False

    def __init__(self, folder: Path) -> None:
        self._folder = Folder(folder)
        self._kept = {named.email for named in CAST}
        self._gone: str | None = None

    def send(self, letter: Letter) -> None:
        """Keep the letter, or throw it away. Raises Refused."""
        if letter.recipient in self._kept:
            self._folder.send(letter)
        elif self._gone in (None, letter.recipient):
            self._gone = letter.recipient
            raise Refused("550 5.1.1 No such mailbox here", recipient=True)

    def rest(self) -> None:
        """A folder holds nothing."""

    def forget(self, address: str | None, ids: Collection[str]) -> None:
        """Nobody is erased."""
