"""Answers: a key gets one answer, whoever asks how often and how many at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from services.bus import answers, models
from services.bus.answers import KEPT
from services.bus.refusals import KeyInUse, KeyReused

MARK = answers.fingerprint("book", {"session": "talk"})


def test_a_new_key_is_taken(db, now):
    assert answers.claim(db, "ann", "k", MARK, now) is None


@pytest.mark.parametrize("answer", [{"value": {"a": [1, None, "ü"]}}, {"value": None}, {"refusal": {}}])
def test_the_same_request_gets_the_answer_that_was_kept(db, now, answer):
    answers.claim(db, "ann", "k", MARK, now)
    answers.keep(db, "ann", "k", answer)
    assert answers.claim(db, "ann", "k", MARK, now) == answer


def test_another_request_under_the_key_is_refused(db, now):
    answers.claim(db, "ann", "k", MARK, now)
    answers.keep(db, "ann", "k", {"value": 1})
    with pytest.raises(KeyReused):
        answers.claim(db, "ann", "k", answers.fingerprint("book", {"session": "other"}), now)


def test_a_key_without_an_answer_yet_is_in_use(db, now):
    answers.claim(db, "ann", "k", MARK, now)
    with pytest.raises(KeyInUse):
        answers.claim(db, "ann", "k", MARK, now)


def test_a_key_belongs_to_its_caller(db, now):
    answers.claim(db, "ann", "k", MARK, now)
    assert answers.claim(db, "bea", "k", MARK, now) is None


def test_a_fingerprint_tells_requests_apart_and_not_their_order():
    assert answers.fingerprint("m", {"a": 1, "b": [2]}) == answers.fingerprint("m", {"b": [2], "a": 1})
    others = [("n", {"a": 1}), ("m", {"a": 2}), ("m", {"a": "1"}), ("m", {"b": 1}), ("m", {})]
    assert answers.fingerprint("m", {"a": 1}) not in {answers.fingerprint(*other) for other in others}


def test_an_answer_is_kept_for_a_day(db, now):
    answers.claim(db, "ann", "k", MARK, now)
    answers.keep(db, "ann", "k", {"value": 1})
    assert answers.claim(db, "ann", "k", MARK, now + KEPT) == {"value": 1}
    assert answers.claim(db, "ann", "k", MARK, now + KEPT + timedelta(seconds=1)) is None


def test_old_answers_are_forgotten_and_new_ones_kept(db, now):
    for key, age in [("old", KEPT + timedelta(seconds=1)), ("new", KEPT)]:
        answers.claim(db, "ann", key, MARK, now - age)
    answers.forget_old(db, now)
    assert db.scalars(select(models.answers.c.key)).all() == ["new"]


def test_all_of_a_caller_is_forgotten_and_nothing_of_others(db, now):
    for caller, key in [("ann", "1"), ("ann", "2"), ("bea", "1")]:
        answers.claim(db, caller, key, MARK, now)
    answers.forget_caller(db, "ann")
    assert db.scalars(select(models.answers.c.caller)).all() == ["bea"]


def test_a_key_is_free_again_where_its_transaction_was_undone(transactions, now):
    def fail(db):
        answers.claim(db, "ann", "k", MARK, now)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transactions.run(fail)
    with transactions.begin() as db:
        assert answers.claim(db, "ann", "k", MARK, now) is None


def test_of_two_at_once_the_second_waits_and_gets_the_first_ones_answer(transactions, now):
    """Two real threads with a connection each."""
    first_has_it = threading.Event()
    waited = []

    def first() -> None:
        with transactions.begin() as db:
            assert answers.claim(db, "ann", "k", MARK, now) is None
            first_has_it.set()
            time.sleep(0.3)
            answers.keep(db, "ann", "k", {"value": "first"})

    def second() -> object:
        first_has_it.wait(5)
        began = time.monotonic()
        with transactions.begin() as db:
            answer = answers.claim(db, "ann", "k", MARK, now)
        waited.append(time.monotonic() - began)
        return answer

    with ThreadPoolExecutor(2) as threads:
        done = threads.submit(first)
        assert threads.submit(second).result() == {"value": "first"}
        done.result()
    assert waited[0] > 0.15
    with transactions.begin() as db:
        assert db.scalar(select(func.count()).select_from(models.answers)) == 1
