"""What may happen to the places: what people, the team, the catalogue and the clock do."""

import uuid
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.grouped import Member
from services.registration import deciding, first_refusal, handing_on, moves, my_data
from services.registration.models import LIVE, MODES, Booking, Session
from services.registration.outcomes import settling
from services.registration.places import admitting, applications, bookings, figures, group, waiting_list
from tests.registration.machine.world import SECTORS, SESSIONS, World, any_booking, people_, slugs


class Steps(World):
    """Booking, waiting, moving, and what the catalogue says of the places."""

    @initialize(
        crowds=st.fixed_dictionaries(
            {slug: st.lists(people_, unique=True, min_size=3, max_size=5) for slug in SESSIONS}
        ),
        begun=st.sampled_from((None, None, *SESSIONS)),
    )
    def some_have_booked(self, crowds: dict[str, list[int]], begun: str | None) -> None:
        """Half of the time the first meeting of a session has just begun, so that people are seen there."""
        for slug, crowd in crowds.items():
            for who in crowd:
                self.book(who, slug, "online" if who % 2 else "in_room", who % 4 == 0, "wait", True)
        if begun is not None:
            self.now = self.db.get_one(Session, begun).starts_at
            self.run_timers()

    @rule(
        who=people_,
        slug=slugs,
        mode=st.sampled_from(MODES),
        either=st.booleans(),
        if_full=st.sampled_from(("wait", "wait", "wait", "refuse")),
        clash=st.sampled_from((True, True, False)),
    )
    def book(self, who: int, slug: str, mode: str, either: bool, if_full: str, clash: bool) -> None:
        session = self.db.get_one(Session, slug)
        wanted = mode if session.has("in_room") and session.has("online") else None
        said = {"mode": wanted, "either": either, "if_full": if_full, "allow_clash": clash}
        could = self.is_promised(session, self.person(who).sector, MODES if either or not wanted else (wanted,))
        live = (Booking.person_id == self.person(who).id, Booking.session_slug == slug, Booking.state == "offered")
        invited = self.db.scalar(select(Booking.id).where(*live, Booking.instead_of_id.is_not(None)))
        booked = self.attempt(first_refusal.book, self.person(who), self.now, slug, **said)
        if invited:
            self.told_before = None  # of the place that they take, and that they wait no longer
        elif booked and session.by_application:
            assert (booked["state"], booked["position"]) == ("waiting", None), (
                "who applies has no place yet, in no line"
            )
        elif booked and (could or self.passes_on(session)):
            assert (booked["state"] == "confirmed") == could

    @rule(
        slug=slugs,
        those=st.lists(st.tuples(people_, slugs, st.booleans(), st.booleans()), min_size=2, max_size=6),
        mode=st.sampled_from(MODES),
    )
    def several_book_at_once(self, slug: str, those: list[tuple[int, str, bool, bool]], mode: str) -> None:
        """Half of them want the same session."""
        calls = []
        for who, other, the_same, clash in those:
            wanted = slug if the_same else other
            chosen = mode if all(map(self.db.get_one(Session, wanted).has, MODES)) else None
            given = {"session": wanted, "mode": chosen, "allow_clash": clash}
            calls.append(Member(self.person(who), given, str(uuid.uuid4())))
        self.attempt(lambda db: group.book(db, calls, self.now))
        if len({call.caller.id for call in calls}) < len(calls):
            self.told_before = None  # who books twice is told twice
        assert all(call.outcome is not None for call in calls) or any(map(self.comes_second, calls))

    def comes_second(self, call: Member) -> bool:
        """Tell whether something else comes before this booking, so that a group leaves it out."""
        session = self.db.get_one(Session, call.given["session"])
        theirs = (Booking.person_id == call.caller.id, Booking.session_slug == session.slug)
        offered = self.db.scalar(select(Booking.id).where(*theirs, Booking.instead_of_id.is_not(None)))
        return offered is not None or waiting_list.lets_go(session, self.now)

    def is_promised(self, session: Session, sector: str | None, modes: tuple[str, ...]) -> bool:
        """Tell whether what everybody is told of the places promises one to somebody of that sector."""
        told = figures.of_session(session, self.now)
        held_in = "in_room" if session.capacity_in_room else "online"
        return any(told["open"][0][mode] for mode in modes) or bool(told["held"].get(sector) and held_in in modes)

    @rule(who=people_, slug=slugs, extra=st.booleans())
    def book_for(self, who: int, slug: str, extra: bool) -> None:
        email = f"p{who}@example.org"
        said = {"over_capacity": extra, "reason": "She speaks." if extra else None}
        self.attempt(bookings.book_for, self.tess, self.now, slug, email, **said)

    @rule(n=any_booking)
    def cancel(self, n: int) -> None:
        if booking := self.pick(n, *LIVE, "cancelled"):
            self.attempt(bookings.cancel, self.owner(booking), booking.reference, self.now)

    @rule(n=any_booking, extra=st.booleans())
    def admit(self, n: int, extra: bool) -> None:
        if booking := self.pick(n, "waiting"):
            self.acting = frozenset({booking.reference})
            reason = "She speaks." if extra else None
            self.attempt(admitting.admit, self.tess, booking.reference, self.now, extra, reason)

    @rule(slug=slugs, places=st.integers(0, 3), rest=st.booleans())
    def decide_about_applications(self, slug: str, places: int, rest: bool) -> None:
        """Whoever is suggested can be given a place, and whoever is not hears of it where the team says so."""
        if self.db.get_one(Session, slug).by_application:
            suggested = applications.suggestion(self.db, slug, self.now, places)["references"]
            said = {"give": suggested, "refuse": [], "refuse_rest": rest, "over_capacity": False}
            self.acting = frozenset(suggested)
            told = self.attempt(deciding.decide, self.tess, slug, said, self.now)
            given = [row["state"] for row in told["items"][: len(suggested)]] if told else []
            assert not told or given == ["confirmed"] * len(suggested), "what is suggested can be done"

    @rule(n=any_booking, who=people_)
    def hand_on(self, n: int, who: int) -> None:
        if booking := self.pick(n, "confirmed"):
            had, session = (booking.mode, booking.extra, booking.confirmed_at), self.of(booking)
            waited, taken = session.list_length(booking.mode), [(session.taken(m), session.over(m)) for m in MODES]
            email = f"p{who}@example.org"
            made = self.attempt(handing_on.hand_on, self.owner(booking), booking.reference, self.now, email)
            if made:
                self.handed_on.add(booking.reference)
                theirs = self.db.scalars(select(Booking).where(Booking.reference == made["reference"])).one()
                assert (theirs.mode, theirs.extra, theirs.confirmed_at) == had, "it is the very place"
                assert [(session.taken(m), session.over(m)) for m in MODES] == taken
                assert session.hand_on == "always" or not waited, "while people wait, it is for them"

    @rule(slug=st.sampled_from(("autumn", "spring")), hours=st.integers(2, 200))
    def invite(self, slug: str, hours: int) -> None:
        other = "spring" if slug == "autumn" else "autumn"
        waiting = {b.reference for b in self.db.scalars(select(Booking).where(Booking.state == "waiting"))}
        done = self.attempt(first_refusal.invite, self.tess, slug, self.now, other, hours)
        if done:
            asked = [item for item in done["items"] if item["invited"]]
            assert {item["reference"] for item in asked} <= waiting, "who is asked keeps waiting"
            positions = [item["position"] for item in done["items"] if item["mode"] == "in_room"]
            assert positions == sorted(positions)

    @rule(slug=slugs, hand_on=st.sampled_from(("always", "if_nobody_waits")))
    def change_who_may_hand_on(self, slug: str, hand_on: str) -> None:
        self.attempt(lambda _: self.tell(slug, hand_on=hand_on))

    @rule(n=any_booking, yes=st.booleans())
    def answer_an_offer(self, n: int, yes: bool) -> None:
        if booking := self.pick(n, "offered"):
            answer = first_refusal.accept if yes else bookings.decline
            kept, invited = (booking.waits_for, booking.changing_number), booking.instead_of_id
            done = self.attempt(answer, self.owner(booking), booking.reference, self.now)
            if done and yes and invited:
                self.told_before = None  # of the place that they take, and that they wait no longer
                assert self.db.get_one(Booking, invited).state == "cancelled"
            if done and not yes and kept[0]:
                said_no = booking.state == "waiting" and (booking.mode, booking.waiting_number) == kept
                assert said_no or booking.state != "waiting", "a no to the other mode costs nothing"

    @rule(n=any_booking, anywhere=st.sampled_from((None, None, *SESSIONS)), clash=st.sampled_from((True, True, False)))
    def move(self, n: int, anywhere: str | None, clash: bool) -> None:
        if booking := self.pick(n, *LIVE):
            self.acting = frozenset({booking.reference})
            slug = anywhere or ("spring" if booking.session_slug == "autumn" else "autumn")
            self.attempt(moves.move, self.owner(booking), booking.reference, self.now, slug, allow_clash=clash)

    @rule(n=any_booking, mode=st.sampled_from(MODES), clash=st.sampled_from((True, True, False)))
    def change_mode(self, n: int, mode: str, clash: bool) -> None:
        if booking := self.pick(n, *LIVE):
            self.acting = frozenset({booking.reference})
            free = self.db.get_one(Session, booking.session_slug).free_for(mode, booking.sector, self.now) > 0
            had = (booking.state, booking.mode)
            changed = self.attempt(
                moves.move, self.owner(booking), booking.reference, self.now, None, mode, allow_clash=clash
            )
            if changed and had[1] != mode and had[0] == "confirmed":
                assert booking.state == "confirmed", "nobody loses the place that they have"
                assert (changed["mode"] == mode) == free
                assert free or changed["waiting_for"]["mode"] == mode

    @rule(slug=slugs, in_room=st.integers(0, 4), online=st.integers(0, 3))
    def change_capacity(self, slug: str, in_room: int, online: int) -> None:
        session = self.db.get_one(Session, slug)
        had = {mode: session.capacity(mode) for mode in MODES}
        self.attempt(lambda _: self.tell(slug, places_in_room=in_room, places_online=online))
        for mode in MODES:
            if session.capacity(mode) > had[mode] and session.left(mode) > 0:
                assert not getattr(session, f"extra_{mode}"), "places that are added take in those beyond them first"

    @rule(
        slug=slugs, kind=st.sampled_from(("offer", "automatic", "none")), applied=st.sampled_from((False, False, True))
    )
    def change_the_line(self, slug: str, kind: str, applied: bool) -> None:
        self.attempt(lambda _: self.tell(slug, waiting_list=kind, by_application=applied))

    @rule(
        slug=slugs,
        held=st.dictionaries(st.sampled_from(SECTORS), st.tuples(st.integers(1, 2), st.integers(1, 200)), max_size=2),
    )
    def change_what_is_held(self, slug: str, held: dict[str, tuple[int, int]]) -> None:
        told = [
            {"sector": sector, "places": places, "until": self.now + timedelta(hours=hours)}
            for sector, (places, hours) in held.items()
        ]
        self.attempt(lambda _: self.tell(slug, held_places=told))

    @precondition(lambda self: any(told["status"] == "published" for told in self.told.values()))
    @rule(slug=slugs, sure=st.integers(0, 9))
    def call_off(self, slug: str, sure: int) -> None:
        if sure == 0:
            self.attempt(lambda _: self.tell(slug, status="cancelled", cancel_reason="Nobody can come."))

    @precondition(lambda self: any(told["status"] == "cancelled" for told in self.told.values()))
    @rule(slug=slugs)
    def call_back(self, slug: str) -> None:
        remembered = select(Booking.reference).where(Booking.before_cancellation.is_not(None))
        self.gone -= set(self.db.scalars(remembered.where(Booking.session_slug == slug)))
        self.attempt(lambda _: self.tell(slug, status="published", cancel_reason=None))

    @rule(who=people_, sure=st.integers(0, 9))
    def erase(self, who: int, sure: int) -> None:
        if sure == 0 and self.person(who).email is not None:
            self.attempt(my_data.erase, self.person(who), self.now)
            self.told_before = None  # each of their bookings ends

    @rule(minutes=st.one_of(st.integers(-90, 90), st.integers(60, 3 * 24 * 60)))
    def time_passes(self, minutes: int) -> None:
        """The clock may also step back a little, as clocks do when they are set right."""
        self.now += timedelta(minutes=minutes)
        self.run_timers()

    @rule(slug=slugs, hours=st.integers(1, 12))
    def a_session_draws_near(self, slug: str, hours: int) -> None:
        self.now = max(self.now, self.db.get_one(Session, slug).starts_at - timedelta(hours=hours))
        self.run_timers()

    def run_timers(self) -> None:
        self.latest = max(self.latest, self.now)
        self.attempt(
            lambda db: (
                waiting_list.pass_on_expired(db, self.now),
                waiting_list.release_held(db, self.now),
                settling.settle_ended(db, self.now),
            )
        )
        while self.attempt(self.settle_one):
            continue
        self.told_before = None  # several offers may have run out, one after the other
        self.nobody_holds_both()

    def settle_one(self, db: OrmSession) -> bool:
        db.info.pop("woken", None)
        first_refusal.settle_next(db, self.now)
        return first_refusal.SETTLE in db.info.get("woken", ())

    def nobody_holds_both(self) -> None:
        """Whoever was invited has what they took and waits no longer, or has it not."""
        for offer in self.db.scalars(select(Booking).where(Booking.instead_of_id.is_not(None))):
            waited = self.db.get_one(Booking, offer.instead_of_id)
            assert offer.state in ("offered", "cancelled")
            assert offer.state == "cancelled" or waited.state != "confirmed"
