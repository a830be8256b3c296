"""Who was there, and when people meet: meetings begin, are added, moved and taken away while attendance is recorded."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import select

from services.registration.attendance import arriving, check_in, recording
from services.registration.models import THERE, Attendance, Booking, Certificate, Person, Session
from services.runtime.schemas import CITY
from tests.registration.attendance import seen
from tests.registration.machine.world import PEOPLE, Meeting, World, any_booking, slugs

SECRET = "k" * 32
any_meeting = st.integers(0, 3)
of_meetings = st.lists(st.tuples(any_booking, any_meeting, st.booleans()), min_size=1, max_size=4)


class Attending(World):
    """Walk-ins, attendance and corrections; the machine keeps its own book of who was where."""

    def __init__(self) -> None:
        # Whether they were there and when that was noted, by reference and by the name of the meeting.
        self.presence: dict[str, dict[int, tuple[bool, datetime]]] = {}
        self.scanned: set[tuple[str, int]] = set()
        self.let_in: set[str] = set()  # who has a place because they came
        self.removed: dict[str, list[Meeting]] = {}
        super().__init__()

    @rule(slug=slugs, n=any_meeting, minutes=st.integers(-59, 300), sure=st.integers(0, 2))
    def a_meeting_begins(self, slug: str, n: int, minutes: int, sure: int) -> None:
        meeting = self.nth(slug, n)[1]
        if sure == 0:
            self.now = max(self.now, meeting.starts_at + timedelta(minutes=minutes))
            self.run_timers()
            unsettled = Booking.attendance.is_(None) & Booking.attended_share.is_not(None)
            open_ones = select(Session.ends_at).join(Booking).where(unsettled, Booking.state == "confirmed")
            assert all(ends_at > self.now for ends_at in self.db.scalars(open_ones)), "what is over is settled"

    def nth(self, slug: str, n: int) -> tuple[int, Meeting]:
        """Return one of the meetings of a session, with its number."""
        place = n % len(self.meetings[slug])
        return place + 1, self.meetings[slug][place]

    def begun(self, slug: str, n: int) -> tuple[int, Meeting]:
        """Return one of the meetings that people can have come to, or any where there is none."""
        numbered = list(enumerate(self.meetings[slug], start=1))
        there = [each for each in numbered if each[1].starts_at - recording.EARLY <= self.now] or numbered
        return there[n % len(there)]

    @property
    def has_begun(self) -> bool:
        starts = (meeting.starts_at for meetings in self.meetings.values() for meeting in meetings)
        return min(starts) - recording.EARLY <= self.now

    @precondition(lambda self: self.has_begun)
    @rule(slug=slugs, n=any_meeting, who=st.integers(0, PEOPLE))
    def walk_in(self, slug: str, n: int, who: int) -> None:
        number, meeting = self.begun(slug, n)
        said = {"email": f"p{who}@example.org"} if who < PEOPLE else {"name": "Pat"}
        theirs = self.theirs_of(slug, said.get("email"))
        self.acting = frozenset(theirs)
        got = self.attempt(arriving.add, self.tess, slug, self.now, number, **said, reason="The paper list.")
        if got:
            self.acted |= {got["reference"]}
            self.keep_book([(got["reference"], meeting, True)])

    def theirs_of(self, slug: str, email: str | None) -> Iterable[str]:
        of_session = (b for b in self.bookings_of(slug) if email and self.owner(b).email == email)
        return [booking.reference for booking in of_session]

    def bookings_of(self, slug: str) -> list[Booking]:
        return list(self.db.scalars(select(Booking).where(Booking.session_slug == slug).order_by(Booking.id)))

    @precondition(lambda self: self.has_begun)
    @rule(slug=slugs, who=of_meetings)
    def record(self, slug: str, who: list[tuple[int, int, bool]]) -> None:
        there, marks = self.bookings_of(slug), {}
        for n, meeting, present in who if there else []:
            number, known = self.begun(slug, meeting)
            marks[there[n % len(there)].reference, number] = (known, present)
        self.say([(reference, number, *mark) for (reference, number), mark in marks.items()], slug)

    @precondition(lambda self: any(self.presence.values()))
    @rule(n=any_booking, whole=st.booleans())
    def correct(self, n: int, whole: bool) -> None:
        """Somebody finds out that one record is wrong, or all of a person."""
        reference = sorted(reference for reference, known in self.presence.items() if known)
        booking = self.of_reference(reference[n % len(reference)])
        known = self.presence[booking.reference]
        numbered = [(number, m) for number, m in enumerate(self.meetings[booking.session_slug], 1) if m.name in known]
        wrong = numbered if whole else numbered[n % len(numbered) :][:1] if numbered else []
        marks = [(booking.reference, number, meeting, not known[meeting.name][0]) for number, meeting in wrong]
        self.say(marks, booking.session_slug)

    def of_reference(self, reference: str) -> Booking:
        return self.db.scalars(select(Booking).where(Booking.reference == reference)).one()

    def say(self, marks: list[tuple[str, int, Meeting, bool]], slug: str) -> None:
        records = [seen(reference, number, present) for reference, number, _, present in marks]
        self.acting = frozenset(reference for reference, *_ in marks)
        if marks and self.attempt(recording.record, self.tess, slug, records, "list", self.now):
            self.keep_book([(reference, meeting, present) for reference, _, meeting, present in marks])

    @precondition(lambda self: self.has_begun)
    @rule(n=any_booking)
    def scan(self, n: int) -> None:
        if booking := self.pick(n, "confirmed"):
            token = check_in.token_of(booking.reference, SECRET)
            self.acting = frozenset({booking.reference})
            got = self.attempt(check_in.check_in, self.tess, token, SECRET, self.now)
            if got:
                meeting = self.meetings[booking.session_slug][got["meeting"] - 1]
                self.scanned.add((booking.reference, meeting.name))
                known, noted_at = self.presence.get(booking.reference, {}).get(meeting.name, (True, self.now))
                self.keep_book([(booking.reference, meeting, known or self.now > noted_at)])

    def keep_book(self, marks: list[tuple[str, Meeting, bool]]) -> None:
        """Note who was where, and see that those who came have a place, and those who were never there none."""
        for reference, meeting, present in marks:
            book = self.presence.setdefault(reference, {})
            if meeting.name not in book or book[meeting.name][0] != present:
                book[meeting.name] = (present, self.now)
            booking, before = self.of_reference(reference), self.before.get(reference)
            if booking.state == "confirmed" and (before is None or before[1] != "confirmed"):
                self.let_in.add(reference)
        for reference in {reference for reference, *_ in marks}:
            booking, there = self.of_reference(reference), any(there for there, _ in self.presence[reference].values())
            if there or reference not in self.let_in:
                self.nobody_who_was_there_is_sent_away(booking, there)
            else:
                kept = booking.state == "confirmed"
                assert not kept or self.passes_on(self.of(booking)), "who was never there has no place by that"
                self.let_in.discard(reference)

    def nobody_who_was_there_is_sent_away(self, booking: Booking, there: bool) -> None:
        before = self.before.get(booking.reference, ("", "", None))[1]
        if before == "confirmed":
            assert booking.state == "confirmed", "a record takes no place from those who had one, or were there"
        elif there and before in ("", "waiting", "offered"):
            assert booking.state == "confirmed", "who came is who came"

    # When people meet

    @rule(slug=slugs, hours=st.integers(-72, 240), length=st.integers(1, 8))
    def a_meeting_is_added(self, slug: str, hours: int, length: int) -> None:
        starts_at = self.meetings[slug][0].starts_at + timedelta(hours=hours, minutes=7 * next(self.names))
        self.meet(slug, [*self.meetings[slug], self.meeting(starts_at, length)])

    @rule(slug=slugs, n=any_meeting)
    def a_meeting_is_taken_away(self, slug: str, n: int) -> None:
        if len(self.meetings[slug]) > 1:
            gone = self.nth(slug, n)[1]
            self.meet(slug, [meeting for meeting in self.meetings[slug] if meeting is not gone])

    @precondition(lambda self: any(self.removed.values()))
    @rule(slug=slugs, n=any_meeting)
    def a_meeting_comes_back(self, slug: str, n: int) -> None:
        if removed := self.removed.get(slug):
            self.meet(slug, [*self.meetings[slug], removed[n % len(removed)]])

    @rule(slug=slugs, n=any_meeting, hours=st.one_of(st.integers(-5, 5), st.integers(-100, 300)), ends=st.booleans())
    def a_meeting_is_moved(self, slug: str, n: int, hours: int, ends: bool) -> None:
        """One that moves to another day, and begins by that or has begun no longer, is another meeting."""
        was = self.nth(slug, n)[1]
        starts_at = was.starts_at + timedelta(hours=0 if ends else hours, minutes=0 if ends else 1)
        same = _day(starts_at) == _day(was.starts_at) or (starts_at <= self.now) == (was.starts_at <= self.now)
        ends_at = starts_at + timedelta(hours=1 + abs(hours) % 8)
        moved = Meeting(was.name if same else next(self.names), starts_at, ends_at)
        self.meet(slug, [moved if meeting is was else meeting for meeting in self.meetings[slug]])

    def meet(self, slug: str, meetings: list[Meeting]) -> None:
        had = self.meetings[slug]
        names = {meeting.name for meeting in meetings}
        self.meetings[slug] = sorted(meetings, key=lambda meeting: meeting.starts_at)
        gone = [meeting for meeting in [*had, *self.removed.get(slug, [])] if meeting.name not in names]
        self.removed[slug] = gone
        self.attempt(lambda _: self.tell(slug))

    # What holds after each step

    @invariant()
    def attendance_sits_on_its_meeting(self) -> None:
        if not self.presence:
            return
        for booking in self.bookings():
            if self.before.get(booking.reference, (booking.session_slug,))[0] != booking.session_slug:
                self.presence.pop(booking.reference, None)  # it was of the session that the booking moved away from
                self.let_in.discard(booking.reference)
        ids = {
            slug: dict(zip((meeting["id"] for meeting in self.session(slug).meetings), meetings, strict=True))
            for slug, meetings in self.meetings.items()
        }
        found: dict[str, dict[int, bool]] = {}
        rows = select(Booking.reference, Booking.session_slug, Attendance.meeting, Attendance.present)
        rows = rows.join(Attendance, Attendance.booking_id == Booking.id).where(Attendance.replaced_at.is_(None))
        for reference, slug, meeting, present in self.db.execute(rows):
            if meeting in ids[slug]:
                found.setdefault(reference, {})[ids[slug][meeting].name] = present
            else:
                assert meeting in {former["id"] for former in self.session(slug).former_meetings}
        for booking in self.bookings():
            known, meetings = self.presence.get(booking.reference, {}), self.meetings[booking.session_slug]
            there = {meeting.name: known[meeting.name][0] for meeting in meetings if meeting.name in known}
            assert found.get(booking.reference, {}) == there
            self.what_it_came_to_is_what_the_records_say(booking, there)

    def session(self, slug: str) -> Session:
        return next(session for session in self.there() if session.slug == slug)

    def what_it_came_to_is_what_the_records_say(self, booking: Booking, there: dict[int, bool]) -> None:
        if not there:
            assert (booking.attendance, booking.attended_share) == (None, None)
            return
        meetings = self.meetings[booking.session_slug]
        minutes = {meeting.name: (meeting.ends_at - meeting.starts_at).total_seconds() for meeting in meetings}
        came = [name for name, present in there.items() if present]
        share = sum(minutes[name] for name in came) / sum(minutes.values())
        assert booking.attended_share is not None
        assert abs(booking.attended_share - share) < 0.0001
        word = "attended" if len(came) == len(meetings) else "partly_attended" if came else "absent"
        is_open = (booking.live and len(there) < len(meetings)) or self.is_only_at_the_door(booking)
        assert booking.attendance in ((None, word) if is_open else (word,))

    def is_only_at_the_door(self, booking: Booking) -> bool:
        known = self.presence[booking.reference]
        scanned = [m for m in self.meetings[booking.session_slug] if (booking.reference, m.name) in self.scanned]
        return any(meeting.name in known and known[meeting.name][1] < meeting.starts_at for meeting in scanned)

    @invariant()
    def who_was_there_has_one_certificate_and_nobody_else_has(self) -> None:
        if self.presence:
            rows = self.db.scalars(select(Certificate.booking_id).where(Certificate.revoked_at.is_(None))).all()
            erased = select(Booking.id).join(Person).where(Person.erased_at.is_not(None))
            forgotten = set(self.db.scalars(erased))
            theirs = [booking.id for booking in self.bookings() if booking.attendance in THERE]
            assert sorted({*rows} - forgotten) == sorted({*theirs} - forgotten)

    @invariant()
    def nobody_who_was_erased_gets_a_place(self) -> None:
        for booking in self.bookings():
            if booking.state == "confirmed" and self.before.get(booking.reference, ("", "confirmed"))[1] != "confirmed":
                assert self.owner(booking).erased_at is None


def _day(moment: datetime) -> Any:
    return moment.astimezone(CITY).date()
