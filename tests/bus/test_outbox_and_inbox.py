"""The tables of the bus: what announcing, erasing, parking and tidying leave in them, and what health tells of them."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from services.bus import health, housekeeping, models, parked
from services.bus import inbox as inboxes
from services.bus.envelope import Envelope
from services.bus.housekeeping import PUBLISHED, REMEMBERED
from services.bus.inbox import RETRY_AFTER, put_off, row_of
from services.bus.outbox import addressed_to, announce, erase, erase_from_inbox
from services.runtime import clock, correlation
from tests.bus.scenarios.system import an_event


@pytest.fixture(autouse=True)
def _clock(now):
    clock.start_at(now)
    yield
    clock.run_shifted(timedelta(0))


def outbox(db):
    return db.execute(select(models.outbox).order_by(models.outbox.c.position)).all()


def inbox(db):
    return db.execute(select(models.inbox).order_by(models.inbox.c.position)).all()


def store(db, **fields):
    """Store one event, with these columns changed; return its id."""
    event = an_event()
    db.execute(insert(models.inbox).values({**row_of(event.to_json()), **fields}))
    return event.id


def publish(db, *, ago=timedelta(0)):
    db.execute(update(models.outbox).values(published_at=clock.now() - ago))


def test_an_announcement_is_an_envelope_that_waits_to_be_published(db, now):
    with correlation.following("6ba7b810-9dad-41d1-80b4-00c04fd430c8") as followed:
        event_id = announce(db, "registration.booking_confirmed.v1", "bookings/A1", 2, {"at": now})
    (row,) = outbox(db)
    event = Envelope.from_json(row.envelope)
    assert (row.event_id, row.type, row.published_at, row.sensitive) == (event_id, event.type, None, False)
    assert (event.id, event.source, event.subject, event.version) == (event_id, "registration", "bookings/A1", 2)
    assert (event.correlation_id, event.data) == (followed, {"at": now.isoformat()})
    assert now <= event.time < now + timedelta(minutes=1)
    assert row.announced_at == event.time


def test_every_announcement_has_an_id_of_its_own(db):
    assert len({announce(db, "echo.noted.v1", "notes", 1, {}) for _ in range(10)}) == 10


def test_what_is_for_one_reader_goes_to_its_address_as_far_as_it_reads_it(db):
    with addressed_to(db, "hear", {"echo.noted.v1"}) as told:
        announce(db, "echo.noted.v1", "notes", 1, {"text": "again"})
        announce(db, "echo.whispered.v1", "whispers", 1, {"text": "not read"})
    announce(db, "echo.noted.v1", "notes", 2, {"text": "for everybody"})
    first, second = outbox(db)
    assert (first.type, second.type) == ("to.hear", "echo.noted.v1")
    event = Envelope.from_json(first.envelope)
    assert ([event], event.type, event.data) == (told, "echo.noted.v1", {"text": "again"})


def test_a_failure_inside_ends_it_too(db):
    with pytest.raises(ValueError, match="no"), addressed_to(db, "hear", {"echo.noted.v1"}):
        raise ValueError("no")
    announce(db, "echo.noted.v1", "notes", 1, {})
    assert [row.type for row in outbox(db)] == ["echo.noted.v1"]


def test_erasing_blanks_what_was_published_and_drops_what_was_not(db):
    for key in ("ann", "bea"):
        announce(db, "echo.noted.v1", "published", 1, {"who": key}, erase_key=key)
    publish(db)
    for key in ("ann", "bea", None):
        announce(db, "echo.noted.v1", "unpublished", 1, {"who": key}, erase_key=key)
    erase(db, "ann")
    left = [(row.erase_key, row.published_at is not None, b"ann" in (row.envelope or b"")) for row in outbox(db)]
    assert left == [(None, True, False), ("bea", True, False), ("bea", False, False), (None, False, False)]


def test_erasing_an_inbox_leaves_nothing_of_the_subject_and_all_of_others(db):
    for subject, state in [
        ("people/ann", "waiting"),
        ("people/ann", "parked"),
        ("people/ann", "done"),
        ("notes", "waiting"),
    ]:
        store(db, subject=subject, state=state, error="Traceback of Ann")
    erase_from_inbox(db, "people/ann")
    assert [(row.state, row.envelope is None, row.error is None) for row in inbox(db)] == [
        *[("dropped", True, True)] * 3,
        ("waiting", False, False),
    ]


def test_an_event_is_stored_as_it_came(db, now):
    body = an_event().to_json()
    db.execute(insert(models.inbox).values(row_of(body)))
    (row,) = inbox(db)
    assert (row.envelope, row.state, row.attempts, row.error) == (body, "waiting", 0, None)
    assert (row.type, row.subject) == ("echo.noted.v1", "notes")


@pytest.mark.parametrize("body", [b"", b"garbage", b"\xff\x00\xfe", b'{"version": 1e999}'])
def test_what_is_no_event_is_stored_as_parked(db, body):
    db.execute(insert(models.inbox).values(row_of(body)))
    (row,) = inbox(db)
    assert (row.envelope, row.state, bool(row.error)) == (body, "parked", True)


def test_a_failure_is_put_off_further_and_further_and_then_parked(now):
    waits = []
    for attempts in range(len(RETRY_AFTER)):
        after = put_off(attempts, ValueError("no"), now)
        assert (after["state"], after["attempts"]) == ("waiting", attempts + 1)
        waits.append(after["due_at"] - now)
    assert [wait.total_seconds() for wait in waits] == [1, 10, 60, 600, 3600]
    last = put_off(len(RETRY_AFTER), ValueError("no"), now)
    assert (last["state"], "ValueError: no" in last["error"]) == ("parked", True)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 100_000, "é" * 10])
def test_any_failure_can_be_stored(db, now, text):
    store(db)
    db.execute(update(models.inbox).values(put_off(9, ValueError(text), now)))
    assert "Traceback" in inbox(db)[0].error or "ValueError" in inbox(db)[0].error or "xxx" in inbox(db)[0].error


def test_parked_events_are_listed_by_id_or_all_the_oldest_first(db):
    first, second = (store(db, state="parked", error="why") for _ in range(2))
    store(db)
    assert [row.event_id for row in parked.listed(db)] == [first, second]
    assert [row.event_id for row in parked.listed(db, [second, "unknown"])] == [second]


def test_a_parked_event_that_is_retried_has_all_its_attempts_before_it(db, now):
    chosen, other = (store(db, state="parked", attempts=6, due_at=now - timedelta(days=1)) for _ in range(2))
    assert parked.retry(db, [chosen, "unknown"]) == 1
    retried, left = inbox(db)
    assert (retried.state, retried.attempts, retried.due_at >= now) == ("waiting", 0, True)
    assert (left.event_id, left.state) == (other, "parked")


def test_a_parked_event_that_is_dropped_leaves_no_data(db):
    chosen = store(db, state="parked", error="why")
    assert parked.drop(db, [chosen]) == 1
    (row,) = inbox(db)
    assert (row.state, row.envelope, row.error) == ("dropped", None, None)


def test_only_parked_events_can_be_retried_or_dropped(db):
    ids = [store(db, state=state) for state in ("waiting", "done", "dropped")]
    assert parked.retry(db, ids) == 0
    assert parked.drop(db, ids) == 0
    assert [row.state for row in inbox(db)] == ["waiting", "done", "dropped"]


def test_what_is_over_is_forgotten_when_its_time_has_come(db, now):
    long_ago, lately = now - REMEMBERED - timedelta(seconds=1), now - REMEMBERED + timedelta(seconds=1)
    sooner = REMEMBERED - PUBLISHED
    for state in ("waiting", "done", "dropped", "parked"):
        for stored_at in (long_ago, lately):
            store(db, state=state, stored_at=stored_at)
    for published_at in (long_ago + sooner, lately + sooner, None):
        announce(db, "echo.noted.v1", "notes", 1, {})
        latest = outbox(db)[-1].position
        db.execute(update(models.outbox).where(models.outbox.c.position == latest).values(published_at=published_at))
    housekeeping.forget_what_is_over(db, now)
    kept = [(row.state, row.stored_at == lately) for row in inbox(db)]
    assert kept == [
        ("waiting", False),
        ("waiting", True),
        ("done", True),
        ("dropped", True),
        ("parked", False),
        ("parked", True),
    ]
    assert [row.published_at for row in outbox(db)] == [lately + sooner, None]


def test_an_event_is_remembered_for_longer_than_it_is_tried():
    """Forgotten sooner, it would take effect again when the broker delivers it again."""
    assert sum(RETRY_AFTER, timedelta(0)) < REMEMBERED
    assert inboxes.PREFETCH > 0


def test_health_counts_what_waits_and_for_how_long(db, now):
    assert health.report(db) == {
        "outbox": {"waiting": 0, "lag_seconds": 0.0},
        "inbox": {"waiting": 0, "lag_seconds": 0.0, "retrying": 0, "parked": 0, "missing": 0},
        "full": False,
    }
    announce(db, "echo.noted.v1", "notes", 1, {})
    publish(db, ago=timedelta(0))
    announce(db, "echo.noted.v1", "notes", 2, {})
    store(db, due_at=now - timedelta(seconds=30), stored_at=now - timedelta(seconds=30))
    store(db, due_at=now + timedelta(hours=1))
    store(db, state="parked", due_at=now - timedelta(hours=1))
    store(db, state="done", due_at=now - timedelta(hours=1))
    clock.start_at(now + timedelta(seconds=10))
    report = health.report(db)
    assert (report["outbox"]["waiting"], report["inbox"]["waiting"], report["inbox"]["parked"]) == (1, 2, 1)
    assert 9 <= report["outbox"]["lag_seconds"] < 12
    assert 40 <= report["inbox"]["lag_seconds"] < 43


def test_an_event_that_is_put_off_is_no_lag(db, now):
    store(db, due_at=now + timedelta(hours=1))
    assert health.report(db)["inbox"]["lag_seconds"] == 0.0


def test_operators_see_what_was_raised_and_nothing_that_was_in_the_event(db):
    raised = "sqlalchemy.exc.IntegrityError: duplicate"
    error = f'Traceback\n  File "x.py", line 1\n{raised}\nDETAIL: Key (email)=(a@b.c)\n[SQL: x]'
    first = store(db, state="parked", attempts=6, error=error)
    store(db, state="parked", error="not an event")
    seen = parked.shown(db, limit=1)
    assert (seen["total"], len(seen["items"])) == (2, 1)
    assert set(seen["items"][0]) == {"id", "type", "subject", "attempts", "stored_at", "error"}
    assert (seen["items"][0]["id"], seen["items"][0]["error"]) == (first, raised)


URGENT = "echo.asked.v1"


def store_in_turn(db, *types):
    """Store an event of each type, one after the other; return their ids."""
    ids = []
    for type_ in types:
        event = Envelope(**{**an_event().__dict__, "type": type_})
        db.execute(insert(models.inbox).values(row_of(event.to_json(), {URGENT})))
        clock.start_at(clock.now() + timedelta(minutes=1))
        ids.append(event.id)
    return ids


def in_order(db):
    rows = db.execute(inboxes._LONGEST_DUE, {"now": clock.now(), "most": 10}).all()
    return [row.event_id for row in rows]


def test_urgent_events_are_handled_before_others_and_each_kind_in_its_order(db):
    usual = "echo.noted.v1"
    first, second, urgent, third, urgent_too = store_in_turn(db, usual, usual, URGENT, usual, URGENT)
    assert in_order(db) == [urgent, urgent_too, first, second, third]


def test_an_urgent_event_overtakes_what_has_waited_for_days(db):
    (late,) = store_in_turn(db, "echo.noted.v1")
    clock.start_at(clock.now() + timedelta(days=7))
    (urgent,) = store_in_turn(db, URGENT)
    assert in_order(db) == [urgent, late]


def test_an_urgent_event_that_fails_is_put_off_like_any_other(db, now):
    (urgent,) = store_in_turn(db, URGENT)
    db.execute(update(models.inbox).values(put_off(0, ValueError("no"), clock.now())))
    assert in_order(db) == []
    clock.start_at(clock.now() + RETRY_AFTER[0])
    assert in_order(db) == [urgent]


def test_an_urgent_event_is_no_lag_before_it_has_waited(db):
    store_in_turn(db, URGENT)
    assert 60 <= health.report(db)["inbox"]["lag_seconds"] < 120
