"""Events that wait are handled together, and one that fails costs the others nothing but a second turn."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import fields
from sqlalchemy import delete, insert, select

from services.bus import inbox as inboxes
from services.bus import models
from services.bus.entrypoints import subscribe
from services.bus.envelope import Envelope
from services.bus.inbox import Failed, Handler, Inbox, row_of
from services.runtime.schemas import Read
from tests.bus.scenarios.services import effects

NOTED, COUNTED, UNREAD = "echo.noted.v1", "echo.counted.v1", "echo.unheard.v1"


class NoteRead(Read):
    text = fields.String(required=True)


def ahead(_, events):
    if "ahead" in [event.data["text"] for event in events]:
        raise RuntimeError("cannot be read")


def after(db, texts):
    db.connection().execute(insert(effects), [{"what": text} for text in texts])
    if "after" in texts:
        raise RuntimeError("cannot be written")


class Reader:
    """Reads notes in runs, and counts one by one; fails by what the text says."""

    name = "reader"

    @subscribe(NOTED, reads=NoteRead, ahead=ahead, after=after)
    def note(self, db, event):
        if event.data["text"] == "fails":
            raise RuntimeError("fails")
        return event.data["text"]

    @subscribe(COUNTED, reads=NoteRead)
    def count(self, db, event):
        db.execute(insert(effects).values(what=event.data["text"]))
        if event.data["text"] == "fails":
            raise RuntimeError("fails")


FAILS = ("fails", "ahead", "after")


def an_inbox(transactions):
    """Return an inbox with its handlers, and the list of the runs that they were given."""
    service, runs = Reader(), []

    def seen(method):
        def handle(db, run):
            runs.append([event.data.get("text") for event in run])
            return method.handle(service, db, run)

        return Handler(handle, method.in_runs)

    handlers = {NOTED: seen(service.note), COUNTED: seen(service.count)}
    return Inbox("reader", transactions, "memory://", {}, handlers), runs


def store(transactions, *told, subjects=100):
    """Store events of (type, data), which speak of so many subjects in turn; return their ids."""
    time = datetime(2027, 3, 9, tzinfo=UTC)
    events = [
        Envelope(str(uuid.uuid4()), type_, "echo", f"notes/{n % subjects}", 1, time, None, data)
        for n, (type_, data) in enumerate(told)
    ]
    with transactions.begin() as db:
        for event in events:
            db.execute(insert(models.inbox).values(row_of(event.to_json())))
    return [event.id for event in events]


def notes(*texts, type_=NOTED):
    return [(type_, {"text": text}) for text in texts]


def handled(transactions, inbox):
    """Work until nothing is due; return what was written, in order, and the ids of what was put off."""
    for _ in range(500):
        if not inbox.work():
            break
    with transactions.begin() as db:
        written = db.scalars(select(effects.c.what).order_by(effects.c.position)).all()
        waiting = select(models.inbox.c.event_id).where(models.inbox.c.state == "waiting", models.inbox.c.attempts == 1)
        return written, set(db.scalars(waiting))


def test_what_waits_for_one_handler_is_one_run(transactions):
    inbox, runs = an_inbox(transactions)
    store(transactions, *notes("a", "b"), *notes("c", "d", type_=COUNTED), *notes("e"))
    assert inbox.work()
    assert runs == [["a", "b"], ["c"], ["d"], ["e"]]
    assert handled(transactions, inbox) == (["a", "b", "c", "d", "e"], set())


def test_of_one_subject_there_is_one_event_in_a_run(transactions):
    inbox, runs = an_inbox(transactions)
    store(transactions, *notes("a", "b", "c", "d"), subjects=3)
    assert handled(transactions, inbox) == (["a", "b", "c", "d"], set())
    assert runs == [["a", "b", "c"], ["d"]]


def test_of_a_run_with_one_that_fails_the_others_are_handled_once(transactions):
    inbox, runs = an_inbox(transactions)
    _, _, failed, _, _ = store(transactions, *notes("a", "b", "fails", "c", "d"))
    assert handled(transactions, inbox) == (["a", "b", "c", "d"], {failed})
    assert runs[:3] == [["a", "b", "fails", "c", "d"], ["a", "b"], ["c", "d"]]


@pytest.mark.parametrize("fails", ["ahead", "after"])
def test_where_it_may_be_any_of_a_run_each_is_tried_by_itself(transactions, fails):
    inbox, runs = an_inbox(transactions)
    _, failed, _ = store(transactions, *notes("a", fails, "b"))
    assert handled(transactions, inbox) == (["a", "b"], {failed})
    assert runs[:2] == [["a", fails, "b"], ["a"]]


def test_what_nobody_reads_or_is_wrongly_told_is_put_off_by_itself(transactions):
    inbox, _ = an_inbox(transactions)
    _, unread, _, wrong, _ = store(transactions, *notes("a"), (UNREAD, {}), *notes("b"), (NOTED, {}), *notes("c"))
    assert handled(transactions, inbox) == (["a", "b", "c"], {unread, wrong})


def test_what_another_process_handled_meanwhile_is_not_put_off(transactions):
    """The row is free between the end of the transaction that failed, and the one that puts it off."""
    other, _ = an_inbox(transactions)

    class Slow(Inbox):
        def _put_off(self, row, failure):
            assert other.work()
            super()._put_off(row, failure)

    slow = Slow(
        "reader", transactions, "memory://", {}, {NOTED: Handler(lambda _, run: Failed(run[0], OSError()), True)}
    )
    store(transactions, *notes("a"))
    assert slow.work()
    assert handled(transactions, other) == (["a"], set())
    with transactions.begin() as db:
        assert db.execute(select(models.inbox.c.state, models.inbox.c.attempts)).all() == [("done", 0)]


TOLD = st.tuples(st.sampled_from([NOTED, COUNTED]), st.sampled_from(["good", *FAILS]))


@given(told=st.lists(TOLD, max_size=25), most=st.integers(1, 30))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_fails_all_others_are_handled_once_and_in_order(transactions, monkeypatch, told, most):
    monkeypatch.setattr(inboxes, "BATCH", most)
    with transactions.begin() as db:
        db.execute(delete(effects))
        db.execute(delete(models.inbox))
    named = [(type_, f"{n}" if what == "good" else what) for n, (type_, what) in enumerate(told)]
    ids = store(transactions, *((type_, {"text": text}) for type_, text in named))
    fails = {id_ for id_, (type_, text) in zip(ids, named, strict=True) if _fails(type_, text)}
    written, put_off = handled(transactions, an_inbox(transactions)[0])
    assert put_off == fails
    kept = [text for type_, text in named if not _fails(type_, text)]
    assert written == kept


def _fails(type_, text):
    return text == "fails" or (type_ == NOTED and text in ("ahead", "after"))
