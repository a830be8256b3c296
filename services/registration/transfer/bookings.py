"""Taking the bookings of a file, with their history and attendance: one that is here already stays as it is."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration.events import attendance_recorded, booking_event
from services.registration.models import LIVE, Attendance, Booking, Certificate, Change, Person, Session
from services.registration.outcomes.settling import in_force
from services.registration.replay import PLAIN
from services.registration.transfer.taking import Row, Taking

IMPORTED = "imported"
AT_ONCE = 500
COLUMNS = ("reference", "mode", "sector", "either", "allow_clash", "chose_mode", "let_in_as", "cancelled_late",
           "refused", "expired_offers", "access_needs", "answers", "reason", "created_at", "attendance",
           "attended_share", "before_cancellation", "version")  # fmt: skip
Sessions = dict[str, Session]
New = dict[str, Booking]  # by reference


def take(taking: Taking, rows: Sequence[Row], attendance: Sequence[Row]) -> list[int]:
    """Take them, and return the ids of those that are new. All that is wrong is noted."""
    db = taking.db
    sessions = _locked(db, {row["session"] for row in rows})
    references = [row["reference"] for row in rows]
    there = db.scalars(select(Booking).where(Booking.reference.in_(references)))
    here = {booking.reference: booking for booking in there}
    live = _live(db, taking, rows)
    shift = {slug: _shift(session, rows) for slug, session in sessions.items()}
    new: New = {}
    for n, row in enumerate(rows):
        path = f"bookings.{n}"
        if row["session"] not in sessions:
            taking.wrong(f"{path}.session", "no-such-session")
        elif row["reference"] in new:
            taking.wrong(f"{path}.reference", "repeated")
        elif (person := taking.person(row["person"], f"{path}.person")) is not None:
            booking = here.get(row["reference"])
            if booking is not None:
                _same(taking, path, row, booking, person)
            elif row["person"] in taking.left_out or _is_erased(taking, row, person):
                taking.did("out", "bookings")
            elif _fits(taking, path, row, sessions[row["session"]], live, person):
                new[row["reference"]] = _made(row, sessions[row["session"]], person, shift[row["session"]])
                taking.did("created", "bookings")
    if taking.errors:
        return []
    db.add_all(new.values())
    db.flush()
    _below(taking, rows, new)
    _attend(taking, attendance, new, sessions)
    db.flush()
    return [booking.id for booking in new.values()]


def announce(db: OrmSession, ids: Sequence[int]) -> None:
    """Announce bookings as they are now, and who was where: nobody is emailed about what is imported."""
    for start in range(0, len(ids), AT_ONCE):
        known = select(Booking).join(Person).where(Booking.id.in_(ids[start : start + AT_ONCE]))
        bookings = db.scalars(known.where(Person.erased_at.is_(None)).order_by(Booking.id)).all()
        for booking in bookings:
            booking_event(db, PLAIN[booking.state][0], booking, cause=IMPORTED, by="team")
        for booking in bookings:
            if present := {n: row.present for n, row in in_force(db, [booking])[booking.id].items()}:
                attendance_recorded(db, booking, present, imported=True)


def _locked(db: OrmSession, slugs: set[str]) -> Sessions:
    there = db.scalars(select(Session.slug).where(Session.slug.in_(slugs)).order_by(Session.slug)).all()
    return {slug: Session.locked(db, slug) for slug in there}


def _live(db: OrmSession, taking: Taking, rows: Sequence[Row]) -> dict[tuple[str, str], str]:
    """Return the references of live bookings here, by person and session."""
    people = {taking.ids.get(row["person"], row["person"]) for row in rows}
    theirs = select(Booking).where(Booking.person_id.in_(people), Booking.state.in_(LIVE))
    return {(one.person_id, one.session_slug): one.reference for one in db.scalars(theirs)}


def _shift(session: Session, rows: Sequence[Row]) -> int:
    """Return what to add to the numbers of who waits: they come behind all who wait here."""
    if not session.last_waiting_number and not session.first_waiting_number:
        return 0
    here = [row for row in rows if row["session"] == session.slug]
    numbers = [row[name] for row in here for name in ("waiting_number", "changing_number") if row[name] is not None]
    return session.last_waiting_number + 1 - min(numbers, default=0)


def _same(taking: Taking, path: str, row: Row, booking: Booking, person: str) -> None:
    if (booking.person_id, booking.session_slug) == (person, row["session"]) or row["person"] in taking.left_out:
        taking.did("same", "bookings")
    else:
        taking.wrong(f"{path}.reference", "reference-taken")


def _is_erased(taking: Taking, row: Row, person: str) -> bool:
    """Tell whether someone was erased here whom the file does not have as erased."""
    if taking.db.get_one(Person, person).erased_at is None:
        return False
    return f"{row['person']}" not in {one["id"] for one in taking.new.values()}


def _fits(taking: Taking, path: str, row: Row, session: Session, live: dict[tuple[str, str], str], person: str) -> bool:
    faults = len(taking.errors)
    if (row["state"] == "offered") != (row["offer_expires_at"] is not None):
        taking.wrong(f"{path}.offer_expires_at", "not-valid")
    if (row["state"] == "waiting") != (row["waiting_number"] is not None):
        taking.wrong(f"{path}.waiting_number", "not-valid")
    if (row["waits_for"] is None) != (row["changing_number"] is None) or row["waits_for"] == row["mode"]:
        taking.wrong(f"{path}.waits_for", "not-valid")
    if row["state"] in LIVE:
        if session.status != "published":
            taking.wrong(f"{path}.session", "session-cancelled")
        other = live.setdefault((person, session.slug), row["reference"])
        if other != row["reference"]:
            taking.wrong(f"{path}.state", "booked-otherwise", reference=other, state="live")
    return len(taking.errors) == faults


def _made(row: Row, session: Session, person: str, shift: int) -> Booking:
    """Return the booking, counted in its session; beyond its places where there are too few of them here."""
    booking = Booking(person_id=person, session_slug=session.slug, extra=False)
    for name in COLUMNS:
        setattr(booking, name, row[name])
    at = row["confirmed_at"] or row["created_at"]
    if row["state"] == "waiting":
        session.join_list(booking, number=row["waiting_number"] + shift)
    elif row["state"] == "cancelled":
        booking.state = "cancelled"
    elif row["extra"] or session.left(row["mode"]) <= 0:
        session.confirm_extra(booking, at)
        booking.state, booking.offer_expires_at = row["state"], row["offer_expires_at"]
    elif row["state"] == "offered":
        session.offer(booking, row["offer_expires_at"])
    else:
        session.confirm(booking, at)
    booking.confirmed_at = row["confirmed_at"]
    if row["waits_for"] is not None:
        session.ask_for(booking, row["waits_for"], number=row["changing_number"] + shift)
    for number in (booking.waiting_number, booking.changing_number):
        if number is not None:
            session.last_waiting_number = max(session.last_waiting_number, number)
            session.first_waiting_number = min(session.first_waiting_number, number)
    return booking


def _below(taking: Taking, rows: Sequence[Row], new: New) -> None:
    db = taking.db
    others = [row["instead_of"] for row in rows if row["instead_of"]]
    ids = dict(db.execute(select(Booking.reference, Booking.id).where(Booking.reference.in_(others))).all())
    codes = [one["code"] for row in rows if row["reference"] in new for one in row["certificates"]]
    taken = {*db.scalars(select(Certificate.code).where(Certificate.code.in_(codes)))}
    for n, row in enumerate(rows):
        booking = new.get(row["reference"])
        if booking is None:
            continue
        booking.instead_of_id = ids.get(row["instead_of"])
        for m, one in enumerate(row["history"]):
            actor = taking.person(one["actor"], f"bookings.{n}.history.{m}.actor")
            slug = one["session"]
            said = {name: one[name] for name in ("at", "what", "cause", "by", "mode", "state", "reason")}
            db.add(Change(booking_id=booking.id, actor_id=actor, session_slug=slug, **said))
        for m, one in enumerate(row["certificates"]):
            if one["code"] in taken:
                taking.wrong(f"bookings.{n}.certificates.{m}.code", "repeated")
            else:
                taken.add(one["code"])
                db.add(Certificate(booking_id=booking.id, **one))


def _attend(taking: Taking, rows: Sequence[Row], new: New, sessions: Sessions) -> None:
    """Take attendance of the bookings that are new; of those that were here it stays as it is."""
    unknown = {row["reference"] for row in rows} - new.keys()
    known = {*taking.db.scalars(select(Booking.reference).where(Booking.reference.in_(unknown)))}
    in_file: dict[str, set[int]] = defaultdict(set)
    for n, row in enumerate(rows):
        path, booking = f"attendance.{n}", new.get(row["reference"])
        if booking is None:
            taking.did("same" if row["reference"] in known else "out", "attendance")
            continue
        meeting = _meeting(taking, path, row, sessions[booking.session_slug])
        if meeting is None:
            continue
        if row["replaced_at"] is None and meeting in in_file[row["reference"]]:
            taking.wrong(f"{path}.meeting", "record-repeated")
            continue
        if row["replaced_at"] is None:
            in_file[row["reference"]].add(meeting)
        if (row["source"] == "check_in") != (row["scanned_at"] is not None):
            taking.wrong(f"{path}.scanned_at", "not-valid")
            continue
        by = taking.person(row["recorded_by"], f"{path}.recorded_by")
        names = ("present", "source", "scanned_at", "recorded_at", "replaced_at")
        said = {name: row[name] for name in names}
        if by is not None:
            taking.db.add(Attendance(booking_id=booking.id, meeting=meeting, recorded_by=by, **said))
            taking.did("created", "attendance")


def _meeting(taking: Taking, path: str, row: Row, session: Session) -> int | None:
    """Return the id of the meeting; one that the session has no more is kept aside, as it was there."""
    count = len(session.meetings)
    if row["meeting"] is not None and row["meeting"] <= count:
        return int(session.meetings[row["meeting"] - 1]["id"])
    if row["meeting"] is not None or row["former"] is None:
        taking.wrong(f"{path}.meeting", "out-of-range", min=1, max=count, of="number")
        return None
    span = {name: row["former"][name].isoformat() for name in ("starts_at", "ends_at")}
    for meeting in session.former_meetings:
        if all(meeting[name] == at for name, at in span.items()):
            return int(meeting["id"])
    id = max((one["id"] for one in [*session.meetings, *session.former_meetings]), default=0) + 1
    session.former_meetings = [*session.former_meetings, {"id": id, **span}]
    return id
