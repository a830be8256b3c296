"""What registration announces, and what it reads of the catalogue's events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from marshmallow import fields
from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import USES
from services.bus.outbox import announce
from services.registration.models import Address, Booking, Employment, Session
from services.runtime.limits import Length, OneOf
from services.runtime.schemas import Read, Time

if TYPE_CHECKING:
    from services.registration.models import (
        Coordinator,
        EmailChange,
        Facilitator,
        Feedback,
        Identity,
        Interest,
        Merge,
        MergeCode,
        Person,
    )


class MeetingRead(Read):
    """When people meet."""

    starts_at = Time(required=True)
    ends_at = Time(required=True)


class HeldPlacesRead(Read):
    """Places for the people of a sector, until then."""

    sector = fields.String(required=True)
    places = fields.Integer(required=True)
    until = Time(required=True)


class SessionRead(Read):
    """What booking needs to know of a session."""

    slug = fields.String(required=True)
    title = fields.String(required=True)
    programme = fields.String(required=True)
    topics = fields.List(fields.String(), load_default=list)
    meetings = fields.List(fields.Nested(MeetingRead), required=True)
    status = fields.String(required=True)
    cancel_reason = fields.String(allow_none=True, load_default=None)
    join_url = fields.String(allow_none=True, load_default=None)
    waiting_list = fields.String(required=True)
    places_in_room = fields.Integer(required=True)
    places_online = fields.Integer(required=True)
    booking_opens_at = Time(allow_none=True, load_default=None)
    by_application = fields.Boolean(load_default=False)
    applications_until = Time(allow_none=True, load_default=None)
    held_places = fields.List(fields.Nested(HeldPlacesRead), load_default=list)
    travel_minutes = fields.Integer(load_default=0)
    hand_on = fields.String(load_default="if_nobody_waits")
    cancel_days = fields.Integer(allow_none=True, load_default=None)
    version = fields.Integer(required=True)


class TopicRead(Read):
    """What a topic of this name is called now; nothing, where it was removed."""

    old = fields.String(required=True)
    new = fields.String(required=True, allow_none=True)


class ProgrammeRead(Read):
    """That there is a programme of this name."""

    slug = fields.String(required=True)


class SectorRead(Read):
    """A setting that people work in."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    workforce = fields.Integer(allow_none=True, load_default=None)


class CityRead(Read):
    """The settings of the city."""

    sectors = fields.List(fields.Nested(SectorRead), required=True)


class UseRead(Read):
    """What someone did with personal data, and whose they were, where they were one person's."""

    action = fields.String(required=True, validate=OneOf(USES))
    object = fields.String(required=True, validate=Length(max=200))
    person = fields.String(allow_none=True, load_default=None)


class UsedRead(Read):
    """What someone did with the personal data that another service holds."""

    actor = fields.String(required=True)
    used = fields.List(fields.Nested(UseRead), required=True)


KNOWN = ("id", "email", "name", "sector", "organisation", "job_role", "created_at", "version")


def person_event(db: OrmSession, what: str, person: Person) -> None:
    """Announce that a person registered or changed (`what` is the type), with the whole of what others may know."""
    announce(db, what, f"people/{person.id}", person.version, _known(db, person), erase_key=person.id)


def person_added(db: OrmSession, person: Person, job: Employment | None) -> None:
    """Announce that a person registered who was made just now, with one address, and works there: nothing is read."""
    said = {name: getattr(person, name) for name in KNOWN}
    data = {**said, "addresses": [person.email], "employments": Employment.steps([job] if job else [])}
    what, subject = "registration.person_registered.v1", f"people/{person.id}"
    announce(db, what, subject, person.version, data, erase_key=person.id)


def _known(db: OrmSession, person: Person) -> dict[str, Any]:
    """Return all that others may know of a person."""
    said = {name: getattr(person, name) for name in KNOWN}
    return {**said, "addresses": Address.all_of(db, person), "employments": Employment.steps_of(db, person)}


def person_merged(db: OrmSession, merged: Person, merge: Merge | None, *, told_before: bool = False) -> None:
    """Announce that an account is a part of another, `into`, and until when that can be undone: None for ever.

    With `told_before` it is announced again, and nobody writes to them about it once more.
    """
    data = {
        "id": merged.id,
        "into": merged.merged_into,
        "undo_until": merge.undo_until if merge else None,
        "by": ("person" if merge.by_id == merge.kept_id else "team") if merge else "system",
        "told_before": told_before,
        "version": merged.version,
    }
    announce(db, "registration.person_merged.v1", f"people/{merged.id}", merged.version, data, erase_key=merged.id)


def person_parted(db: OrmSession, merged: Person, kept: Person, by: str) -> None:
    """Announce that an account that was merged into another is one by itself again, with all that others may know."""
    data = {**_known(db, merged), "from": kept.id, "by": by}
    announce(db, "registration.person_parted.v1", f"people/{merged.id}", merged.version, data, erase_key=merged.id)


def booking_reassigned(db: OrmSession, booking: Booking, present: Mapping[int, bool]) -> None:
    """Announce that a booking is another account's now, of the same person; with all that is known, attendance too."""
    data: dict[str, Any] = {
        "reference": booking.reference,
        "person": booking.person_id,
        "session": booking.session_slug,
        "mode": booking.mode,
        "state": booking.state,
        "offer_expires_at": booking.offer_expires_at,
        "attendance": booking.attendance,
        "meetings": [{"n": n, "present": present[n]} for n in sorted(present)],
        "version": booking.version,
    }
    announce(db, "registration.booking_reassigned.v1", f"bookings/{booking.reference}", booking.version, data)


def merge_asked(db: OrmSession, person: Person, asked: MergeCode, code: str, at: datetime) -> None:
    """Announce a code that must reach the owner of another account, with which a person merges it with theirs."""
    data = {"person": person.id, "email": asked.email, "code": code, "expires_at": asked.expires_at}
    subject, version = f"merges/{person.id}", int(at.timestamp() * 1000)
    announce(db, "registration.merge_asked.v1", subject, version, data, erase_key=person.id, sensitive=True)


def person_erased(db: OrmSession, person: Person, *, unused: bool = False, told_before: bool = False) -> None:
    """Announce that everyone must forget this person: their account was `unused`, or they asked for it.

    With `told_before` it is announced again, and nobody writes to them about it once more.
    """
    data = {"id": person.id, "unused": unused, "told_before": told_before}
    announce(db, "registration.person_erased.v1", f"people/{person.id}", person.version, data)


def sign_in_requested(
    db: OrmSession, id: str, time: int, email: str, name: str | None, code: str, expires_at: datetime
) -> None:
    """Announce, for the nth time, a code that must reach its owner, and nobody else's eyes for longer than it takes."""
    data = {"email": email, "name": name, "code": code, "expires_at": expires_at}
    announce(db, "registration.sign_in_requested.v1", f"sign-ins/{id}", time, data, sensitive=True)


def sign_in_guessed(db: OrmSession, person: Person, at: datetime) -> None:
    """Announce that someone tried so many wrong codes of this person's that theirs are longer from now on."""
    data = {"person": person.id, "at": at}
    subject, version = f"guesses/{person.id}", int(at.timestamp())
    announce(db, "registration.sign_in_guessed.v1", subject, version, data, erase_key=person.id)


def second_factor_guessed(db: OrmSession, person: Person, at: datetime) -> None:
    """Announce that someone tried so many wrong codes that this person is asked for two in a row from now on."""
    data = {"person": person.id, "at": at}
    subject, version = f"second-factors/{person.id}", int(at.timestamp() * 1000)
    announce(db, "registration.second_factor_guessed.v1", subject, version, data, erase_key=person.id)


def identity_linked(db: OrmSession, identity: Identity, provider: str, at: datetime) -> None:
    """Announce that a person can sign in with an identity provider from now on, by the name that people read."""
    data = {"person": identity.person_id, "provider": provider, "at": at}
    what, subject = "registration.identity_linked.v1", f"identities/{identity.id}"
    announce(db, what, subject, 1, data, erase_key=identity.person_id)


def person_corrected(db: OrmSession, person: Person, changed: list[str]) -> None:
    """Announce that the team changed what a person said about themselves: which fields, and not to what."""
    data = {"person": person.id, "changed": changed, "version": person.version}
    what, subject = "registration.person_corrected.v1", f"corrections/{person.id}"
    announce(db, what, subject, person.version, data, erase_key=person.id)


def email_change_asked(db: OrmSession, person: Person, change: EmailChange, code: str | None, at: datetime) -> None:
    """Announce a code that must reach the owner of a new address; without one, the address has an account already."""
    data = {
        "person": person.id,
        "email": change.email,
        "code": code,
        "expires_at": change.expires_at,
        "adding": change.what == "added",
    }
    _email_event(db, "registration.email_change_asked.v1", person, data, at)


def email_changed(db: OrmSession, person: Person, change: EmailChange, undo: str, at: datetime) -> None:
    """Announce that a person has a new address; the owner of the old one can take it back with `undo`."""
    data = {
        "person": person.id,
        "name": person.name,
        "email": change.old_email,
        "undo": undo,
        "until": change.undo_until,
    }
    _email_event(db, "registration.email_changed.v1", person, data, at)


def addresses_changed(
    db: OrmSession, person: Person, change: EmailChange, told: list[dict[str, str]], at: datetime
) -> None:
    """Announce that something became of a person's addresses; each that is `told` can take it back, with its `undo`."""
    data = {"person": person.id, "name": person.name, "what": change.what, "told": told, "until": change.undo_until}
    _email_event(db, "registration.addresses_changed.v1", person, data, at)


def email_change_undone(db: OrmSession, person: Person, restored: list[str], given_up: list[str], at: datetime) -> None:
    """Announce that a person has the addresses again that they had before a change, and which they gave up."""
    gone = given_up[0] if given_up else person.email
    data = {
        "person": person.id,
        "name": person.name,
        "email": person.email,
        "given_up": gone,
        "others": [email for email in restored if email != person.email],
        "also_given_up": given_up[1:],
    }
    _email_event(db, "registration.email_change_undone.v1", person, data, at)


def _email_event(db: OrmSession, what: str, person: Person, data: dict[str, Any], at: datetime) -> None:
    subject, version = f"email-changes/{person.id}", int(at.timestamp() * 1000)
    announce(db, what, subject, version, data, erase_key=person.id, sensitive=True)


def account_unused(db: OrmSession, person: Person, now: datetime, erased_on: datetime) -> None:
    """Announce that nobody has used this account for so long that it is erased on a day, unless someone does."""
    data = {"person": person.id, "erased_on": erased_on}
    subject, version = f"unused/{person.id}", int(now.timestamp())
    announce(db, "registration.account_unused.v1", subject, version, data, erase_key=person.id)


def booking_event(
    db: OrmSession,
    what: str,
    booking: Booking,
    *,
    cause: str,
    by: str,
    position: int | None = None,
    was_confirmed: bool = False,
    moved_from: str | None = None,
    meant_for: str | None = None,
    nominated_by: str | None = None,
) -> None:
    """Announce what became of a booking. `what` is the type of the event, `by` is person, colleague, team or system."""
    data: dict[str, Any] = {
        "reference": booking.reference,
        "person": booking.person_id,
        "session": booking.session_slug,
        "mode": booking.mode,
        "state": booking.state,
        "position": position,
        "offer_expires_at": booking.offer_expires_at,
        "cause": cause,
        "by": by,
        "reason": booking.reason,
        "was_confirmed": was_confirmed,
        "application": db.get_one(Session, booking.session_slug).by_application,
        "version": booking.version,
    }
    if moved_from is not None:
        data["from"] = moved_from
    if meant_for is not None:
        data["meant_for"] = meant_for
    if booking.instead_of_id is not None:
        data["instead_of"] = db.get_one(Booking, booking.instead_of_id).session_slug
    if nominated_by is not None:
        data["nominated_by"] = nominated_by
    said = (booking.reason, meant_for) != (None, None)  # in somebody's words, which name people: not kept once told
    announce(db, what, f"bookings/{booking.reference}", booking.version, data, sensitive=said)


def places_changed(db: OrmSession, changed: list[dict[str, Any]], now: datetime) -> None:
    """Announce the figures of all sessions whose places changed since the last time.

    The event counts up by the clock, in milliseconds; each session in it has a version of its own.
    """
    announce(db, "registration.places_changed.v1", "places", int(now.timestamp() * 1000), {"changed": changed})


def interest_event(db: OrmSession, what: str, interest: Interest) -> None:
    """Announce that somebody wants to hear of more, or does so no longer; `what` is the type of the event."""
    named = {name: getattr(interest, name) for name in ("id", "topic", "programme", "session")}
    data = {**named, "person": interest.person_id, "version": interest.version}
    announce(db, what, f"interests/{interest.id}", interest.version, data, erase_key=interest.person_id)


def choices_imported(db: OrmSession, person: str, email: str | None, emails: Mapping[str, Any]) -> None:
    """Announce which emails someone new here did not want where they come from; not kept once it is taken in."""
    data = {**emails, "person": person, "email": email, "version": 1}
    what, subject = "registration.choices_imported.v1", f"choices/{person}"
    announce(db, what, subject, 1, data, erase_key=person, sensitive=True)


def facilitator_named(db: OrmSession, named: Facilitator, *, new: bool = True) -> None:
    """Announce that somebody facilitates a session, and whether that is `new`; not kept once it is taken in."""
    data = {"id": named.id, "person": named.person_id, "session": named.session, "new": new, "version": 1}
    what, subject = "registration.facilitator_named.v1", f"facilitators/{named.id}"
    announce(db, what, subject, 1, data, erase_key=named.person_id, sensitive=True)


def facilitator_taken_back(db: OrmSession, id: str) -> None:
    """Announce that somebody facilitates a session no more."""
    announce(db, "registration.facilitator_taken_back.v1", f"facilitators/{id}", 2, {"id": id, "version": 2})


def coordinator_named(db: OrmSession, named: Coordinator) -> None:
    """Announce that someone coordinates an organisation; not kept once it is taken in."""
    data = {"id": named.id, "person": named.person_id, "organisation": named.organisation, "version": 1}
    what, subject = "registration.coordinator_named.v1", f"coordinators/{named.id}"
    announce(db, what, subject, 1, data, erase_key=named.person_id, sensitive=True)


def attendance_recorded(
    db: OrmSession, booking: Booking, present: Mapping[int, bool], *, imported: bool = False
) -> None:
    """Announce who was where: all that is known of a booking's meetings now, and what that comes to.

    What is `imported` was so long ago, in another programme: nobody is to be emailed about it.
    """
    data: dict[str, Any] = {
        "reference": booking.reference,
        "person": booking.person_id,
        "session": booking.session_slug,
        "meetings": [{"n": n, "present": present[n]} for n in sorted(present)],
        "state": booking.attendance or "confirmed",
        "share": booking.attended_share,
        "imported": imported,
        "version": booking.version,
    }
    announce(db, "registration.attendance_recorded.v1", f"bookings/{booking.reference}", booking.version, data)


def feedback_given(db: OrmSession, given: Feedback, booking: Booking) -> None:
    """Announce that a booking's owner said what they thought of the session, so that nobody asks them; not what.

    `pledged` is whether they are to be reminded of a pledge; the pledge itself stays here.
    """
    data = {
        "reference": booking.reference,
        "person": booking.person_id,
        "session": given.session_slug,
        "pledged": given.pledged,
        "version": given.version,
    }
    what, subject = "registration.feedback_given.v1", f"feedback/{booking.reference}"
    announce(db, what, subject, given.version, data, erase_key=booking.person_id)
