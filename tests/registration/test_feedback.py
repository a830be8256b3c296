"""What feedback protects: who may give it and when, one answer a booking, and that nobody reads who said what."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from services.bus import models as bus
from services.bus.assertions import Signer
from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration import my_data, schemas
from services.registration.accounts import people, roles, tokens
from services.registration.attendance import recording
from services.registration.errors import FeedbackNotOpen
from services.registration.models import Base, Booking, Feedback, Sector
from services.registration.places import bookings, sessions
from services.registration.service import Registration
from services.registration.voices import feedback
from services.runtime import clock
from services.runtime.database import Transactions
from services.runtime.refusals import Invalid, NotFound, NotSignedIn
from services.runtime.schemas import load
from services.runtime.settings import Settings
from tests.contracts.announced import check_outbox
from tests.examples import examples
from tests.registration.conftest import NOW, START, state_of
from tests.sentences import says

END = START + timedelta(hours=7)
LAST = END + timedelta(days=60)
SAID = {"useful": 4, "differently": "Ask first.\nThen listen.", "next": "More on trust"}
GIVEN_EVENT = "registration.feedback_given.v1"


@pytest.fixture
def booked(db, told, person):
    """Have somebody book the march session: `booked("amina")` returns who, and the reference."""

    def book(who="amina"):
        if db.get(sessions.Session, "march") is None:
            told(places_in_room=30)
        owner = person(who)
        return owner, bookings.book(db, owner, NOW, "march")["reference"]

    return book


@pytest.fixture
def hers(booked):
    return booked()


def give(db, owner, reference, now=END, **said):
    return feedback.give(db, owner, reference, now, **{**SAID, **said})


def attended(db, team, reference, present):
    record = {"reference": reference, "meeting": 1, "present": present}
    recording.record(db, team, "march", [record], "list", END)


def team_reads(db, cursor=None, limit=20):
    return schemas.SessionFeedback().dump(feedback.page(db, "march", cursor, limit))


def announced(db):
    rows = db.scalars(select(outbox.c.envelope).where(outbox.c.type == GIVEN_EVENT).order_by(outbox.c.position))
    return [Envelope.from_json(row) for row in rows if row is not None]


def test_every_field_that_is_accepted_is_kept_and_shown(db, booked):
    amina, reference = booked()
    feedback.give(db, amina, reference, END, **load(schemas.FeedbackGiven(), SAID))
    shown = schemas.FeedbackView().dump(feedback.one(db, amina, reference))
    moments = {"given_at": END.isoformat(), "changed_at": None, "version": 1}
    assert shown == {"reference": reference, "session": "march", **SAID, **moments}


def test_texts_may_be_left_out(db, booked):
    amina, reference = booked()
    feedback.give(db, amina, reference, END, **load(schemas.FeedbackGiven(), {"useful": 1}))
    shown = feedback.one(db, amina, reference)
    assert (shown["useful"], shown["differently"], shown["next"]) == (1, None, None)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"useful": 0}, "useful"),
        ({"useful": 6}, "useful"),
        ({"useful": 2.5}, "useful"),
        ({"useful": True}, "useful"),
        ({"useful": None}, "useful"),
        ({"useful": 10**15}, "useful"),
        ({"differently": "a" * 1001}, "differently"),
        ({"differently": "a\x1b"}, "differently"),
        ({"next": "a" * 1001}, "next"),
        ({"next": 5}, "next"),
        ({"person": "x"}, "person"),
    ],
    ids=str,
)
def test_what_is_no_feedback_is_refused_by_its_field(changed, field):
    with pytest.raises(Invalid) as refused:
        load(schemas.FeedbackGiven(), {**SAID, **changed})
    assert [error["field"] for error in refused.value.errors] == [field]


def test_a_thousand_characters_are_not_too_many():
    longest = {"useful": 5, "differently": "ü" * 1000, "next": "字" * 1000}
    assert load(schemas.FeedbackGiven(), longest) == longest


def test_a_second_answer_replaces_the_first_in_its_row(db, booked):
    amina, reference = booked()
    give(db, amina, reference)
    later = END + timedelta(days=2)
    shown = give(db, amina, reference, later, useful=2, next=None)
    assert (shown["useful"], shown["next"], shown["given_at"], shown["changed_at"]) == (2, None, END, later)
    assert db.scalar(select(func.count()).select_from(Feedback)) == 1


def test_the_same_answer_again_changes_nothing_and_tells_nobody(db, booked):
    amina, reference = booked()
    first = give(db, amina, reference)
    assert give(db, amina, reference.lower(), END + timedelta(days=1)) == first
    assert len(announced(db)) == 1


@pytest.mark.parametrize(
    ("now", "open_"),
    [
        (START, False),
        (END - timedelta(microseconds=1), False),
        (END, True),
        (LAST - timedelta(microseconds=1), True),
        (LAST, False),
    ],
    ids=str,
)
def test_the_form_is_open_from_the_end_of_the_session_for_sixty_days(db, booked, now, open_):
    amina, reference = booked()
    if open_:
        assert feedback.form(db, amina, reference, now)["title"] == "March cohort"
        give(db, amina, reference, now)
        return
    for ask in (lambda: feedback.form(db, amina, reference, now), lambda: give(db, amina, reference, now)):
        with pytest.raises(FeedbackNotOpen) as refused:
            ask()
        assert set(refused.value.facts) == {"opens_at" if now < END else "closed_at"}


def test_what_was_said_can_be_read_when_the_form_has_closed(db, booked):
    amina, reference = booked()
    give(db, amina, reference)
    with pytest.raises(FeedbackNotOpen):
        give(db, amina, reference, LAST, useful=1)
    assert feedback.one(db, amina, reference)["useful"] == 4


def test_it_is_the_last_of_several_meetings_that_must_have_ended(db, told, person):
    days = [{"starts_at": START + timedelta(days=n), "ends_at": END + timedelta(days=n)} for n in (0, 14)]
    told(meetings=days)
    amina = person()
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    with pytest.raises(FeedbackNotOpen):
        give(db, amina, reference, END)
    give(db, amina, reference, END + timedelta(days=14))


@pytest.mark.parametrize("present", [True, False])
def test_whoever_was_there_is_asked_and_whoever_was_not_is_not(db, booked, person, present):
    amina, reference = booked()
    attended(db, person("team", granted=["team"]), reference, present)
    if present:
        give(db, amina, reference)
        return
    with pytest.raises(FeedbackNotOpen) as refused:
        give(db, amina, reference)
    assert refused.value.facts == {"state": "absent"}
    assert says("refusal.was_absent") in refused.value.detail


def test_whoever_was_at_some_meetings_is_asked(db, told, person):
    days = [{"starts_at": START + timedelta(days=n), "ends_at": END + timedelta(days=n)} for n in (0, 14)]
    told(meetings=days)
    amina, over = person(), END + timedelta(days=14)
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    records = [{"reference": reference, "meeting": n, "present": n == 1} for n in (1, 2)]
    recording.record(db, person("team", granted=["team"]), "march", records, "list", over)
    assert give(db, amina, reference, over)["version"] == 1


def test_whoever_cancelled_or_only_waited_is_not_asked(db, told, person):
    told(places_in_room=1)
    people_there = [person(name) for name in ("amina", "ben", "cy")]
    references = [bookings.book(db, who, NOW, "march")["reference"] for who in people_there]
    bookings.cancel(db, people_there[2], references[2], NOW)
    for who, reference, state in [*zip(people_there, references, ("", "waiting", "cancelled"), strict=True)][1:]:
        with pytest.raises(FeedbackNotOpen) as refused:
            give(db, who, reference)
        assert refused.value.facts == {"state": state}


def test_another_s_booking_is_not_there_not_even_for_the_team(db, booked, person):
    amina, reference = booked()
    give(db, amina, reference)
    for other in (person("ben"), person("team", granted=["team"])):
        for ask in (
            lambda other=other: feedback.one(db, other, reference),
            lambda other=other: feedback.form(db, other, reference, END),
            lambda other=other: give(db, other, reference),
        ):
            with pytest.raises(NotFound):
                ask()


def test_there_is_nothing_to_read_before_it_was_given(db, booked):
    amina, reference = booked()
    with pytest.raises(NotFound):
        feedback.one(db, amina, reference)
    assert feedback.form(db, amina, reference, END)["given"] is None


def test_each_answer_is_announced_without_what_was_said(db, booked):
    amina, reference = booked()
    give(db, amina, reference)
    give(db, amina, reference, useful=1)
    events = announced(db)
    assert [event.version for event in events] == [1, 2]
    assert {event.subject for event in events} == {f"feedback/{reference}"}
    told = {"reference": reference, "person": amina.id, "session": "march", "pledged": True, "version": 1}
    assert events[0].data == told


def test_the_booking_itself_is_not_another_one_by_it(db, booked):
    amina, reference = booked()
    version = db.scalar(select(Booking.version))
    give(db, amina, reference)
    assert db.scalar(select(Booking.version)) == version


def test_the_team_reads_figures_and_texts_and_no_name(db, booked):
    for number, (name, useful) in enumerate((("amina", 5), ("ben", 5), ("cy", 2))):
        give(db, *booked(name), now=END + timedelta(days=number), useful=useful, next=f"Thing {number}")
    give(db, *booked("di"), useful=4, next=None)
    read = team_reads(db)
    assert read["answers"] == 4
    assert read["useful"] == {"mean": 4.0, "counts": {"1": 0, "2": 1, "3": 0, "4": 1, "5": 2}}
    assert read["items"] == [
        {"next": "Thing 2", "given_on": "2027-03-11"},
        {"next": "Thing 1", "given_on": "2027-03-10"},
        {"next": "Thing 0", "given_on": "2027-03-09"},
    ]
    for name in ("amina", "ben", "Amina", "reference", "person", "booking", "Ask first", "differently"):
        assert name not in str(read)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_below_three_answers_nothing_is_shown_not_even_how_many(db, told, booked, number):
    told(places_in_room=30)
    for name in ("amina", "ben")[:number]:
        give(db, *booked(name))
    assert team_reads(db) == {"answers": "<3", "useful": None, "pledges": None, "items": [], "next": None}


def test_texts_come_page_by_page(db, booked):
    for name in ("amina", "ben", "cy"):
        give(db, *booked(name), next=name)
    first = team_reads(db, limit=2)
    second = team_reads(db, first["next"], 2)
    assert [item["next"] for item in [*first["items"], *second["items"]]] == ["cy", "ben", "amina"]
    assert (second["answers"], second["next"]) == (3, None)


def test_a_session_or_a_page_that_there_is_not_is_refused(db, told):
    told()
    with pytest.raises(NotFound):
        feedback.page(db, "april", None, 20)
    with pytest.raises(Invalid):
        feedback.page(db, "march", "made up", 20)


def test_erasure_leaves_the_figure_and_nothing_that_leads_to_anybody(db, booked):
    amina, reference = booked()
    give(db, amina, reference, differently="I run Elm Court")
    for name in ("ben", "cy"):
        give(db, *booked(name), useful=1)
    my_data.erase(db, amina, END)
    read = team_reads(db)
    assert (read["answers"], read["useful"]["mean"], len(read["items"])) == (3, 2.0, 2)
    db.expire_all()
    [left] = db.scalars(select(Feedback).where(Feedback.useful == 4))
    held = (left.booking_id, left.differently, left.next, left.given_at, left.changed_at)
    assert (*held, left.session_slug) == (None, None, None, None, None, "march")
    assert reference not in str([event.data for event in announced(db)])


def test_two_people_who_are_erased_leave_two_figures(db, booked):
    for name in ("amina", "ben"):
        owner, reference = booked(name)
        give(db, owner, reference)
        my_data.erase(db, owner, END)
    assert db.scalar(select(func.count()).select_from(Feedback)) == 2


def test_whoever_was_erased_meanwhile_says_nothing(db, booked):
    amina, reference = booked()
    my_data.erase(db, amina, END)
    with pytest.raises(NotSignedIn):
        give(db, amina, reference)


def test_the_export_holds_what_one_said_and_nobody_else_did(db, booked):
    amina, reference = booked()
    give(db, amina, reference)
    give(db, *booked("ben"))
    [held] = my_data.export(db, amina)["feedback"]
    assert held == {
        "reference": reference,
        "session": "march",
        **SAID,
        "given_at": END,
        "changed_at": None,
        "version": 1,
        **{"did": None, "note": None, "answered_at": None},
    }


@pytest.mark.parametrize(
    "broken",
    ["useful = 6", "useful = 0", "given_at = NULL", "booking_id = NULL"],
)
def test_the_database_itself_refuses_what_is_no_feedback(db, booked, broken):
    give(db, *booked())
    with pytest.raises(IntegrityError), db.begin_nested():
        db.execute(text(f"UPDATE feedback SET {broken}"))


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(max_size=1010))
def test_any_text_is_kept_as_it_is_or_refused(db, hers, words):
    try:
        said = load(schemas.FeedbackGiven(), {"useful": 3, "next": words})
    except Invalid:
        return
    assert feedback.give(db, *hers, END, **said)["next"] == words.strip()
    db.expire_all()
    assert feedback.one(db, *hers)["next"] == words.strip()


class World:
    """Registration as the gateway calls it, with a session that has just ended, and people who had places in it."""

    def __init__(self, engine):
        self.service = Registration()
        self.service.database = Transactions(engine)
        self.service.settings = Settings(secret_key="k" * 32)
        self.service.signer = Signer(self.service.settings)
        self.tokens, self.references = {}, {}
        ended = clock.now() - timedelta(hours=1)
        with self.service.database.begin() as db:
            db.add(Sector(code="hospital", name="Hospitals", workforce=None))
            db.flush()
            sessions.keep(db, state_of("over", ended - timedelta(hours=1), hours=1, places_in_room=5), ended)
            for name in ("amina", "ben", "cy", "team"):
                owner = people.ensure_account(db, f"{name}@example.org", ended)
                people.change(db, owner, 1, {"name": name.title(), "sector": "hospital"}, NOW)
                self.tokens[name] = {"token": tokens.hash_of(tokens.issue(db, owner, clock.now())[0])}
                if name == "team":
                    roles.give(db, owner, "team", ended)
                else:
                    booked = bookings.book(db, owner, ended - timedelta(days=2), "over")
                    self.references[name] = booked["reference"]

    def ask(self, method, who, **named):
        """Return the reply of one call, as it would cross the bus."""
        return getattr(Registration, method)(self.service, caller=self.tokens[who], **named)

    def give(self, who, key=None, **said):
        named = {"key": key} if key else {}
        return self.ask("give_feedback", who, reference=self.references[who], given={**SAID, **said}, **named)

    def rows(self):
        with self.service.database.begin() as db:
            return db.scalars(select(Feedback)).all()


@pytest.fixture
def world(make_engine):
    world = World(make_engine(Base.metadata, bus.metadata))
    yield world
    with world.service.database.begin() as db:
        check_outbox(db)


def test_only_the_team_reads_what_people_thought(world):
    asked = {"slug": "over", "cursor": None, "limit": 20}
    assert world.ask("session_feedback", "amina", **asked).refusal.code == "not-allowed"
    assert world.ask("session_feedback", "team", **asked).value["answers"] == "<3"


def test_who_sends_the_same_request_twice_is_given_the_first_answer(world):
    first, again = world.give("amina", "k"), world.give("amina", "k")
    assert (first.value, again.replayed) == (again.value, True)
    assert world.give("amina", "k", useful=1).refusal.code == "idempotency-key-reused"


def test_a_form_that_is_closed_is_a_refusal_with_its_own_code(world):
    world.ask("record_attendance", "team", slug="over", given={"records": [_absent(world, "amina")]})
    for reply in (
        world.give("amina"),
        world.ask("feedback_form", "amina", reference=world.references["amina"]),
    ):
        assert reply.refusal.code == "feedback-not-open"


def _absent(world, who):
    return {"reference": world.references[who], "meeting": 1, "present": False}


def test_two_answers_of_one_booking_at_once_are_one_row(world):
    gate = threading.Barrier(6)

    def answer(number):
        gate.wait()
        return world.give("amina", useful=number % 5 + 1, next=f"Thing {number}")

    with ThreadPoolExecutor(6) as hands:
        replies = list(hands.map(answer, range(6)))
    assert all(reply.refusal is None for reply in replies)
    [row] = world.rows()
    assert row.version == len(replies)
    assert sorted(reply.value["version"] for reply in replies) == [1, 2, 3, 4, 5, 6]
    last = max(replies, key=lambda reply: reply.value["version"]).value
    assert (row.useful, row.next) == (last["useful"], last["next"]), "figure and text are of one answer"


def test_whoever_is_erased_while_they_answer_leaves_no_words(world):
    gate = threading.Barrier(2)

    def at_once(work):
        gate.wait()
        return work()

    for who in ("amina", "ben", "cy"):
        with ThreadPoolExecutor(2) as hands:
            works = (lambda who=who: world.give(who), lambda who=who: world.ask("erase_me", who))
            list(hands.map(at_once, works))
    assert all(row.booking_id is None and row.next is None for row in world.rows())


def test_one_sees_which_forms_are_open_at_once(db, told, booked):
    amina, reference = booked()
    told("later", meetings=[{"starts_at": END + timedelta(days=1), "ends_at": END + timedelta(days=1, hours=1)}])
    later = bookings.book(db, amina, NOW, "later")["reference"]
    _, bens = booked("ben")

    def open_at(now, *references):
        forms = feedback.open_forms(db, amina, references, now)
        return [(form["reference"], form["given"]) for form in schemas.OpenForms().dump(forms)["items"]]

    asked = (reference, later, bens, "nothing")
    assert open_at(END - timedelta(minutes=1), *asked) == []
    assert open_at(END, *asked) == [(reference, False)]
    give(db, amina, reference)
    assert open_at(END + timedelta(days=2), *asked) == [(reference, True), (later, False)]
    assert open_at(LAST, *asked) == [(later, False)]
    assert open_at(END) == []
    with pytest.raises(Invalid):
        open_at(END, *["x"] * 101)
