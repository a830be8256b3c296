"""Drafts of the team's messages: nobody overwrites another's unseen, none is sent twice, and none outlives its use."""

import threading
import uuid
from datetime import timedelta

import pytest

from services.bus import keeping
from services.notifications import drafts, retention
from services.notifications.causes import mailings
from services.notifications.errors import DraftGone, TooManyDrafts
from services.notifications.models import Mailing, MergeMove, MessageDraft
from services.notifications.service import Notifications
from services.runtime.refusals import NotAllowed, NotFound, StaleVersion
from services.runtime.retention import period
from tests.bus.vouched import VERIFIER, vouched
from tests.notifications.conftest import ZOE

OTHER = "0c3f6a52-2a5e-4c55-9d5b-8a8b5d4a1a10"
REFERENCE = "HR-7K2M9Q"
WHOLE = {"to": "all", "subject": "Where to find us", "body": "Floor 2.\n\nBring a pen."}


@pytest.fixture
def booked(world):
    """Zoë has a place, and has been told so."""
    world.booking()
    world.deliver()
    return world


def ask(world, act, *named, **more):
    with world.begin() as db:
        return act(db, *named, **more)


def begin(world, by=ZOE, session="march", **given):
    return ask(world, drafts.begin, by, world.now, session, given or WHOLE)


def change(world, draft, by=ZOE, version=None, **given):
    return ask(world, drafts.change, draft["id"], version or draft["version"], by, world.now, given)


def send(world, draft, version=None, slug="march", **more):
    return ask(world, mailings.send, slug, world.now, **WHOLE, draft=draft["id"], draft_version=version, **more)


def kept(world):
    return ask(world, drafts.page, None, 50)["items"]


def test_a_draft_is_read_as_it_was_saved_and_says_who_saved_it_and_when(booked):
    draft = begin(booked, **WHOLE, references=[REFERENCE.lower()])
    assert {name: draft[name] for name in WHOLE} == WHOLE
    assert (draft["references"], draft["saved_by"], draft["saved_by_name"]) == ([REFERENCE], ZOE, "Zoë Okafor")
    assert (draft["saved_at"], draft["version"], draft["session"]) == (booked.now, 1, "march")
    assert ask(booked, drafts.one, draft["id"]) == draft
    assert kept(booked) == [draft]


def test_what_is_missing_still_may_be_missing_and_what_is_left_out_goes(booked):
    draft = begin(booked, subject="Hello")
    assert (draft["to"], draft["body"], draft["references"]) == (None, None, None)
    changed = change(booked, draft, body="Hello")
    assert (changed["subject"], changed["body"], changed["version"]) == (None, "Hello", 2)


def test_whoever_saves_second_is_told_and_overwrites_nothing(booked):
    draft = begin(booked)
    change(booked, draft, subject="First")
    with pytest.raises(StaleVersion) as refused:
        change(booked, draft, subject="Second")
    assert refused.value.facts["version"] == 2
    assert kept(booked)[0]["subject"] == "First"


def test_a_session_that_is_not_known_has_no_drafts(world):
    with pytest.raises(NotFound):
        begin(world, session="nowhere")


def test_there_are_as_many_drafts_as_can_be_read(world, monkeypatch):
    monkeypatch.setattr(drafts, "MOST", 2)
    first = begin(world)
    begin(world)
    with pytest.raises(TooManyDrafts) as refused:
        begin(world)
    assert refused.value.facts["most"] == 2
    ask(world, drafts.drop, first["id"])
    begin(world)


def test_what_is_deleted_is_gone(world):
    draft = begin(world)
    ask(world, drafts.drop, draft["id"])
    for act in (drafts.one, drafts.drop):
        with pytest.raises(NotFound):
            ask(world, act, draft["id"])
    with pytest.raises(NotFound):
        change(world, draft)


def test_they_come_page_by_page_the_latest_first(world):
    for number in range(3):
        begin(world, subject=str(number))
    page = ask(world, drafts.page, None, 2)
    rest = ask(world, drafts.page, page["next"], 2)
    assert [draft["subject"] for draft in page["items"] + rest["items"]] == ["2", "1", "0"]
    assert rest["next"] is None


# Sending


def test_a_draft_goes_when_it_is_sent_and_who_sent_it_stays(booked):
    draft, other = begin(booked), begin(booked, subject="Another")
    send(booked, draft, 1, written_by=ZOE)
    assert [one["id"] for one in kept(booked)] == [other["id"]]
    (mailing,) = ask(booked, mailings.page, "march", None, 20)["items"]
    assert (mailing["written_by"], mailing["written_by_name"]) == (ZOE, "Zoë Okafor")


def test_a_draft_is_sent_once(booked):
    draft = begin(booked)
    send(booked, draft)
    with pytest.raises(DraftGone):
        send(booked, draft)
    assert len(booked.deliver()) == 1


def test_two_who_send_a_draft_at_once_send_it_once(booked):
    draft, outcomes = begin(booked), []

    def press():
        try:
            outcomes.append(send(booked, draft)["queued"])
        except DraftGone:
            outcomes.append("gone")

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes, key=str) == [1, "gone"]
    assert len(booked.deliver()) == 1


def test_nothing_is_sent_that_another_changed_meanwhile(booked):
    draft = begin(booked)
    change(booked, draft, subject="Better")
    with pytest.raises(StaleVersion):
        send(booked, draft, 1)
    assert (booked.deliver(), len(kept(booked))) == ([], 1)


def test_a_draft_is_sent_to_the_people_of_its_session_alone(booked):
    booked.session("april")
    with pytest.raises(DraftGone):
        send(booked, begin(booked), slug="april")


def test_whoever_facilitates_sends_no_draft_of_the_team_s(booked):
    with pytest.raises(NotAllowed):
        ask(booked, mailings.send, "march", booked.now, "confirmed", "Hi", "Hello", draft="x", facilitator=ZOE)


# Whose it is, and for how long


def test_a_draft_that_nobody_sent_goes_after_its_time(world):
    draft = begin(world)
    world.now += period("message_drafts") - timedelta(days=1)
    later = begin(world)
    for days, left in ((0, {draft["id"], later["id"]}), (1, {later["id"]})):
        world.now += timedelta(days=days)
        with world.begin() as db:
            while keeping.let_go(db, retention.RULES, world.now):
                pass
        assert {one["id"] for one in kept(world)} == left


def test_an_erased_person_is_named_nowhere_and_a_draft_to_them_alone_is_to_nobody(booked):
    """It would be the worst of mistakes if what was for some went to everybody."""
    alone = begin(booked, **WHOLE, references=[REFERENCE])
    both = begin(booked, **WHOLE, references=[REFERENCE, "HR-OTHER"])
    send(booked, begin(booked), written_by=ZOE)
    booked.erase(told_before=True)
    now = {draft["id"]: draft for draft in kept(booked)}
    assert {draft["saved_by"] for draft in now.values()} == {None}
    assert (now[alone["id"]]["references"], now[alone["id"]]["to"]) == (None, None)
    assert (now[both["id"]]["references"], now[both["id"]]["to"]) == (["HR-OTHER"], "all")
    with booked.begin() as db:
        assert [mailing.written_by for mailing in db.query(Mailing)] == [None]


def test_what_a_merged_account_saved_and_sent_is_the_other_s_until_it_is_undone(booked):
    booked.person(OTHER, email="zoe@old.example")
    begin(booked, by=OTHER)
    send(booked, begin(booked), written_by=OTHER)

    def owners():
        with booked.begin() as db:
            return db.query(MessageDraft).one().saved_by, db.query(Mailing).one().written_by

    booked.merge(OTHER)
    assert owners() == (ZOE, ZOE)
    booked.part(OTHER, email="zoe@old.example", name="Zoë Okafor")
    assert owners() == (OTHER, OTHER)
    with booked.begin() as db:
        assert db.query(MergeMove).count() == 0


# The calls


@pytest.fixture
def service(booked):
    """The service as the bus calls it."""
    service = Notifications()
    service.database = booked.begin.__self__
    service.verifier = VERIFIER
    return service


def call(service, method, roles=("person", "team"), **named):
    caller = {"id": str(uuid.UUID(int=500)), "roles": [*roles], "facilitates": ["march"]}
    return getattr(Notifications, method)(service, caller=vouched(caller), **named)


def test_the_same_call_under_its_key_begins_one_draft(service):
    given = {**WHOLE, "session": "march"}
    first, again = (call(service, "begin_message_draft", given=given, key="k") for _ in range(2))
    assert (first.refusal, first.value, again.replayed) == (None, again.value, True)
    assert call(service, "message_draft", id=first.value["id"]).value == first.value
    assert len(call(service, "message_drafts", cursor=None, limit=5).value["items"]) == 1


@pytest.mark.parametrize(
    ("method", "named"),
    [
        ("message_drafts", {"cursor": None, "limit": 5}),
        ("message_draft", {"id": "x"}),
        ("begin_message_draft", {"given": {**WHOLE, "session": "march"}}),
        ("change_message_draft", {"id": "x", "version": 1, "given": WHOLE}),
        ("drop_message_draft", {"id": "x"}),
    ],
)
def test_drafts_are_the_team_s_alone(service, method, named):
    assert call(service, method, roles=("person",), **named).refusal.code == "not-allowed"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "everybody"),
        ("references", []),
        ("references", ["HR-1"] * 501),
        ("subject", "x" * 121),
        ("body", "x" * 5001),
    ],
)
def test_what_is_too_much_is_told_at_its_field(service, field, value):
    reply = call(service, "begin_message_draft", given={**WHOLE, "session": "march", field: value})
    assert [error["field"] for error in reply.refusal.facts["errors"]] == [field]
