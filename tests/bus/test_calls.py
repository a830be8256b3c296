"""A call: one transaction, one validation, and the first answer again for a key that was used."""

from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import fields
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from services.bus import models, wire
from services.bus.calls import NOT_KEPT, Call
from services.bus.outbox import announce
from services.runtime.database import Transactions
from services.runtime.refusals import Invalid, NotAllowed, NotFound, Refusal, Unavailable
from services.runtime.schemas import Schema
from tests.bus.scenarios.services import Full, Note, effects, take_effect
from tests.sentences import says


class Shown(Schema):
    """What is shown of a note."""

    at = fields.DateTime()
    text = fields.String()


class Desk:
    """A service whose methods are given by the test."""


class Guarded:
    """A service that knows its callers by their tokens."""

    def identify(self, db: Any, caller: Any, serialised: bool) -> Any:
        if caller is None:
            raise Refusal("Who are you?")
        return type("Person", (), {"id": f"person of {caller['token']}"})()


def call(method: Any, *, accepts: Any = None, returns: Any = None, keep_answer: bool = True, **more: Any) -> Call:
    takes_caller = "caller" in method.__code__.co_varnames[: method.__code__.co_argcount]
    return Call(method, accepts and accepts(), returns and returns(), takes_caller, keep_answer, **more)


def noted(transactions: Transactions) -> list[str]:
    with transactions.begin() as db:
        return list(db.scalars(select(effects.c.what).order_by(effects.c.position)))


def note(service: Any, db: Any, given: Any) -> dict[str, int]:
    return {"number": take_effect(db, given["text"])}


HELLO = {"given": {"text": "hello"}}


def test_an_answer_says_what_was_announced_last_and_that_nothing_was(transactions):
    def announcing(service: Any, db: Any, given: Any) -> None:
        for version in (1, 2):
            announce(db, "desk.noted.v1", f"notes/{given['text']}", version, {})

    assert call(announcing, accepts=Note).answer(Desk(), transactions, HELLO).announced == ("notes/hello", 2)
    assert call(note, accepts=Note).answer(Desk(), transactions, HELLO).announced is None


def test_what_a_method_did_is_committed_with_its_answer(transactions):
    reply = call(note, accepts=Note).answer(Desk(), transactions, HELLO)
    assert (reply.value, reply.refusal, reply.replayed) == ({"number": 1}, None, False)
    assert noted(transactions) == ["hello"]


class TestFirst:
    """What has to be asked outside is asked before the transaction."""

    def test_nothing_is_locked_meanwhile(self, transactions):
        def ask(service, given):
            with transactions.begin() as db:  # on SQLite it would wait for a transaction of the call for ever
                return take_effect(db, f"asked for {given['text']}")

        def method(service, db, given, found):
            return {"number": found, "text": given["text"]}

        reply = call(method, accepts=Note, first=ask).answer(Desk(), transactions, HELLO)
        assert (reply.value, noted(transactions)) == ({"number": 1, "text": "hello"}, ["asked for hello"])

    def test_what_is_given_is_checked_before_anyone_is_asked(self, transactions):
        asked = []
        answer = call(note, accepts=Note, first=lambda *_: asked.append(1)).answer(Desk(), transactions, {"given": {}})
        assert (answer.refusal.code, asked) == ("invalid", [])

    def test_a_refusal_of_it_is_the_answer_and_nothing_is_done(self, transactions):
        def ask(service, given):
            raise Full

        assert call(note, accepts=Note, first=ask).answer(Desk(), transactions, HELLO).refusal.code == Full.code
        assert noted(transactions) == []

    def test_nobody_who_calls_can_say_what_was_found(self, transactions):
        def method(service, db, found):
            return found

        asked = call(method, first=lambda *_: "this")
        assert asked.answer(Desk(), transactions, {}).value == "this"
        assert "found" in asked.answer(Desk(), transactions, {"found": "that"}).refusal.detail


def test_an_answer_goes_through_its_schema(transactions):
    def look(service, db):
        return {"at": datetime(2027, 3, 9, tzinfo=UTC), "text": "hello", "secret": "swordfish"}

    assert call(look, returns=Shown).answer(Desk(), transactions, {}).value == {
        "at": "2027-03-09T00:00:00+00:00",
        "text": "hello",
    }


def test_an_answer_without_a_schema_is_json_all_the_same_and_so_is_what_is_kept_of_it(transactions):
    def look(service, db):
        return [datetime(2027, 3, 9, tzinfo=UTC)]

    for request_ in ({}, {"key": "k"}, {"key": "k"}):
        reply = call(look).answer(Desk(), transactions, request_)
        assert wire.read_reply(wire.reply(reply.value))[1] == b'["2027-03-09T00:00:00+00:00"]'
    assert reply.replayed


def test_whoever_may_not_call_a_method_is_refused_before_anything_else(transactions):
    def only_amina(db: Any, caller: Any, now: datetime, named: Any) -> None:
        if (caller.id, named) != ("person of amina", {"slug": "march"}):
            raise NotAllowed

    def look(service, db, slug, given):
        return slug

    guarded = Call(look, Note(), None, False, True, requires=only_amina)
    for who, refused in (("amina", None), ("ben", "not-allowed")):
        reply = guarded.answer(Guarded(), transactions, {**HELLO, "slug": "march", "caller": {"token": who}})
        assert (reply.refusal and reply.refusal.code) == refused
    reply = guarded.answer(Guarded(), transactions, {"slug": "march", "given": "wrong", "caller": {"token": "ben"}})
    assert isinstance(reply.refusal, NotAllowed)
    assert guarded.answer(Guarded(), transactions, {**HELLO, "slug": "march"}).refusal.detail == "Who are you?"


def test_a_wrong_request_does_not_reach_the_method(transactions):
    reply = call(note, accepts=Note).answer(Desk(), transactions, {"given": {"text": ""}})
    assert isinstance(reply.refusal, Invalid)
    assert noted(transactions) == []


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        ({"slug": "a", "colour": "red"}, says("refusal.argument_unknown", argument="colour")),
        ({"slug": "a", "db": 1}, says("refusal.argument_unknown", argument="db")),
        ({"slug": "a", "service": 1}, says("refusal.argument_unknown", argument="service")),
        ({}, says("refusal.argument_missing", argument="slug")),
    ],
)
def test_arguments_that_do_not_fit_are_named(transactions, request_, what):
    def look(service, db, slug, version=1):
        return slug

    reply = call(look).answer(Desk(), transactions, {**request_, "key": "k"})
    assert reply.refusal
    assert what in reply.refusal.detail
    assert call(look).answer(Desk(), transactions, {"slug": "a", "caller": None, "given": None}).value == "a"


def test_a_refusal_that_is_raised_undoes_everything(transactions):
    def fill(service, db):
        take_effect(db, "undone")
        announce(db, "echo.noted.v1", "notes", 1, {})
        raise Full

    assert isinstance(call(fill).answer(Desk(), transactions, {}).refusal, Full)
    assert noted(transactions) == []
    with transactions.begin() as db:
        assert db.execute(select(models.outbox)).all() == []


def test_a_refusal_that_is_returned_leaves_what_was_done(transactions):
    def fill(service, db):
        take_effect(db, "done")
        return Full()

    assert isinstance(call(fill).answer(Desk(), transactions, {}).refusal, Full)
    assert noted(transactions) == ["done"]


def test_a_defect_undoes_everything_and_is_raised(transactions):
    def fail(service, db):
        take_effect(db, "undone")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call(fail).answer(Desk(), transactions, {"key": "k"})
    assert noted(transactions) == []


def test_the_same_request_again_gets_the_first_answer(transactions):
    first, second = (call(note, accepts=Note).answer(Desk(), transactions, {**HELLO, "key": "k"}) for _ in range(2))
    assert (first.value, first.replayed) == ({"number": 1}, False)
    assert (second.value, second.replayed) == ({"number": 1}, True)
    assert noted(transactions) == ["hello"]


def test_without_a_key_it_is_done_again(transactions):
    for _ in range(2):
        call(note, accepts=Note).answer(Desk(), transactions, HELLO)
    assert noted(transactions) == ["hello"] * 2


def test_an_answer_that_holds_a_secret_is_not_kept(transactions):
    for _ in range(2):
        call(note, accepts=Note, keep_answer=False).answer(Desk(), transactions, {**HELLO, "key": "k"})
    assert noted(transactions) == ["hello"] * 2
    with transactions.begin() as db:
        assert db.execute(select(models.answers)).all() == []


def test_a_key_that_was_used_for_another_request_is_refused(transactions):
    call(note, accepts=Note).answer(Desk(), transactions, {**HELLO, "key": "k"})
    other = call(note, accepts=Note).answer(Desk(), transactions, {"given": {"text": "other"}, "key": "k"})
    assert other.refusal.code == "idempotency-key-reused"
    assert noted(transactions) == ["hello"]


def test_a_refusal_of_the_state_of_things_is_kept(transactions):
    room = [0, 1]

    def fill(service, db):
        if not room.pop(0):
            raise Full(room=0)
        return "there is room now"

    replies = [call(fill).answer(Desk(), transactions, {"key": "k"}) for _ in range(2)]
    assert [(reply.refusal.to_wire(), reply.replayed) for reply in replies] == [
        (Full(room=0).to_wire(), False),
        (Full(room=0).to_wire(), True),
    ]


@pytest.mark.parametrize("refusal", NOT_KEPT)
def test_a_refusal_of_the_request_or_the_moment_is_not_kept(transactions, refusal):
    answers = [refusal([]) if refusal is Invalid else refusal(), "now it can be done"]

    def try_it(service, db):
        answer = answers.pop(0)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    assert isinstance(call(try_it).answer(Desk(), transactions, {"key": "k"}).refusal, refusal)
    reply = call(try_it).answer(Desk(), transactions, {"key": "k"})
    assert (reply.value, reply.replayed) == ("now it can be done", False)


def test_a_refusal_that_says_when_to_try_again_is_not_kept(transactions):
    answers = [Full(retry_after=5), "now it can be done"]

    def try_it(service, db):
        answer = answers.pop(0)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    assert isinstance(call(try_it).answer(Desk(), transactions, {"key": "k"}).refusal, Full)
    assert call(try_it).answer(Desk(), transactions, {"key": "k"}).value == "now it can be done"


def test_a_key_belongs_to_the_person_and_not_to_the_token(transactions):
    def mine(service, db, caller):
        return take_effect(db, caller.id)

    for token, replayed in [("a", False), ("b", False), ("a", True)]:
        reply = call(mine).answer(Guarded(), transactions, {"caller": {"token": token}, "key": "k"})
        assert reply.replayed is replayed
    assert noted(transactions) == ["person of a", "person of b"]


def test_nobody_gets_an_answer_that_was_anothers(transactions):
    """A caller who is not known is refused before the key is looked at."""

    def mine(service, db, caller):
        return "private"

    call(mine).answer(Guarded(), transactions, {"caller": {"token": "a"}, "key": "k"})
    reply = call(mine).answer(Guarded(), transactions, {"caller": None, "key": "k"})
    assert (reply.value, str(reply.refusal)) == (None, "Who are you?")


def test_a_method_that_takes_no_caller_is_given_none(transactions):
    def look(service, db):
        return "seen"

    assert call(look).answer(Desk(), transactions, {"caller": {"id": "ann"}}).value == "seen"


def test_rows_that_the_database_refuses_are_a_defect_before_the_answer_is_kept(transactions):
    """What the session still holds is written before the answer, not at the commit after it."""

    def forget(service, db):
        db.execute(update(effects).values(what=None))
        take_effect(db, "there")
        db.execute(update(effects).values(what=None))

    with pytest.raises(Exception, match=r"(?i)null") as error:
        call(forget).answer(Desk(), transactions, {"key": "k"})
    assert not isinstance(error.value, OperationalError | NotFound | Unavailable)
