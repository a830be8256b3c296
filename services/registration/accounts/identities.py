"""The identity providers that a person signs in with, beside the code that is always there."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import tokens
from services.registration.audit import recording
from services.registration.errors import IdentityTaken
from services.registration.events import identity_linked
from services.registration.models import Identity, Person, ProviderSignIn
from services.runtime.refusals import NotFound
from services.runtime.settings import Settings


def find(db: OrmSession, issuer: str, subject: str) -> Identity | None:
    """Return the identity of someone who has an account, locked until the transaction ends."""
    theirs = select(Identity).join(Person, Person.id == Identity.person_id)
    theirs = theirs.where(Identity.issuer == issuer, Identity.subject == subject, Person.erased_at.is_(None))
    return db.scalar(theirs.with_for_update(of=Identity))


def link(db: OrmSession, person: Person, issuer: str, subject: str, settings: Settings, now: datetime) -> Identity:
    """Have the person sign in with that from now on, tell them, and return it. Raises IdentityTaken."""
    there = find(db, issuer, subject)
    if there is not None:
        if there.person_id != person.id:
            raise IdentityTaken
        return there
    db.execute(delete(Identity).where(Identity.issuer == issuer, Identity.subject == subject))  # of someone erased
    identity = Identity(person_id=person.id, issuer=issuer, subject=subject, created_at=now)
    try:
        with db.begin_nested():
            db.add(identity)
            db.flush()
    except IntegrityError as error:  # two at the same moment
        raise IdentityTaken from error
    _record(db, person.id, recording.IDENTITY_LINKED, identity, now)
    identity_linked(db, identity, called(settings, issuer), now)
    return identity


def page(db: OrmSession, person: Person, settings: Settings) -> dict[str, Any]:
    """Return the ways to sign in that the person has, in the order in which they were added. It is one page."""
    return {
        "items": [
            {
                "id": row.id,
                "provider": called(settings, row.issuer),
                "since": row.created_at,
                "last_used_at": row.last_used_at,
            }
            for row in _of(db, person)
        ],
        "next": None,
    }


def remove(db: OrmSession, person: Person, id: str, now: datetime) -> None:
    """Have the person not sign in with that any more; who came by it elsewhere is signed out. Raises NotFound."""
    theirs = select(Identity).where(Identity.id == id, Identity.person_id == person.id)
    identity = db.scalar(
        theirs.with_for_update()
    )  # whoever comes in by it at this moment does so before, or not at all
    if identity is None:
        raise NotFound("You do not sign in with this any more.")
    tokens.part_from(db, identity.id)
    db.execute(delete(Identity).where(Identity.id == id))
    _record(db, person.id, recording.IDENTITY_REMOVED, identity, now)


def end_sign_ins(db: OrmSession, issuer: str, subject: str | None, session: str | None, now: datetime) -> None:
    """Sign out whoever the provider says has signed out there: of one session at the provider, or of all.

    Who is not known here is none of ours.
    """
    theirs = select(Identity).where(Identity.issuer == issuer)
    if subject is not None:
        theirs = theirs.where(Identity.subject == subject)
    elif session is not None:
        theirs = theirs.where(Identity.id.in_(tokens.identities_of(session)))
    for identity in db.scalars(theirs.order_by(Identity.id).with_for_update()).all():
        if tokens.end_of(db, identity.id, session):
            person = db.get_one(Person, identity.person_id)
            recording.record_of(db, recording.SYSTEM, recording.SIGN_INS_ENDED, person, now)


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return with which identity providers the person signs in, as what is held on them."""
    names = ("issuer", "subject", "created_at", "last_used_at")
    return [{name: getattr(row, name) for name in names} for row in _of(db, person)]


def erase(db: OrmSession, person: Person) -> None:
    """Forget them, and what is under way at a provider."""
    db.execute(delete(Identity).where(Identity.person_id == person.id))
    under_way = ProviderSignIn.person_id == person.id
    db.execute(delete(ProviderSignIn).where(under_way | (ProviderSignIn.email == person.email)))


def called(settings: Settings, issuer: str) -> str:
    """Return what people know a provider by; where it is configured no more, its host."""
    names = {provider.issuer: provider.name for provider in settings.identity_providers}
    return names.get(issuer) or urlsplit(issuer).hostname or issuer


def _of(db: OrmSession, person: Person) -> list[Identity]:
    theirs = select(Identity).where(Identity.person_id == person.id)
    return list(db.scalars(theirs.order_by(Identity.created_at, Identity.id)))


def _record(db: OrmSession, actor: str, action: str, identity: Identity, now: datetime) -> None:
    what = f"people/{identity.person_id}/identities/{identity.id}"
    recording.record(db, actor, action, what, now, person=identity.person_id)
