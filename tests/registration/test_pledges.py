"""What pledges protect: that whoever made one reads it and nobody else does, and that the team has figures alone."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration import my_data, schemas
from services.registration.attendance import reading, recording
from services.registration.errors import NoPledge, PledgeNotDue
from services.registration.models import Feedback, Session
from services.registration.places import bookings, lookup
from services.registration.voices import feedback, pledges
from services.runtime.database import make_schema
from services.runtime.migrations import versions
from services.runtime.refusals import Invalid, NotFound, NotSignedIn
from services.runtime.schemas import load
from services.runtime.upgrades import upgrade
from tests.registration.conftest import NOW, START

END = START + timedelta(hours=7)
DUE = END + timedelta(days=42)
PLEDGE = "Ask first.\nThen listen."
SECRET = "I still talk too much."


@pytest.fixture
def pledged(db, told, person):
    """Have somebody book the march session and pledge something after it: `pledged("amina")` returns who, and where."""

    def pledge(who="amina", differently=PLEDGE, now=END, useful=4):
        if db.get(Session, "march") is None:
            told(places_in_room=30)
        owner = person(who)
        reference = bookings.book(db, owner, NOW, "march")["reference"]
        feedback.give(db, owner, reference, now, useful=useful, differently=differently, next=None)
        return owner, reference

    return pledge


def answer(db, owner, reference, now=DUE, did="partly", note=SECRET):
    return pledges.answer(db, owner, reference, now, **load(schemas.PledgeAnswer(), {"did": did, "note": note}))


def figures(db):
    return schemas.SessionFeedback().dump(feedback.page(db, "march", None, 20))["pledges"]


def announced(db):
    rows = db.scalars(select(outbox.c.envelope).order_by(outbox.c.position))
    return [Envelope.from_json(row) for row in rows if row is not None]


def given(db):
    return [event for event in announced(db) if event.type == "registration.feedback_given.v1"]


def test_every_field_that_is_accepted_is_kept_and_shown(db, pledged):
    amina, reference = pledged()
    answer(db, amina, reference)
    db.expire_all()
    assert schemas.PledgeView().dump(pledges.one(db, amina, reference.lower())) == {
        "reference": reference,
        "session": "march",
        "title": "March cohort",
        "pledge": PLEDGE,
        "given_at": END.isoformat(),
        "asked_at": DUE.isoformat(),
        "did": "partly",
        "note": SECRET,
        "answered_at": DUE.isoformat(),
        "version": 2,
    }


def test_a_pledge_can_be_read_at_once_and_has_no_answer_yet(db, pledged):
    shown = pledges.one(db, *pledged())
    assert (shown["pledge"], shown["did"], shown["note"], shown["answered_at"]) == (PLEDGE, None, None, None)


@pytest.mark.parametrize("who", ["ben", "team", "operator"])
def test_nobody_else_reads_or_answers_it_the_team_included(db, pledged, person, who):
    _, reference = pledged()
    other = person(who, granted=[who] if who != "ben" else [])
    with pytest.raises(NotFound):
        pledges.one(db, other, reference)
    with pytest.raises(NotFound):
        answer(db, other, reference)


@pytest.mark.parametrize("feedback_was_given", [True, False])
def test_a_booking_without_a_pledge_has_none_to_read_or_answer(db, told, person, pledged, feedback_was_given):
    if feedback_was_given:
        amina, reference = pledged(differently=None)
    else:
        told()
        amina = person()
        reference = bookings.book(db, amina, NOW, "march")["reference"]
    pledged("ben")  # somebody else's, of the same session
    for ask in (pledges.one, answer):
        with pytest.raises(NoPledge):
            ask(db, amina, reference)


def test_what_became_of_it_is_asked_six_weeks_after_the_last_meeting(db, pledged):
    amina, reference = pledged()
    with pytest.raises(PledgeNotDue) as refused:
        answer(db, amina, reference, DUE - timedelta(microseconds=1))
    assert refused.value.facts == {"asked_at": DUE.isoformat()}
    assert answer(db, amina, reference, DUE)["did"] == "partly"
    assert answer(db, amina, reference, DUE + timedelta(days=800), "yes")["did"] == "yes"


def test_another_answer_replaces_it_and_the_same_one_again_changes_nothing(db, pledged):
    amina, reference = pledged()
    first = answer(db, amina, reference)
    later = DUE + timedelta(days=1)
    assert answer(db, amina, reference, later) == first
    again = answer(db, amina, reference, later, "yes", None)
    assert (again["did"], again["note"], again["answered_at"], again["version"]) == ("yes", None, later, 3)
    assert db.scalar(select(func.count()).select_from(Feedback)) == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"did": None}, "did"),
        ({"did": "no"}, "did"),
        ({"did": True}, "did"),
        ({"note": "a" * 1001}, "note"),
        ({"note": "a\x1b"}, "note"),
        ({"pledge": "x"}, "pledge"),
    ],
    ids=str,
)
def test_what_is_no_answer_is_refused_by_its_field(changed, field):
    with pytest.raises(Invalid) as refused:
        load(schemas.PledgeAnswer(), {"did": "yes", **changed})
    assert [error["field"] for error in refused.value.errors] == [field]


def test_a_pledge_that_is_taken_back_takes_along_what_was_said_of_it(db, pledged):
    amina, reference = pledged()
    answer(db, amina, reference)
    feedback.give(db, amina, reference, DUE, useful=4, differently=None, next=None)
    with pytest.raises(NoPledge):
        pledges.one(db, amina, reference)
    [row] = db.scalars(select(Feedback))
    assert (row.pledged, row.did, row.note, row.answered_at) == (False, None, None, None)


def test_other_words_for_a_pledge_keep_what_became_of_it(db, pledged):
    amina, reference = pledged()
    answer(db, amina, reference)
    feedback.give(db, amina, reference, DUE, useful=4, differently="Listen.", next=None)
    shown = pledges.one(db, amina, reference)
    assert (shown["pledge"], shown["did"], shown["note"]) == ("Listen.", "partly", SECRET)


def test_what_is_announced_says_whether_there_is_a_pledge_and_never_what_it_is(db, pledged):
    amina, reference = pledged()
    feedback.give(db, amina, reference, END, useful=4, differently=None, next="More")
    feedback.give(db, amina, reference, END, useful=4, differently=PLEDGE, next="More")
    before = len(announced(db))
    answer(db, amina, reference)
    assert [event.data["pledged"] for event in given(db)] == [True, False, True]
    assert len(announced(db)) == before, "what became of it is nobody's business"
    everything = str([event.data for event in announced(db)])
    assert PLEDGE.split("\n")[0] not in everything
    assert SECRET not in everything


# What the team reads


def test_the_team_reads_how_many_pledged_something_and_how_many_did_it(db, pledged):
    said = {"amina": "yes", "ben": "yes", "cy": "partly", "di": "not_yet", "ed": None}
    for name, did in said.items():
        owner, reference = pledged(name)
        if did:
            answer(db, owner, reference, did=did)
    pledged("flo", differently=None)
    assert figures(db) == {"pledged": 5, "answers": 4, "did": {"yes": 2, "partly": 1, "not_yet": 1}}


@pytest.mark.parametrize(
    ("made", "answered", "expected"),
    [
        (0, 0, {"pledged": "<3", "answers": "<3", "did": None}),
        (2, 2, {"pledged": "<3", "answers": "<3", "did": None}),
        (3, 2, {"pledged": 3, "answers": "<3", "did": None}),
        (3, 3, {"pledged": 3, "answers": 3, "did": {"yes": 3, "partly": 0, "not_yet": 0}}),
    ],
)
def test_below_three_a_figure_is_not_shown(db, pledged, made, answered, expected):
    for number, name in enumerate(("amina", "ben", "cy", "di")):
        owner, reference = pledged(name, differently=PLEDGE if number < made else None)
        if number < answered:
            answer(db, owner, reference, did="yes")
    assert figures(db) == expected


def test_no_word_of_a_pledge_reaches_anybody_but_its_author(db, pledged, person):
    """All that registration returns to the team of a session and its people, after a pledge and a note were made."""
    team = person("team", granted=["team"])
    theirs = [pledged(name, differently="Unspeakable") for name in ("amina", "ben", "cy")]
    for owner, reference in theirs:
        answer(db, owner, reference, note="Unspeakable")
    reference = theirs[0][1]
    recording.record(db, team, "march", [{"reference": reference, "meeting": 1, "present": True}], "list", DUE)
    seen = [
        schemas.SessionFeedback().dump(feedback.page(db, "march", None, 20)),
        schemas.BookingOfPerson().dump(lookup.one_of_person(db, team, reference, DUE)),
        schemas.BookingView().dump(lookup.one(db, team, reference, DUE)),
        feedback.open_forms(db, team, [reference], DUE),
        lookup.page_of_session(db, "march", DUE, None, 20, None),
        reading.page(db, "march", None, 20),
        my_data.export(db, team),
        [event.data for event in announced(db)],
    ]
    assert "Unspeakable" not in str(seen)
    assert feedback.open_forms(db, team, [reference], DUE) == {"items": [], "pledges": []}


# My places


def test_ones_own_pledges_are_told_of_in_short_with_what_became_of_them(db, pledged):
    amina, reference = pledged()
    ben, another = pledged("ben")
    answer(db, ben, another)
    asked = [reference, another]
    late = END + timedelta(days=61)
    assert feedback.open_forms(db, amina, asked, late)["pledges"] == [{"reference": reference, "did": None}]
    assert feedback.open_forms(db, ben, asked, late)["pledges"] == [{"reference": another, "did": "partly"}]


def test_what_others_said_of_the_same_session_is_not_taken_for_ones_own(db, told, person, pledged):
    for name in ("ben", "cy"):
        pledged(name)
    amina = person()
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    forms = feedback.open_forms(db, amina, [reference], END)
    assert forms == {"items": [{"reference": reference, "given": False}], "pledges": []}


# What is held, and forgotten


def test_the_export_holds_the_pledge_and_what_became_of_it(db, pledged):
    amina, reference = pledged()
    answer(db, amina, reference)
    [held] = my_data.export(db, amina)["feedback"]
    assert (held["differently"], held["did"], held["note"], held["answered_at"]) == (PLEDGE, "partly", SECRET, DUE)


def test_erasure_leaves_the_figures_and_no_word_or_moment(db, pledged):
    for name in ("amina", "ben", "cy"):
        owner, reference = pledged(name)
        answer(db, owner, reference)
        my_data.erase(db, owner, DUE)
    db.expire_all()
    assert figures(db) == {"pledged": 3, "answers": 3, "did": {"yes": 0, "partly": 3, "not_yet": 0}}
    for left in db.scalars(select(Feedback)):
        assert (left.booking_id, left.differently, left.note, left.answered_at) == (None, None, None, None)


def test_whoever_was_erased_meanwhile_answers_nothing(db, pledged):
    amina, reference = pledged()
    my_data.erase(db, amina, DUE)
    with pytest.raises(NotSignedIn):
        answer(db, amina, reference)


@pytest.mark.parametrize(
    "broken",
    ["pledged = false", "differently = NULL", "did = 'no'", "did = NULL", "answered_at = NULL, did = NULL"],
)
def test_the_database_itself_refuses_what_is_no_pledge(db, pledged, broken):
    amina, reference = pledged()
    answer(db, amina, reference)
    with pytest.raises(IntegrityError), db.begin_nested():
        db.execute(text(f"UPDATE feedback SET {broken}"))


AT = "'2027-01-05 09:00:00+00'"
ROWS = f"""
INSERT INTO people (id, granted, created_at, version) VALUES ('zoe', '[]', {AT}, 1);
INSERT INTO sessions (slug, title, programme, meetings, starts_at, ends_at, status, waiting_list, capacity_in_room,
    capacity_online, taken_in_room, taken_online, waiting_in_room, waiting_online, line_end, line_front,
    catalogue_version, version)
    VALUES ('march', 'March', 'slp', '[]', {AT}, {AT}, 'published', 'offer', 9, 9, 0, 0, 0, 0, 0, 0, 1, 1);
INSERT INTO bookings (id, reference, person_id, session_slug, mode, state, expired_offers, created_at, version)
    VALUES (7, 'A', 'zoe', 'march', 'online', 'confirmed', 0, {AT}, 1),
    (8, 'B', 'zoe', 'march', 'online', 'cancelled', 0, {AT}, 1);
INSERT INTO feedback (id, booking_id, session_slug, useful, differently, given_at, version)
    VALUES (1, 7, 'march', 3, 'Listen', {AT}, 1), (2, 8, 'march', 4, NULL, {AT}, 1),
    (3, NULL, 'march', 5, NULL, NULL, 1)
"""


def test_what_was_said_before_there_were_pledges_is_one_now(make_engine):
    engine = make_engine()
    make_schema(engine, "registration")
    upgrade(engine, versions("registration"), "0007")
    with engine.begin() as connection:
        for row in ROWS.split(";"):
            connection.execute(text(row.replace(":00", "\\:00")))
    upgrade(engine, versions("registration"), "0008")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT differently, pledged, did FROM feedback ORDER BY id")).all()
    assert rows == [("Listen", True, None), (None, False, None), (None, False, None)]
