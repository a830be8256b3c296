"""What holds after each step: places are counted, given in order and to one person each, and everyone is told once."""

from collections import Counter

from hypothesis.stateful import invariant
from sqlalchemy import select

from services.bus import models as bus
from services.bus.envelope import Envelope
from services.registration.models import MODES, Booking, Change, Session, other_mode
from services.registration.places.clashes import is_free
from services.registration.places.position import position_of, waiting_for
from services.registration.places.waiting_list import SHORTEST_OFFER
from tests.registration.machine.world import World

RECORDED = "registration.attendance_recorded.v1"


class Holds(World):
    """The rules of places, as invariants."""

    def __init__(self) -> None:
        self.stood: dict[str, list[tuple[object, ...]]] = {}  # the lines that were looked at, which takes time
        super().__init__()

    @invariant()
    def the_counters_count_what_is_there_and_nothing_is_overbooked(self) -> None:
        for session in self.there():
            theirs = [booking for booking in self.bookings() if booking.session_slug == session.slug]
            for mode in MODES:
                of_mode = [booking for booking in theirs if booking.mode == mode]
                placed = [b for b in of_mode if b.state in ("confirmed", "offered") and not b.extra]
                waiting = [b for b in of_mode if b.state == "waiting"]
                assert session.taken(mode) == len(placed) <= session.capacity(mode)
                assert session.waiting(mode) == len(waiting)
                assert getattr(session, f"extra_{mode}") == sum(b.extra for b in of_mode)
                assert getattr(session, f"either_{mode}") == sum(b.either for b in waiting)
                changing = [b for b in theirs if b.state in ("confirmed", "offered") and b.waits_for == mode]
                assert session.changing(mode) == len(changing)
                counted = {sector: n for sector, n in session.taken_by_sector.get(mode, {}).items() if n}
                assert counted == Counter(b.sector for b in placed if b.sector)
            stands = [(b.id, b.state, b.mode, b.waiting_number, b.waits_for, b.changing_number) for b in theirs]
            if self.stood.get(session.slug) != stands:
                self.stood[session.slug] = stands
                self.the_line_is_without_a_gap(session, theirs)

    def the_line_is_without_a_gap(self, session: Session, theirs: list[Booking]) -> None:
        for mode in MODES:
            if not session.has_either and session.has(mode) and not session.by_application:
                waiting = [b for b in theirs if b.mode == mode and b.state == "waiting"]
                changing = [b for b in theirs if b.waits_for == mode]
                positions = [position_of(self.db, b) or 0 for b in waiting]
                positions += [(waiting_for(self.db, b, session) or {"position": 0})["position"] for b in changing]
                assert sorted(positions) == list(range(1, len(positions) + 1))

    @invariant()
    def nobody_has_two_live_bookings_for_a_session(self) -> None:
        live = Counter((booking.person_id, booking.session_slug) for booking in self.bookings() if booking.live)
        assert all(number == 1 for number in live.values())

    @invariant()
    def nobody_waits_for_a_place_that_they_could_have(self) -> None:
        for session in self.there():
            if self.passes_on(session):
                for booking in self.bookings():
                    if booking.session_slug == session.slug and booking.state == "waiting":
                        for mode in MODES if booking.either else (booking.mode,):
                            assert self.is_full_for(session, mode, booking) or self.would_clash(session, booking)
                        asked = booking.either or booking.chose_mode or self.is_too_late_to_ask(session)
                        assert asked or self.is_full_for(session, other_mode(booking.mode), booking)
                    elif booking.session_slug == session.slug and booking.waits_for:
                        would_clash = booking.state == "offered" and self.would_clash(session, booking)
                        assert self.is_full_for(session, booking.waits_for, booking) or would_clash

    def is_full_for(self, session: Session, mode: str, booking: Booking) -> bool:
        return session.free_for(mode, booking.sector, self.now) <= 0

    def would_clash(self, session: Session, booking: Booking) -> bool:
        """Nobody is confirmed into a clash without being asked, and in the last hours nobody is asked."""
        late = self.is_too_late_to_ask(session)
        return late and not booking.allow_clash and not is_free(self.db, booking, session)

    def is_too_late_to_ask(self, session: Session) -> bool:
        return session.starts_at - self.latest <= SHORTEST_OFFER

    @invariant()
    def nobody_gets_a_place_before_somebody_like_them_who_stood_before_them(self) -> None:
        after = {booking.reference: booking for booking in self.bookings()}
        for reference, (slug, state, line) in self.before.items():
            served = after[reference]
            if state != "waiting" or served.state not in ("confirmed", "offered") or reference in self.acted:
                continue
            for other, (slug_before, _, line_before) in self.before.items():
                still = after[other]
                stood_before = slug_before == slug and line_before is not None and line_before < line
                if stood_before and self.would_take(still, served.mode) and still.sector == served.sector:
                    assert still.state != "confirmed", "a place of the other mode clashes with nothing new"
                    assert self.would_clash(self.of(still), still)

    def would_take(self, booking: Booking, mode: str) -> bool:
        """Tell whether this booking is on the waiting list for the mode, whether or not it has a place of the other."""
        return booking.waits_for == mode or (booking.state == "waiting" and (booking.either or booking.mode == mode))

    @invariant()
    def who_has_a_place_and_loses_it_has_no_other_to_have(self) -> None:
        """But for whoever it is about, who may have given it up, or was never there."""
        for booking in self.bookings():
            slug, before, _ = self.before.get(booking.reference, ("", "", None))
            if before == "confirmed" and booking.state == "waiting" and booking.reference not in self.acted:
                assert all(self.of(booking).left(mode) <= 0 for mode in MODES), slug

    @invariant()
    def nobody_is_confirmed_into_a_clash_without_being_asked(self) -> None:
        for booking in self.bookings():
            _, before, _ = self.before.get(booking.reference, ("", "", None))
            if before in ("waiting", "cancelled") and booking.state == "confirmed" and not booking.allow_clash:
                assert is_free(self.db, booking, self.of(booking)) or booking.reference in self.acted

    @invariant()
    def whatever_is_done_everybody_is_told_once(self) -> None:
        """One event a person of what became of their place, and one a booking of who was where."""
        if self.told_before is not None:
            news = select(bus.outbox.c.envelope).where(bus.outbox.c.position > self.told_before)
            told = [Envelope.from_json(envelope) for envelope in self.db.scalars(news) if envelope]
            theirs = [(event.type, event.data) for event in told if event.subject.startswith("bookings/")]
            assert len(theirs) == len({(type == RECORDED, data["person"]) for type, data in theirs}), theirs

    @invariant()
    def what_is_cancelled_comes_back_to_life_with_its_session_alone(self) -> None:
        cancelled = {booking.reference for booking in self.bookings() if booking.state == "cancelled"}
        assert self.gone <= cancelled
        assert self.handed_on <= cancelled, "a place that was handed on has one owner"
        self.gone = cancelled

    @invariant()
    def an_offer_leaves_time_to_answer_and_to_come(self) -> None:
        for booking in self.bookings():
            if booking.state == "offered" and self.before.get(booking.reference, ("", "", None))[1] == "waiting":
                assert booking.offer_expires_at is not None
                left = self.db.get_one(Session, booking.session_slug).starts_at - self.now
                assert left > SHORTEST_OFFER
                assert SHORTEST_OFFER <= booking.offer_expires_at - self.now <= max(SHORTEST_OFFER, left / 4)

    @invariant()
    def the_history_ends_where_the_booking_is(self) -> None:
        query = select(Change.booking_id, Change.state, Change.session_slug).order_by(Change.id)
        latest = {booking_id: (state, slug) for booking_id, state, slug in self.db.execute(query)}
        for booking in self.bookings():
            assert latest[booking.id] == (booking.state, booking.session_slug)
