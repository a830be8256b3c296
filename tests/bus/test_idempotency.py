"""Answers: a key gets one answer, whoever asks how often and how many at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from services.bus import idempotency, models
from services.bus.idempotency import KEPT
from services.runtime.refusals import KeyInUse, KeyReused

MARK = idempotency.fingerprint("book", {"session": "talk"})


def keep(db, caller="ann", key="k", answer=None, at=None, mark=MARK):
    row: idempotency.Row = {
        "caller": caller, "key": key, "fingerprint": mark, "answer": answer or {"value": 1}, "created_at": at
    }  # fmt: skip
    idempotency.keep(db, row)


def test_a_new_key_has_no_answer(db, now):
    assert idempotency.earlier(db, "ann", "k", MARK, now) is None


@pytest.mark.parametrize("answer", [{"value": {"a": [1, None, "ü"]}}, {"value": None}, {"refusal": {}}])
def test_the_same_request_gets_the_answer_that_was_kept(db, now, answer):
    keep(db, answer=answer, at=now)
    assert idempotency.earlier(db, "ann", "k", MARK, now) == answer


def test_another_request_under_the_key_is_refused(db, now):
    keep(db, at=now)
    with pytest.raises(KeyReused):
        idempotency.earlier(db, "ann", "k", idempotency.fingerprint("book", {"session": "other"}), now)


def test_a_key_keeps_its_first_answer(db, now):
    keep(db, answer={"value": "first"}, at=now)
    with pytest.raises(KeyInUse):
        keep(db, answer={"value": "second"}, at=now)
    assert idempotency.earlier(db, "ann", "k", MARK, now) == {"value": "first"}


def test_a_key_belongs_to_its_caller(db, now):
    keep(db, "ann", at=now)
    assert idempotency.earlier(db, "bea", "k", MARK, now) is None
    keep(db, "bea", at=now)


def test_a_fingerprint_tells_requests_apart_and_not_their_order():
    assert idempotency.fingerprint("m", {"a": 1, "b": [2]}) == idempotency.fingerprint("m", {"b": [2], "a": 1})
    others = [("n", {"a": 1}), ("m", {"a": 2}), ("m", {"a": "1"}), ("m", {"b": 1}), ("m", {})]
    assert idempotency.fingerprint("m", {"a": 1}) not in {idempotency.fingerprint(*other) for other in others}


def test_an_answer_is_kept_for_a_day(db, now):
    keep(db, answer={"value": "old"}, at=now)
    assert idempotency.earlier(db, "ann", "k", MARK, now + KEPT) == {"value": "old"}
    with pytest.raises(KeyInUse):
        keep(db, answer={"value": "new"}, at=now + KEPT)
    later = now + KEPT + timedelta(seconds=1)
    assert idempotency.earlier(db, "ann", "k", MARK, later) is None
    keep(db, answer={"value": "new"}, at=later)
    assert idempotency.earlier(db, "ann", "k", MARK, later) == {"value": "new"}


def test_old_answers_are_forgotten_and_new_ones_kept(db, now):
    for key, age in [("old", KEPT + timedelta(seconds=1)), ("new", KEPT)]:
        keep(db, key=key, at=now - age)
    idempotency.forget_old(db, now)
    assert db.scalars(select(models.answers.c.key)).all() == ["new"]


def test_all_of_a_caller_is_forgotten_and_nothing_of_others(db, now):
    for caller, key in [("ann", "1"), ("ann", "2"), ("bea", "1")]:
        keep(db, caller, key, at=now)
    idempotency.forget_caller(db, "ann")
    assert db.scalars(select(models.answers.c.caller)).all() == ["bea"]


def test_what_was_answered_about_somebody_is_forgotten_whoever_asked(db, now):
    keep(db, "tess", "1", {"value": {"reference": "K3M9Q-XW2TB", "person": {"email": "a_b@example.org"}}}, at=now)
    keep(db, "tess", "2", {"value": {"reference": "P8RST-2345A", "person": {"email": "axb@example.org"}}}, at=now)
    keep(db, "tess", "3", {"value": {"note": "100% of K3M9Q-XW2TB"}}, at=now)
    idempotency.forget_naming(db, ["a_b@example.org", "100%"])
    assert db.scalars(select(models.answers.c.key)).all() == ["2"]


def test_a_key_is_free_again_where_its_transaction_was_undone(transactions, now):
    def fail(db):
        keep(db, at=now)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transactions.run(fail)
    with transactions.begin() as db:
        keep(db, at=now)


def test_of_two_at_once_the_second_waits_and_is_undone(transactions, now):
    """Two real threads with a connection each."""
    first_has_it = threading.Event()

    def first() -> None:
        with transactions.begin() as db:
            keep(db, answer={"value": "first"}, at=now)
            first_has_it.set()
            time.sleep(0.3)

    def second() -> float:
        first_has_it.wait(5)
        began = time.monotonic()
        with pytest.raises(KeyInUse), transactions.begin() as db:
            keep(db, answer={"value": "second"}, at=now)
        return time.monotonic() - began

    with ThreadPoolExecutor(2) as threads:
        done = threads.submit(first)
        assert threads.submit(second).result() > 0.15
        done.result()
    with transactions.begin() as db:
        assert idempotency.earlier(db, "ann", "k", MARK, now) == {"value": "first"}
        assert db.scalar(select(func.count()).select_from(models.answers)) == 1
