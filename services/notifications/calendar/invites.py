"""Calendar invites as rows: what people's calendars were last told, and under which sequence (invariant 6).

A booking has one, and so has each person who facilitates a session.

Each meeting is an entry of its own in the calendar, and is told of by itself: one request, or one cancellation, speaks
of one UID (RFC 5546, 3.2.2 and 3.2.5). An entry is `{n, method, sequence, issued_at, nth, of, starts_at, ends_at,
title, mode, venue}`: `n` makes the UID, and `nth` of `of` is its place among the meetings that the session has.
What is issued is such an entry with `{reference, host, is_new}`; `calendars.py` writes it as iCalendar.

A meeting that has taken place stays in the calendar as it is, whatever becomes of the rest.
"""

from collections.abc import Collection, Container, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import replica
from services.bus.envelope import as_json
from services.notifications.calendar import icalendar
from services.notifications.calendar.meeting_numbers import is_over, numbers_for
from services.notifications.composing.email_layout import EmailLayout
from services.notifications.errors import NoInvite
from services.notifications.models import (
    Booking,
    Facilitator,
    FacilitatorInvite,
    Facts,
    InCalendar,
    Invite,
    Message,
    Person,
)

Begun = TypeVar("Begun", Invite, FacilitatorInvite)
SAID = ("method", "nth", "of", "starts_at", "ends_at", "title", "mode", "venue")


def lock(db: OrmSession, references: Collection[str]) -> None:
    """Read the invites of these bookings, and lock them for change: for the rest of a run, `of` has them at hand."""
    those = select(Invite).where(Invite.reference.in_(references)).order_by(Invite.reference).with_for_update()
    there = db.scalars(those, execution_options={"populate_existing": True})
    replica.have_at_hand(db, Invite, references, {invite.reference: invite for invite in there})


def of(db: OrmSession, booking: Booking) -> Invite | None:
    """Return the booking's invite, locked for change; a booking that was never told of has none."""
    if booking.reference in (at_hand := replica.at_hand(db, Invite)):
        there: Invite | None = at_hand[booking.reference]
        return there
    return db.get(Invite, booking.reference, with_for_update=True) if booking.version else None


def of_facilitator(db: OrmSession, facilitator: Facilitator) -> FacilitatorInvite | None:
    """Return the invite of someone who facilitates a session, locked for change; named long ago, they have none."""
    return db.get(FacilitatorInvite, facilitator.id, with_for_update=True)


def of_facilitators(person: str) -> Select[FacilitatorInvite]:
    """Return the query of the invites to what a person facilitates."""
    theirs = select(FacilitatorInvite).join(Facilitator, Facilitator.id == FacilitatorInvite.reference)
    return theirs.where(Facilitator.person == person).order_by(Facilitator.id)


def begun(db: OrmSession, kind: type[Begun], reference: str, host: str) -> Begun:
    """Return an invite of which nothing was issued yet."""
    invite = kind(reference=reference, host=host, sequence=-1, entries=[])
    db.add(invite)
    return invite


def ask(db: OrmSession, invite: InCalendar, details: Facts, now: datetime, *, moved: bool = False) -> list[Facts]:
    """Put the session into the person's calendar, or what it is now in the place of what it was.

    Returns what is issued: each meeting, and the cancellation of each that was there before. All of them, because the
    letters about the booking that are still queued may be overtaken by this one.
    """
    unsent = _unsent(db, invite)
    wanted = entries_for(details, invite.entries, now, moved=moved)
    return _hold(invite, details, wanted, now, again=True, unsent=unsent)


def renew(invite: InCalendar, details: Facts, now: datetime) -> list[Facts]:
    """Put the person's calendar right. Returns what is issued: only meetings of which something is said anew."""
    return _hold(invite, details, entries_for(details, invite.entries, now), now, again=False)


def call_off(db: OrmSession, invite: InCalendar | None, now: datetime) -> list[Facts]:
    """Take the session out of the person's calendar. Returns what is issued: nothing where it is not in there."""
    if invite is None:
        return []
    unsent = _unsent(db, invite)
    invite.method = "CANCEL"
    gone = [entry for entry in invite.entries if _is_ahead(entry, now) or entry["n"] in unsent]
    return _issue(invite, [{**entry, "method": "CANCEL"} for entry in gone], now)


def last_issued(
    db: OrmSession, reference: str, email_layout: EmailLayout, meeting: int | None = None
) -> dict[str, Any]:
    """Return `{ics, method}`: the invite of one meeting (by its `n`) as it was last issued, or of all that there are.

    One alone is what was mailed. Several are published: a request may speak of one only. Raises NoInvite.
    """
    invite, booking = db.get(Invite, reference), db.get(Booking, reference)
    person = db.get(Person, booking.person) if booking else None
    if invite is None or person is None or person.email is None:
        raise NoInvite()
    issued = [with_uid(invite, entry) for entry in invite.entries if _is_shown(invite, entry, meeting)]
    if not issued:
        raise NoInvite()
    if len(issued) == 1:
        ics = icalendar.write(issued[0], email_layout, person.email, person.name)
        return {"ics": ics, "method": issued[0]["method"]}
    return {"ics": icalendar.publish(issued, email_layout), "method": "PUBLISH"}


def entries_for(details: Facts, entries: Sequence[Facts], now: datetime, *, moved: bool = False) -> list[Facts]:
    """Return what a calendar should be asked to hold, in the order of the meetings; without sequences.

    A meeting that is over is asked for no more, unless the calendar has it as one to come.
    """
    meetings = details["meetings"]
    known = {entry["n"]: entry for entry in entries}
    numbers = numbers_for(meetings, entries, now, moved=moved)
    common = {"of": len(meetings), "title": details["title"], "mode": details["mode"], "venue": details["venue"]}
    wanted: list[Facts] = []
    for nth, (n, meeting) in enumerate(zip(numbers, meetings, strict=True), start=1):
        entry = {"n": n, "method": "REQUEST", "nth": nth, **meeting, **common}
        there = known.get(n)
        if is_over(meeting, now) and not (there and _is_ahead(there, now)):
            wanted += [there] if there and there["method"] == "REQUEST" else []
        else:
            wanted.append(entry)
    return wanted


def host_of(public_url: str) -> str:
    """Return what ends the UIDs of a site."""
    return urlsplit(public_url).hostname or "headrow"


def _hold(
    invite: InCalendar,
    details: Facts,
    wanted: Sequence[Facts],
    now: datetime,
    *,
    again: bool,
    unsent: Container[int] = (),
) -> list[Facts]:
    """Have the calendar hold what is wanted and, of what is to come, nothing else. Returns what is issued."""
    there = {entry["n"]: entry for entry in invite.entries}
    asked = [entry for entry in wanted if _is_news(entry, there.get(entry["n"]), again)]
    staying = {entry["n"] for entry in wanted}
    gone = [entry for n, entry in there.items() if n not in staying and (_is_ahead(entry, now) or n in unsent)]
    invite.method, invite.told = "REQUEST", details
    return _issue(invite, [*asked, *({**entry, "method": "CANCEL"} for entry in gone)], now)


def _is_news(entry: Facts, there: Facts | None, again: bool) -> bool:
    if entry is there:  # it has taken place
        return False
    return again or there is None or any(entry[name] != there[name] for name in SAID)


def _is_ahead(entry: Facts, now: datetime) -> bool:
    """Tell whether the calendar has this meeting as one to come."""
    return entry["method"] == "REQUEST" and not is_over(entry, now)


def _unsent(db: OrmSession, invite: InCalendar) -> set[int]:
    """Return what queued letters take out of the calendar: they may be overtaken by what is issued next."""
    if not any(entry["method"] == "CANCEL" for entry in invite.entries):
        return set()
    queued = select(Message.facts).where(Message.booking == invite.reference, Message.state == "queued")
    issued = [facts.get("invite") for facts in db.scalars(queued) if facts]
    return {entry["n"] for entry in issued if entry and entry["method"] == "CANCEL"}


def _issue(invite: InCalendar, entries: Sequence[Facts], now: datetime) -> list[Facts]:
    """Write down that these entries are what the calendar is told now. Returns them as they are issued."""
    if not entries:
        return []
    invite.sequence, invite.issued_at = invite.sequence + 1, now
    before = {entry["n"]: entry for entry in invite.entries}
    issue = {"sequence": invite.sequence, "issued_at": as_json(now)}
    after = {entry["n"]: {**entry, **issue} for entry in entries}
    invite.entries = sorted({**before, **after}.values(), key=lambda entry: int(entry["n"]))
    had = {n for n, entry in before.items() if entry["method"] == "REQUEST"}
    return [{**with_uid(invite, entry), "is_new": n not in had} for n, entry in after.items()]


def with_uid(invite: InCalendar, entry: Facts) -> Facts:
    """Return an entry with what its UID is made of besides its number, and whether it is a facilitator's."""
    return {**entry, "reference": invite.reference, "host": invite.host, "facilitates": invite.facilitates}


def _is_shown(invite: Invite, entry: Facts, meeting: int | None) -> bool:
    """Tell whether an entry is asked for: by its number, or as one that is in force or was until all was called off."""
    if meeting is not None:
        return bool(entry["n"] == meeting)
    called_off = invite.method == "CANCEL" and entry["sequence"] == invite.sequence
    return entry["method"] == "REQUEST" or called_off


def _named(db: OrmSession, issued: Facts) -> InCalendar | None:
    """Return the invite of what was issued, locked against change. A release before issued bookings' alone."""
    if issued.get("facilitates"):
        return db.get(FacilitatorInvite, issued["reference"], with_for_update={"read": True})
    return db.get(Invite, issued["reference"], with_for_update={"read": True})


def as_it_is_now(db: OrmSession, issued: Facts) -> Facts | None:
    """Return what a message asks of a calendar, under the sequence of now; None where another one has undone it.

    A calendar passes over what comes under an older sequence than it has seen.
    """
    invite = _named(db, issued)
    entries = invite.entries if invite else []
    there = next((entry for entry in entries if entry["n"] == issued["n"]), None)
    if invite is None or there is None or there["method"] != issued["method"]:
        return None
    return {**with_uid(invite, there), "is_new": issued["is_new"]}
