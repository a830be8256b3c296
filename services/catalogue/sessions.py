"""Sessions: drafted, changed, published, cancelled and called back."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import schemas, topics
from services.catalogue.editing import add_with_slug, check_version, locked, whole
from services.catalogue.errors import SessionFinished
from services.catalogue.events import announcing, state
from services.catalogue.models import HeldPlace, Meeting, Programme, Sector, Session, Speaker
from services.runtime.faults import Fault
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid, Unavailable

PLAIN = (
    "title",
    "summary",
    "delivery",
    "venue",
    "join_url",
    "waiting_list",
    "places_in_room",
    "places_online",
    "booking_opens_at",
    "applications_until",
    "travel_minutes",
)


def create(db: OrmSession, given: dict[str, Any], now: datetime) -> Session:
    """Draft the session that is `given` as `schemas.NewSession` loads it; nobody is told yet. Raises Invalid."""
    session = Session(changed_at=now)
    assign(db, session, given)
    return add_with_slug(db, session, given.get("slug"), given["title"])


def change(db: OrmSession, slug: str, version: int, given: dict[str, Any], now: datetime) -> Session:
    """Change the fields that are `given`; what comes out keeps every rule of a new session.

    Raises NotFound, StaleVersion, SessionCancelled, Invalid.
    """
    session = locked(db, Session, slug=slug)
    check_version(session, version)
    session.check_not_cancelled()
    wanted = whole(schemas.NewSession, session, given)
    with announcing(db, now, session, *session.materials):  # its topics are theirs too
        assign(db, session, wanted)
    return session


def publish(db: OrmSession, slug: str, now: datetime) -> Session:
    """Show the session to everybody; once is enough. Raises NotFound, SessionCancelled."""
    session = locked(db, Session, slug=slug)
    with announcing(db, now, session):
        session.publish()
    return session


def unpublish(db: OrmSession, slug: str, now: datetime, *, withdrawn: bool) -> Session:
    """Make the session a draft again, and withdraw its materials; once is enough.

    `withdrawn` says that registration has seen that nobody has booked it, and lets nobody book it now. Raises NotFound,
    SessionCancelled, and Unavailable where registration has not heard yet that it is published.
    """
    session = locked(db, Session, slug=slug)
    if session.status == "published" and not withdrawn:
        raise Unavailable("The session was published just now.", retry_after=1)
    with announcing(db, now, session, *session.materials):
        session.unpublish()
        for material in session.materials:
            material.withdraw()
    return session


def cancel(db: OrmSession, slug: str, reason: str, now: datetime) -> Session:
    """Call the session off. Raises NotFound, SessionNotPublished, SessionFinished."""
    session = locked(db, Session, slug=slug)
    with announcing(db, now, session):
        session.cancel(reason, now)
    return session


def reinstate(db: OrmSession, slug: str, now: datetime) -> Session:
    """Call a cancelled session back. Raises NotFound, SessionNotCancelled, SessionFinished."""
    session = locked(db, Session, slug=slug)
    with announcing(db, now, session):
        session.reinstate(now)
    return session


def convert(db: OrmSession, slug: str, given: dict[str, Any], now: datetime) -> Session:
    """Have the session meet in another way; whoever booked it comes along. Its dates, held places and the rest stay.

    Unless `given` says otherwise, there are as many places as before: of the kind that is left, or in the room and as
    many online. Raises NotFound, SessionCancelled, SessionFinished, Invalid.
    """
    session = locked(db, Session, slug=slug)
    session.check_not_cancelled()
    if session.is_finished(now):
        raise SessionFinished("The session is over, and how it met cannot be changed any more.")
    if given["delivery"] == session.delivery:
        raise Invalid.field("delivery", "same-delivery")
    wanted = whole(schemas.NewSession, session, {**_left_of(session, given["delivery"]), **given}, may="delivery")
    with announcing(db, now, session):
        assign(db, session, wanted)
    return session


def _left_of(session: Session, delivery: str) -> dict[str, Any]:
    """Return what a session keeps of its room and its link when it meets in another way."""
    places = max(session.places_in_room, session.places_online)
    if delivery == "virtual":
        return {"places_in_room": 0, "places_online": places, "venue": None}
    if delivery == "face_to_face":
        return {"places_in_room": places, "places_online": 0, "join_url": None}
    return {"places_in_room": places, "places_online": places}


def drafts(db: OrmSession, cursor: str | None = None, limit: int = 20) -> dict[str, Any]:
    """Return `{items, next}`: the drafts that are no templates, oldest first. `limit` is 1 to 100. Raises Invalid."""
    if not 1 <= limit <= 100:
        raise Invalid.field("limit", "out-of-range", min=1, max=100, of="whole number")
    rows, after = page_of(
        db, select(Session).where(Session.status == "draft", Session.template.is_(None)), Session.id, cursor, limit
    )
    return {"items": [state(session) for session, _ in rows], "next": after}


def assign(db: OrmSession, session: Session, given: dict[str, Any]) -> None:
    """Make the session what is `given`, whole. Raises Invalid where that names what there is not."""
    programme = _programme(db, session, given["programme"])
    speakers = _speakers(db, session, given["speakers"])
    sectors = [held["sector"] for held in given["held_places"]]
    by_application = _by_application(session, programme, given)
    unknown = [
        *(["programme"] if programme is None else []),
        *(f"speakers.{n}" for n, slug in enumerate(given["speakers"]) if slug not in speakers),
        *(f"held_places.{n}.sector" for n, known in enumerate(_known_sectors(db, sectors)) if not known),
    ]
    if unknown or programme is None:
        raise Invalid([Fault("unknown-name").at(field) for field in unknown])
    if given["applications_until"] and not by_application:
        raise Invalid.field("applications_until", "not-by-application")
    named = topics.settle(db, given["topics"])
    session.programme = programme
    session.speakers = [speakers[slug] for slug in given["speakers"]]
    session.topics = named
    session.meetings = [Meeting(**meeting) for meeting in given["meetings"]]
    session.held_places = [HeldPlace(**held) for held in given["held_places"]]
    for name in PLAIN:
        setattr(session, name, given[name])
    session.by_application = by_application


def _by_application(session: Session, programme: Programme | None, given: dict[str, Any]) -> bool:
    """Return whether people apply for its places: where that is not said, as it is, or as its programme has it."""
    said = (given["by_application"], session.by_application, programme and programme.by_application)
    return bool(next((one for one in said if one is not None), False))


# What a session newly shows is locked, so that a change of it waits, and then tells of this session too. What it shows
# already needs no lock, for whoever changes that waits for the session. To lock both here could deadlock with them.


def _programme(db: OrmSession, session: Session, slug: str) -> Programme | None:
    if session.programme and session.programme.slug == slug:
        return session.programme
    rows = select(Programme).where(Programme.slug == slug).with_for_update(read=True)
    return db.scalars(rows.execution_options(populate_existing=True)).one_or_none()


def _speakers(db: OrmSession, session: Session, slugs: list[str]) -> dict[str, Speaker]:
    shown = {speaker.slug: speaker for speaker in session.speakers}
    if shown.keys() >= set(slugs):
        return shown
    new = select(Speaker).where(Speaker.slug.in_(set(slugs) - shown.keys())).order_by(Speaker.id)
    rows = db.scalars(new.with_for_update(read=True).execution_options(populate_existing=True))
    return shown | {speaker.slug: speaker for speaker in rows}


def _known_sectors(db: OrmSession, codes: list[str]) -> list[bool]:
    known = set(db.scalars(select(Sector.code).where(Sector.code.in_(codes)))) if codes else set()
    return [code in known for code in codes]
