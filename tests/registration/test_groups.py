"""Bookings in groups: those who book at the same moment get what they would get one after the other, and no less."""

import itertools
import json
import threading
import time
import uuid
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.registration.accounts import tokens
from services.registration.models import Base, Booking, Change, Invitation, Person, QuestionSet, Sector, Session
from services.registration.places import sessions
from services.registration.service import Registration
from services.runtime import clock
from services.runtime.database import Transactions
from services.runtime.refusals import Unavailable
from services.runtime.settings import Settings
from tests.examples import examples
from tests.registration.conftest import START, state_of
from tests.registration.rules import check_places


class World:
    """A database, and registration as its callers see it: alone, or as a group."""

    def __init__(self, engine):
        self.registration = Registration()
        self.registration.database = self.transactions = Transactions(engine)
        self.registration.settings = Settings()
        self.versions = {}
        with self.transactions.begin() as db:
            db.add_all([Sector(code=code, name=code, workforce=1) for code in ("hospital", "citizen")])

    def told(self, slug, day=0, **said):
        self.versions[slug] = self.versions.get(slug, 0) + 1
        state = state_of(slug, START + timedelta(days=day), hours=3)
        with self.transactions.begin() as db:
            sessions.keep(db, {**state, "version": self.versions[slug], **said}, clock.now())

    def person(self, who, **fields):
        """Return the token of someone new."""
        known = {"name": who, "sector": "hospital", "granted": [], "created_at": clock.now(), "version": 1}
        person = Person(id=who, email=f"{who}@example.org", **{**known, **fields})
        with self.transactions.begin() as db:
            db.add(person)
            db.flush()
            return tokens.hash_of(tokens.issue(db, person, clock.now())[0])

    def alone(self, asked):
        return self.registration.book(**asked)

    def together(self, *asked):
        """Return the replies, None for those who are to be answered alone."""
        return self.registration.book(group=list(asked))

    def insist(self, *asked):
        """Return the replies, as the server sees to: whoever is left out of the group is answered alone."""
        return [reply or self.alone(one) for reply, one in zip(self.together(*asked), asked, strict=True)]

    def all(self, query):
        with self.transactions.begin() as db:
            return db.execute(query).all()


def asking(token, session, key=None, **said):
    request = {"caller": {"token": token}, "given": {"session": session, **said}, "key": key}
    return {**request, "correlation_id": str(uuid.uuid4()), "traceparent": None, "export": False}


def came_to(reply):
    """Return what a reply says, but for what differs from one time to the next."""
    if reply.refusal:
        return reply.refusal.code, reply.replayed
    return reply.value["state"], reply.value["mode"], reply.value["position"], reply.replayed


@pytest.fixture
def world(make_engine):
    world = World(make_engine(Base.metadata, bus.metadata))
    yield world
    with OrmSession(world.transactions.engine) as db:
        check_places(db)


@pytest.fixture
def statements(world):
    """What is sent to the database, a list that grows."""
    sent = []

    def note(_connection, _cursor, statement, *_):
        sent.append(statement)

    event.listen(world.transactions.engine, "before_cursor_execute", note)
    return sent


requests = st.lists(
    st.tuples(
        st.integers(0, 3),  # who
        st.integers(0, 3),  # which session
        st.sampled_from((None, None, "one", "two")),  # under which key
        st.fixed_dictionaries(
            {
                "if_full": st.sampled_from(("wait", "wait", "refuse")),
                "allow_clash": st.booleans(),
                "mode": st.sampled_from((None, None, "in_room", "online", "nowhere")),
                "either": st.booleans(),
            }
        ),
    ),
    min_size=2,
    max_size=9,
)
names = itertools.count()


def seen(world, mark):
    """Return all that is kept of a world's sessions whose names begin so, without what is made up by chance."""
    there, of = select(Booking).where(Booking.session_slug.startswith(mark)), {}
    rows, changes = [], []
    with world.transactions.begin() as db:
        for booking in db.scalars(there.order_by(Booking.id)):
            of[booking.reference] = len(of)
            plain = ("person_id", "session_slug", "state", "mode", "waiting_number", "either", "chose_mode", "answers")
            rows.append([str(getattr(booking, name)).replace(mark, "") for name in plain])
            entries = db.scalars(select(Change).where(Change.booking_id == booking.id).order_by(Change.id))
            changes += [(len(rows), entry.what, entry.cause, entry.by, entry.state, entry.mode) for entry in entries]
        counted = [
            [str(getattr(session, column.key)).replace(mark, "") for column in Session.__table__.columns]
            for session in db.scalars(select(Session).where(Session.slug.startswith(mark)).order_by(Session.slug))
        ]
        told = []
        for (envelope,) in db.execute(select(bus.outbox.c.envelope).order_by(bus.outbox.c.position)):
            said = json.loads(envelope)
            data = said["data"]
            if data.get("reference") in of:
                about = [data[name] for name in ("state", "mode", "position", "cause", "by", "version", "application")]
                told.append((said["type"], of[data["reference"]], *about))
        kept = db.execute(select(bus.answers.c.caller, bus.answers.c.key).where(bus.answers.c.caller.startswith(mark)))
        return rows, changes, counted, told, sorted((who.replace(mark, ""), key) for who, key in kept)


def test_a_group_comes_to_what_its_calls_come_to_one_after_the_other(world):
    """Two sessions overlap, one is small, one asks something: whatever is asked of them, in whatever order."""

    @settings(max_examples=examples(40), deadline=None)
    @given(requests)
    def check(asked):
        marks = [f"{next(names)}-{way}-" for way in ("alone", "group")]
        people = {}
        for mark in marks:
            world.told(f"{mark}0", places_in_room=1, waiting_list="none")
            world.told(f"{mark}1", places_in_room=2)
            world.told(f"{mark}2", day=1, places_in_room=1, places_online=1, waiting_list="offer")
            world.told(f"{mark}3", day=2, places_in_room=1, by_application=True)
            people[mark] = [world.person(f"{mark}{n}") for n in range(4)]
        alone, group = (
            [asking(people[mark][who], f"{mark}{slug}", key, **said) for who, slug, key, said in asked]
            for mark in marks
        )
        replies = world.together(*group)
        left = [n for n, reply in enumerate(replies) if reply is None]
        for n in left:
            replies[n] = world.alone(group[n])
        order = [n for n in range(len(asked)) if n not in left] + left
        expected = {n: came_to(world.alone(alone[n])) for n in order}
        assert [came_to(reply) for reply in replies] == [expected[n] for n in range(len(asked))]
        assert seen(world, marks[1]) == seen(world, marks[0])

    check()


def test_a_refusal_is_that_calls_alone(world):
    world.told("march", places_in_room=2, waiting_list="none")
    asked = [asking(world.person(name), "march") for name in ("amina", "ben")]
    unknown = asking(world.person("chidi"), "nowhere")
    unnamed = asking(world.person("dora", name=None), "march")
    late = asking(world.person("efe"), "march")
    replies = world.together(asked[0], unknown, unnamed, asked[1], late)
    assert [came_to(reply)[0] for reply in replies] == [
        "confirmed",
        "not-found",
        "profile-incomplete",
        "confirmed",
        "session-full",
    ]


def test_places_are_given_in_the_order_in_which_people_asked(world):
    world.told("march", places_in_room=2)
    replies = world.together(*[asking(world.person(f"p{n}"), "march") for n in range(6)])
    assert [reply.value["position"] for reply in replies] == [None, None, 1, 2, 3, 4]


def test_who_repeats_a_key_gets_the_answer_of_the_first(world):
    world.told("march")
    amina, ben = world.person("amina"), world.person("ben")
    first, other = asking(amina, "march", "the-key"), asking(ben, "march", "the-key")
    replies = world.insist(first, other, first)
    assert [reply.replayed for reply in replies] == [False, False, True]
    assert replies[2].value["reference"] == replies[0].value["reference"] != replies[1].value["reference"]
    again = world.insist(other, asking(amina, "march", "another"))
    assert (again[0].replayed, again[0].value["reference"]) == (True, replies[1].value["reference"])
    assert again[1].refusal.code == "already-booked"
    reused = world.insist(asking(amina, "april", "the-key"), asking(ben, "april"))
    assert [reply.refusal.code for reply in reused] == ["idempotency-key-reused", "not-found"]


def test_a_refusal_is_kept_under_its_key_too(world):
    world.told("march", places_in_room=1, waiting_list="none")
    asked = [asking(world.person(name), "march", "the-key") for name in ("amina", "ben")]
    assert [came_to(reply)[0] for reply in world.together(*asked)] == ["confirmed", "session-full"]
    world.told("march", places_in_room=5, waiting_list="none")
    assert [came_to(reply) for reply in world.insist(*asked)][1] == ("session-full", True)


def test_two_bookings_of_one_person_are_decided_one_after_the_other(world):
    world.told("march"), world.told("march-too"), world.told("april", day=30)
    amina = world.person("amina")
    replies = world.together(*[asking(amina, slug) for slug in ("march", "march-too", "april", "march")])
    assert [came_to(reply)[0] for reply in replies] == ["confirmed", "clash", "confirmed", "already-booked"]
    reference = replies[0].value["reference"]
    assert [replies[n].refusal.facts["reference"] for n in (1, 3)] == [reference, reference]


def test_what_someone_has_booked_before_clashes_in_a_group_too(world):
    world.told("march"), world.told("march-too"), world.told("april", day=30)
    amina, ben = world.person("amina"), world.person("ben")
    there = world.alone(asking(amina, "march")).value["reference"]
    clash, free = world.together(asking(amina, "march-too"), asking(ben, "march-too"))
    assert (clash.refusal.code, clash.refusal.facts["reference"]) == ("clash", there)
    assert came_to(free)[0] == "confirmed"
    replies = world.together(asking(amina, "march-too", allow_clash=True), asking(ben, "april"))
    assert [came_to(reply)[0] for reply in replies] == ["confirmed", "confirmed"]


def test_whom_nobody_knows_is_told_so_and_the_others_have_their_places(world):
    world.told("march")
    forged, nobody = asking("f" * 64, "march"), {**asking("", "march"), "caller": None}
    malformed = asking(world.person("ben"), "march", mode="upstairs")
    replies = world.together(forged, asking(world.person("amina"), "march"), nobody, malformed)
    assert [reply is None for reply in replies] == [True, False, True, True]
    assert [world.alone(one).refusal.code for one in (forged, nobody, malformed)] == [
        "not-signed-in",
        "not-signed-in",
        "invalid",
    ]


def test_answers_to_the_questions_of_a_session_are_checked(world):
    world.told("march")
    question = {"id": "diet", "kind": "line", "text": "What do you eat?", "options": [], "asked": True}
    with world.transactions.begin() as db:
        wanted = {**question, "required": True, "facilitators": False, "help": None}
        db.add(QuestionSet(session_slug="march", items=[wanted], kept_days=30, version=1))
        db.get_one(Session, "march").answers_until = START + timedelta(days=30)
    asked = [asking(world.person("amina"), "march", answers={"diet": "rice"}), asking(world.person("ben"), "march")]
    said, silent = world.together(*asked)
    assert came_to(said)[0] == "confirmed"
    assert [error["field"] for error in silent.refusal.errors] == ["answers.diet"]
    assert world.all(select(Booking.answers)) == [({"diet": "rice"},)]


def test_who_is_offered_a_place_as_someone_who_waits_elsewhere_takes_that_one(world):
    """First refusal: two sessions and two bookings are changed, and locked in their own order."""
    world.told("march", places_in_room=1), world.told("may", day=60, places_in_room=1)
    amina, ben = world.person("amina"), world.person("ben")
    world.alone(asking(world.person("holder"), "march"))
    waits = world.alone(asking(amina, "march")).value["reference"]
    with world.transactions.begin() as db:
        waiting = db.scalars(select(Booking).where(Booking.reference == waits)).one()
        until = clock.now() + timedelta(days=1)
        db.add(Invitation(from_session="march", to_session="may", until=until, made_at=clock.now()))
        offer = Booking(
            reference="AAAAA-BBBBB", person_id="amina", either=False, extra=False, expired_offers=0, version=1,
            created_at=clock.now(), instead_of_id=waiting.id, session_slug="may", mode="in_room", sector="hospital",
            allow_clash=False, chose_mode=False, cancelled_late=False, refused=False,
        )  # fmt: skip
        session = Session.locked(db, "may")
        session.offer(offer, until)
        session.invited_until = until
        db.add(offer)
    hers, his = world.together(asking(ben, "may"), asking(amina, "may"))[::-1]
    assert (hers, came_to(his)[0]) == (None, "waiting")
    assert world.alone(asking(amina, "may")).value["reference"] == "AAAAA-BBBBB"
    assert world.all(select(Booking.state).where(Booking.reference == waits)) == [("cancelled",)]


def test_places_that_are_to_be_let_go_are_let_go_before_anyone_books(world):
    """Those who wait come first: their session is left to calls that are made alone."""
    until = clock.now() + timedelta(seconds=0.3)
    world.told("march", places_in_room=1, held_places=[{"sector": "citizen", "places": 1, "until": until}])
    early = world.alone(asking(world.person("early"), "march")).value["reference"]
    time.sleep(max(0.0, (until - clock.now()).total_seconds()) + 0.05)
    asked = [asking(world.person(name), "march") for name in ("amina", "ben")]
    assert world.together(*asked) == [None, None]
    assert [came_to(world.alone(one))[2] for one in asked] == [1, 2]
    assert world.all(select(Booking.state).where(Booking.reference == early)) == [("confirmed",)]


def test_a_group_whose_commit_is_lost_has_booked_each_once(world, monkeypatch):
    """The connection breaks as the commit is answered: nobody can know whether it took effect. It did."""
    world.told("march", places_in_room=2)
    asked = [asking(world.person(f"p{n}"), "march", f"key-{n}") for n in range(3)]
    commit = OrmSession.commit

    def lose(db):
        commit(db)
        monkeypatch.setattr(OrmSession, "commit", commit)
        raise OperationalError("COMMIT", {}, ConnectionError(), connection_invalidated=True)

    monkeypatch.setattr(OrmSession, "commit", lose)
    assert world.together(*asked) == [None] * 3
    replies = [world.alone(one) for one in asked]
    assert [came_to(reply) for reply in replies] == [
        ("confirmed", "in_room", None, True),
        ("confirmed", "in_room", None, True),
        ("waiting", "in_room", 1, True),
    ]
    assert len(world.all(select(Booking))) == 3


def test_a_group_that_cannot_be_written_is_answered_one_by_one(world, monkeypatch):
    """Someone booked the same at the same moment in another process, and the database has noticed."""
    world.told("march")
    amina = asking(world.person("amina"), "march")
    there = world.alone(amina).value["reference"]
    asked = [asking(world.person("ben"), "march"), amina]
    monkeypatch.setattr("services.registration.places.group._Live.reference", lambda *_: None)
    assert world.together(*asked) == [None, None]
    monkeypatch.undo()
    his, hers = map(world.alone, asked)
    assert (came_to(his)[0], hers.refusal.code) == ("confirmed", "already-booked")
    assert hers.refusal.facts["reference"] == there


def test_where_the_database_is_away_nobody_is_asked_again(world, monkeypatch):
    world.told("march")
    asked = [asking(world.person(f"p{n}"), "march") for n in range(3)]

    def away(*_):
        raise Unavailable

    monkeypatch.setattr(Transactions, "begin", away)
    assert [reply.refusal.code for reply in world.together(*asked)] == ["unavailable"] * 3


@pytest.mark.parametrize("changed", [{"places_in_room": 0, "places_online": 5}, {"places_in_room": 1}])
def test_a_session_that_is_changed_meanwhile_is_booked_as_it_is_then(world, changed):
    """The group waits for the session's lock, and what it read before counts for nothing."""
    world.told("march", places_in_room=3)
    asked, replies = [asking(world.person(f"p{n}"), "march") for n in range(3)], []
    with world.transactions.begin() as db:
        state = {**state_of("march", START, hours=3), "version": 2, **changed}
        sessions.keep(db, state, clock.now())
        booking = threading.Thread(target=lambda: replies.extend(world.together(*asked)))
        booking.start()
        booking.join(0.3)
        assert booking.is_alive()
    booking.join(10)
    there = [(reply.value["mode"], reply.value["position"]) for reply in replies]
    assert there == ([("online", None)] * 3 if "places_online" in changed else [("in_room", n) for n in (None, 1, 2)])


def test_a_group_needs_no_more_statements_than_a_pair(world, statements):
    on_a_server = world.transactions.engine.dialect.name == "postgresql"
    for slug in range(8):
        world.told(f"s{slug}", day=slug)
    people = [world.person(f"p{n}") for n in range(10)]
    spent = []
    for group in (people[:2], people[2:]):
        del statements[:]
        replies = world.together(*[asking(token, f"s{n}", f"key-{n}") for n, token in enumerate(group)])
        assert [came_to(reply)[0] for reply in replies] == ["confirmed"] * len(group)
        spent.append(len(statements) if on_a_server else len({*statements}))  # SQLite takes rows one by one
    assert spent[0] == spent[1] <= 11


def test_each_call_is_followed_under_its_own_number(world):
    world.told("march")
    asked = [asking(world.person(f"p{n}"), "march") for n in range(3)]
    replies = world.together(*asked)
    announced = {tuple(reply.announced) for reply in replies}
    with world.transactions.begin() as db:
        told = [json.loads(envelope) for (envelope,) in db.execute(select(bus.outbox.c.envelope))]
    bookings = [one for one in told if one["type"] == "registration.booking_confirmed.v1"]
    waiting = [one for one in told if one["type"] == "registration.booking_waitlisted.v1"]
    assert [one["correlation_id"] for one in bookings + waiting] == [one["correlation_id"] for one in asked]
    assert announced == {(one["subject"], 1) for one in bookings + waiting}
    assert world.all(select(func.count()).select_from(Booking)) == [(3,)]
