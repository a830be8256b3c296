"""What is announced, and what is read of the neighbours' events: only the fields that are used here."""

from datetime import datetime
from typing import Any

from marshmallow import fields
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import announce
from services.runtime.schemas import KnownEmail, Read, Time


class SectorRead(Read):
    """A setting that people work in."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    workforce = fields.Integer(allow_none=True, load_default=None)


class CityRead(Read):
    """catalogue.city_described."""

    sectors = fields.List(fields.Nested(SectorRead), required=True)


class MeetingRead(Read):
    """One meeting of a session."""

    starts_at = Time(required=True)
    ends_at = Time(required=True)


class SessionRead(Read):
    """catalogue.session_published, _changed, _converted, _cancelled, _reinstated, _unpublished."""

    slug = fields.String(required=True)
    programme = fields.String(required=True)
    programme_title = fields.String(required=True)
    title = fields.String(required=True)
    topics = fields.List(fields.String(), load_default=list)
    delivery = fields.String(required=True)
    status = fields.String(required=True)
    meetings = fields.List(fields.Nested(MeetingRead), required=True)


class TopicRead(Read):
    """catalogue.topic_renamed."""

    old = fields.String(required=True)
    new = fields.String(required=True, allow_none=True)


class EmploymentRead(Read):
    """Where a person worked from then on; `since` is null where that is not known."""

    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    since = Time(required=True, allow_none=True)


class PersonRead(Read):
    """registration.person_registered, person_changed."""

    id = fields.String(required=True)
    email = KnownEmail(required=True, allow_none=True)
    name = fields.String(allow_none=True, load_default=None)
    sector = fields.String(allow_none=True, load_default=None)
    organisation = fields.String(allow_none=True, load_default=None)
    created_at = Time(allow_none=True, load_default=None)
    employments = fields.List(fields.Nested(EmploymentRead), load_default=None, allow_none=True)


class ErasedRead(Read):
    """registration.person_erased."""

    id = fields.String(required=True)


class MergedRead(Read):
    """registration.person_merged."""

    id = fields.String(required=True)
    into = fields.String(required=True)
    undo_until = Time(required=True, allow_none=True)


class PartedRead(PersonRead):
    """registration.person_parted."""

    from_ = fields.String(data_key="from", required=True)


class BookingRead(Read):
    """registration.booking_confirmed, _moved, _waitlisted, _cancelled, place_offered, offer_expired."""

    reference = fields.String(required=True)
    person = fields.String(required=True)
    session = fields.String(required=True)
    mode = fields.String(required=True)
    state = fields.String(required=True)


class MeetingAttendedRead(Read):
    """Whether somebody was at one meeting; meetings count from 1."""

    n = fields.Integer(required=True)
    present = fields.Boolean(required=True)


class AttendanceRead(Read):
    """registration.attendance_recorded."""

    reference = fields.String(required=True)
    person = fields.String(required=True)
    session = fields.String(required=True)
    meetings = fields.List(fields.Nested(MeetingAttendedRead), required=True)
    state = fields.String(required=True)


class ReassignedRead(BookingRead):
    """registration.booking_reassigned."""

    attendance = fields.String(required=True, allow_none=True)
    meetings = fields.List(fields.Nested(MeetingAttendedRead), required=True)


def member_left(db: OrmSession, person: str, version: int) -> None:
    """Announce that a person is no member any more, so that nothing is told them as one."""
    told = {"person": person, "version": version}
    announce(db, "community.member_left.v1", f"members/{person}", version, told, erase_key=person)


def member_removed(db: OrmSession, person: str, reason: str, version: int) -> None:
    """Announce that the team has taken somebody out of the community, and why. Blanked once it is told."""
    told = {"person": person, "reason": reason, "version": version}
    subject = f"removals/{person}"
    announce(db, "community.member_removed.v1", subject, version, told, erase_key=person, sensitive=True)


def member_let_in(db: OrmSession, person: str, version: int) -> None:
    """Announce that somebody may join again whom the team had taken out."""
    told = {"person": person, "version": version}
    announce(db, "community.member_let_in.v1", f"removals/{person}", version, told, erase_key=person)


def introduction_proposed(
    db: OrmSession,
    id: str,
    *,
    by: str,
    to: str,
    name: str,
    organisation: str | None,
    proven: bool,
    message: str,
    expires_at: datetime,
    version: int,
) -> None:
    """Announce that the member `by`, known as `name`, would like to meet `to`.

    `proven` is whether their address shows that they work at the organisation. It names them, and is blanked once it is
    told.
    """
    told = {
        "id": id,
        "to": to,
        "by": by,
        "name": name,
        "organisation": organisation,
        "proven": proven,
        "message": message,
        "expires_at": expires_at,
        "version": version,
    }
    announce(db, "community.introduction_proposed.v1", f"introductions/{id}", version, told, sensitive=True)


def introduction_accepted(db: OrmSession, id: str, people: list[dict[str, Any]], version: int) -> None:
    """Announce that two members may know each other's address: `{person, name, email, organisation, proven}` of both.

    Blanked once it is told.
    """
    told = {"id": id, "people": people, "version": version}
    announce(db, "community.introduction_accepted.v1", f"introductions/{id}", version, told, sensitive=True)


def sat_together(
    db: OrmSession, person: str, reference: str, session: str, kind: str, others: int, sectors: list[str], version: int
) -> None:
    """Announce that somebody sat with members whom they may be shown: how many, and the names of their sectors.

    It names nobody else, as nobody could take their name back from where it is kept.
    """
    told = {
        "person": person,
        "reference": reference,
        "session": session,
        "kind": kind,
        "others": others,
        "sectors": sectors,
        "version": version,
    }
    announce(db, "community.sat_together.v1", f"sittings/{reference}", version, told, erase_key=person)


def tables_published(db: OrmSession, session: str, kind: str, seats: list[dict[str, Any]], version: int) -> None:
    """Announce who sits where in a session: `seats` is `{person, reference, tables}`, one table a round, or None.

    `kind` is what these are: `tables`, or breakout `rooms` online.
    """
    told = {"session": session, "kind": kind, "seats": seats, "version": version}
    announce(db, "community.tables_published.v1", f"tables/{session}", version, told)
