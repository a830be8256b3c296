"""Who was erased, noted outside the database, and erased again where a restored backup has brought them back."""

import logging
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration import my_data
from services.registration.accounts import sign_in
from services.registration.audit import recording
from services.registration.merging import lasting
from services.registration.models import Person
from services.runtime import erasures
from services.runtime.refusals import NotSignedIn
from services.runtime.settings import Settings

log = logging.getLogger(__name__)


def erased_since(db: OrmSession, since: datetime) -> dict[str, datetime]:
    """Return who was erased since then, and when."""
    gone = select(Person.id, Person.erased_at).where(Person.erased_at >= since)
    return {id: at for id, at in db.execute(gone) if at is not None}


def note(settings: Settings, erased: dict[str, datetime], now: datetime) -> None:
    """Put them on each list; a list that cannot be written now is written the next time, and the doctor says so."""
    for file in erasures.lists(settings):
        try:
            erasures.add(file, erased, now - settings.backups_kept)
        except OSError as error:
            log.warning("who was erased could not be noted in %s (%s)", file, error.strerror)


def back(db: OrmSession, ids: Collection[str]) -> dict[str, int]:
    """Return who of these is there, and not erased, with the version of each."""
    there = select(Person.id, Person.version).where(Person.id.in_(ids), Person.erased_at.is_(None))
    return dict(db.execute(there).all())


def erase_again(db: OrmSession, id: str, settings: Settings, now: datetime) -> bool:
    """Erase someone again, who was told of it before; return whether they were there."""
    person = db.get(Person, id)
    if person is None or person.erased_at is not None:
        return False
    try:
        sign_in.forget_guesses(db, lasting.addresses_of(db, person), settings.secret_key)
        my_data.erase(db, person, now, recording.SYSTEM, told_before=True)
    except NotSignedIn:  # another process has just done so
        return False
    return True
