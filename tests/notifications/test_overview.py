"""What the team sees of messages: each with its state, found by person, session, state, kind and words."""

import json
import random
import string
import uuid
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select, text

from services.notifications import overview, schemas
from services.notifications.causes import mailings
from services.notifications.delivery import leases
from services.notifications.delivery.transports import Refused, Unreachable
from services.notifications.models import Message
from services.runtime.paging import cursor_after
from services.runtime.refusals import Invalid, NotFound
from tests.notifications.conftest import LETTERHEAD, ZOE
from tests.sentences import says

pytestmark = pytest.mark.patient

ADA = str(uuid.UUID(int=900))


def listed(world, cursor=None, limit=20, **wanted):
    with world.begin() as db:
        return overview.page(db, wanted, cursor, limit, LETTERHEAD)


def items(world, **wanted):
    return listed(world, **wanted)["items"]


def found(world, **wanted):
    return sorted(item["email"] for item in items(world, **wanted))


def in_full(world, id_):
    with world.begin() as db:
        return overview.one(db, id_, LETTERHEAD)


@pytest.fixture
def booked(world):
    """Zoë has a place in March, and Ada in April; both have been told."""
    world.person(id_=ADA, email="ada@example.org", name="Ada Lovelace")
    world.session("april", title="April cohort 100%")
    world.booking()
    world.booking(reference="HR-ADA", person=ADA, session="april")
    world.deliver()
    return world


# Each message


def test_a_message_says_to_whom_it_went_what_it_is_about_and_what_became_of_it(world):
    world.booking()
    queued_at = world.now
    world.later(seconds=3)
    world.deliver()
    (item,) = items(world)
    row = world.messages()[0]
    assert item == {
        "id": row.id,
        "template": "booking_confirmed",
        "person": ZOE,
        "name": "Zoë Okafor",
        "email": "zoe@example.org",
        "session": "march",
        "booking": "HR-7K2M9Q",
        "subject": row.subject,
        "state": "sent",
        "reason": None,
        "error": None,
        "queued_at": queued_at,
        "due_at": None,
        "finished_at": world.now,
        "attempts": 1,
        "resend_of": None,
        "resent_by": None,
    }


def test_the_subject_of_a_message_that_waits_is_what_it_will_be(world):
    world.booking()
    (waiting,) = items(world)
    (mail,) = world.deliver()
    (sent,) = items(world)
    assert waiting["subject"] == sent["subject"] == mail["Subject"]
    assert (waiting["state"], waiting["due_at"], waiting["finished_at"]) == ("queued", world.now, None)


def test_a_failed_message_says_why_and_what_it_would_have_said(world):
    world.booking()
    world.letterbox.failures = [Refused("550 no such mailbox")]
    world.deliver()
    (item,) = items(world)
    assert (item["state"], item["reason"], item["error"]) == ("failed", "refused", "550 no such mailbox")
    assert item["subject"].startswith(says("booking_email.confirmed"))


def test_one_that_is_tried_again_says_when_and_what_went_wrong(world):
    world.booking()
    world.letterbox.failures = [Unreachable("no answer")]
    world.deliver_one()
    (item,) = items(world)
    assert (item["state"], item["attempts"], item["error"]) == ("queued", 1, "no answer")
    assert item["due_at"] > world.now


def test_the_text_is_what_people_read_but_for_the_links_that_are_theirs_alone(world):
    world.booking()
    (mail,) = world.deliver()
    shown = in_full(world, world.messages()[0].id)
    sent = mail.get_body(("plain",)).get_content()
    theirs = LETTERHEAD.emails(ZOE)
    assert theirs in sent
    assert theirs not in json.dumps(shown, default=str)
    assert shown["plain"] == sent.replace("\r\n", "\n").replace(
        theirs, f"{LETTERHEAD.public_url}/emails/the-link-is-in-the-email-itself"
    )
    assert f"<h1>{says('booking_email.confirmed')}</h1>" in shown["html"]


def test_a_sign_in_is_listed_and_its_code_is_not(world):
    world.sign_in(name="Zoë")
    (waiting,) = items(world)
    assert (waiting["template"], waiting["email"], waiting["person"]) == ("sign_in", "zoe@example.org", None)
    seen = [waiting, in_full(world, waiting["id"])]
    world.deliver()
    (sent,) = items(world)
    assert (sent["state"], sent["email"]) == ("sent", None)
    seen += [sent, in_full(world, sent["id"])]
    assert "042042" not in json.dumps(seen, default=str)
    assert [one["plain"] for one in seen if "plain" in one] == [None, None]


def test_a_message_whose_facts_make_no_letter_is_listed_without_its_text(world):
    world.booking()
    with world.begin() as db:
        db.scalars(select(Message)).one().facts = {"of": "an older kind"}
    (item,) = items(world)
    assert item["subject"] is None
    assert in_full(world, item["id"])["plain"] is None


def test_a_message_from_before_that_names_no_session_is_listed(booked):
    with booked.begin() as db:
        db.execute(text("UPDATE messages SET session = NULL"))
    assert [item["session"] for item in items(booked)] == [None, None]


def test_a_message_that_is_not_there_is_not_found(world):
    with pytest.raises(NotFound):
        in_full(world, str(uuid.uuid4()))


def test_what_is_left_of_somebody_who_was_erased_names_nobody(booked):
    booked.erase()
    (left,) = items(booked, session="march")
    assert [left[name] for name in ("person", "name", "email", "booking", "subject")] == [None] * 5
    assert in_full(booked, left["id"])["plain"] is None


# Searching


def test_messages_are_found_by_the_person_s_id_or_address(booked):
    assert found(booked, person=ADA) == found(booked, person=" Ada@Example.org ") == ["ada@example.org"]
    assert found(booked, person="nobody@example.org") == found(booked, person=str(uuid.uuid4())) == []


def test_an_address_finds_what_went_there_and_what_goes_to_whoever_has_it_now(booked):
    booked.person(happened="changed", version=2, email="new@example.org")
    went_there = ["zoe@example.org"]
    assert found(booked, person="zoe@example.org", template="booking_confirmed") == went_there
    assert found(booked, person="new@example.org") == ["new@example.org", *went_there]


def test_a_code_that_waits_is_found_by_its_address(world):
    world.sign_in(email="new@example.org")
    assert found(world, person="new@example.org") == ["new@example.org"]


def test_messages_are_found_by_session_state_and_kind(booked):
    booked.booking("booking_cancelled", version=2)
    assert found(booked, session="april") == ["ada@example.org"]
    assert [item["template"] for item in items(booked, state="queued")] == ["booking_cancelled"]
    assert found(booked, template="booking_confirmed", session="march") == ["zoe@example.org"]
    assert items(booked, state="failed") == items(booked, state="bounced") == []


@pytest.mark.parametrize(
    ("q", "whom"),
    [
        ("okafor", ["zoe@example.org"]),
        ("ADA lovelace", ["ada@example.org"]),
        ("ada@", ["ada@example.org"]),
        ("zoe OKÁFOR", ["zoe@example.org"]),
        ("Ápril", ["ada@example.org"]),
        ("april cohort", ["ada@example.org"]),
        ("cohort", ["ada@example.org", "zoe@example.org"]),
        ("okafor april", []),
        ("100%", ["ada@example.org"]),
        ("1%", []),
        ("_", []),
        ("  ", ["ada@example.org", "zoe@example.org"]),
    ],
)
def test_words_find_people_by_name_or_address_and_sessions_by_title(booked, q, whom):
    assert found(booked, q=q) == whom


def test_all_that_is_wrong_is_told_at_once(world):
    wrong = {"person": "Zoë", "session": "nowhere", "state": "lost", "template": "poem", "q": "a " * 11}
    with pytest.raises(Invalid) as refusal:
        listed(world, **wrong)
    assert {error["field"] for error in refusal.value.errors} == set(wrong)


def test_words_that_fit_hundreds_are_to_be_made_more(world):
    for number in range(overview.MOST_FOUND):
        world.person(id_=str(uuid.UUID(int=number)), email=f"p{number}@example.org", name="Zo")
    with pytest.raises(Invalid, match=says("refusal.wrong_fields")):
        listed(world, q="zo")


def test_no_filter_is_ever_a_fault(booked):
    dice = random.Random(5)
    pieces = [*string.printable[:95], "é", "’", "%", "_", "\\", "'", '"', "🙂", "ada@example.org", ADA, "march", "sent"]
    for _ in range(150):
        names = dice.sample(["person", "session", "state", "template", "q"], dice.randint(1, 3))
        wanted = {name: "".join(dice.choices(pieces, k=dice.randint(0, 12))) for name in names}
        try:
            page = listed(booked, cursor=dice.choice([None, "".join(dice.choices(pieces, k=9))]), **wanted)
        except Invalid as refusal:
            outcome = {error["field"] for error in refusal.errors} - {*wanted, "cursor"}
        else:
            outcome = set(page) - {"items", "next"}
        assert outcome == set()


# Page by page


def test_pages_are_the_latest_first_and_stay_so_while_messages_are_added(booked):
    for number in range(7):
        booked.later(seconds=number % 2)  # some at the same moment
        booked.booking(reference=f"HR-{number}", version=1)
    before = {message.id: message.created_at for message in booked.messages()}
    seen, cursor = [], None
    while True:
        page = listed(booked, cursor=cursor, limit=2)
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        booked.later(seconds=1)
        booked.booking(reference=f"HR-NEW-{len(seen)}")
    assert seen == sorted(before, key=lambda id_: (before[id_], id_), reverse=True)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%",
        cursor_after(1, "x"),
        cursor_after("soon", "x"),
        cursor_after("0001-01-01T00:00:00+14:00", "x"),
        cursor_after("2027-02-01T10:00:00+00:00"),
        cursor_after("2027-02-01T10:00:00+00:00", "a\0"),
    ],
)
def test_a_forged_cursor_is_refused(booked, cursor):
    with pytest.raises(Invalid):
        listed(booked, cursor=cursor)


def test_the_states_that_can_be_asked_for_are_all_that_a_message_can_have():
    (check,) = [constraint for constraint in Message.__table__.constraints if constraint.name == "ck_messages_state"]
    there = set(str(check.sqltext).split("'")[1::2])
    assert there <= set(schemas.MESSAGE_STATES)


# Large lists


PLANS = {
    "ix_messages_created_at": {},
    "ix_messages_state": {"state": "failed"},
    "ix_messages_template": {"template": "thanks"},
    "ix_messages_session": {"session": "march"},
    "ix_messages_person": {"person": ZOE},
    "ix_messages_queue": {"state": "queued"},
}


def add_many(world):
    """Write so many messages that it matters how they are read; one in a hundred is what a list of PLANS asks for."""
    with world.begin() as db:
        one = db.execute(select(Message.__table__).limit(1)).mappings().one()
        common = {"state": "sent", "template": "reminder_day", "session": "april", "person": None}
        rare = {"state": "failed", "template": "thanks", "session": "march", "person": ZOE}
        waiting = {**common, "state": "queued", "due_at": world.now + timedelta(days=1)}
        rows = []
        for n in range(6000):
            kind = rare if n % 100 == 0 else waiting if n % 100 == 50 else common
            when = world.now - timedelta(minutes=n)
            rows.append({**one, **kind, "id": str(uuid.uuid4()), "event_id": str(n), "created_at": when})
        db.execute(insert(Message.__table__), rows)
    with world.begin() as db:
        if db.get_bind().dialect.name == "postgresql":  # SQLite plans without figures unless it is told to count
            db.execute(text("ANALYZE"))


@contextmanager
def plans_of(world):
    """Open a transaction, and note how the database reads messages in it."""
    plans = []

    def explain(connection, cursor, statement, parameters, *_):
        if statement.startswith("SELECT messages.id"):
            how = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
            cursor.execute(f"{how} {statement}", parameters)
            plans.append(str(cursor.fetchall()))

    with world.begin() as db:
        event.listen(db.get_bind(), "before_cursor_execute", explain)
        yield db, plans
        event.remove(db.get_bind(), "before_cursor_execute", explain)


@pytest.mark.parametrize("index", PLANS)
def test_each_list_is_read_from_an_index_and_not_sorted(booked, index):
    add_many(booked)
    with plans_of(booked) as (db, plans):
        overview.page(db, PLANS[index], cursor_after(booked.now.isoformat(), ZOE), 20, LETTERHEAD)
    (plan,) = plans
    assert index in plan or (index == "ix_messages_queue" and "ix_messages_order" in plan), plan  # of what is queued
    is_sorted = "Sort" in plan or "TEMP B-TREE" in plan
    assert is_sorted == (index in ("ix_messages_person", "ix_messages_queue")), plan  # these are few


def test_no_index_of_the_team_s_takes_senders_away_from_theirs(booked):
    add_many(booked)
    with plans_of(booked) as (db, plans):
        db.execute(leases.NEXT_DUE, {"now": booked.now, "most": 8})
    assert "ix_messages_queue" in plans[0]


def test_what_a_mailing_says_stays_where_it_is(booked):
    with booked.begin() as db:
        mailings.send(db, "march", booked.now, "all", "Bring a pen", "Please.")
    assert [item["subject"] for item in items(booked, template="team_message")] == ["Bring a pen"]
