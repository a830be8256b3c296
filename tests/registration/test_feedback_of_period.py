"""Feedback over a period: figures that add up, and that tell of no session with few answers."""

from datetime import timedelta

import pytest

from services.registration import schemas
from services.registration.models import Session
from services.registration.places import bookings
from services.registration.voices import feedback, over_time, pledges
from services.runtime.refusals import Invalid
from tests.registration.conftest import NOW, START

LATER = START + timedelta(days=365)


@pytest.fixture
def said(db, told, person):
    """Have people say how useful a session was: `said("march", 5, 4, 4, did=["yes", None, None])`."""

    def say(slug, *useful, did=(), starts_at=START, programme="slp"):
        if db.get(Session, slug) is None:
            ends_at = starts_at + timedelta(hours=7)
            meetings = [{"starts_at": starts_at, "ends_at": ends_at}]
            told(slug, places_in_room=30, meetings=meetings, programme=programme)
        for n, number in enumerate(useful):
            who = person(f"{slug}-{n}")
            reference = bookings.book(db, who, NOW, slug)["reference"]
            outcome = did[n] if n < len(did) else None
            pledge = "Ask first." if outcome else None
            feedback.give(db, who, reference, starts_at + timedelta(hours=7), number, pledge, None)
            if outcome:
                pledges.answer(db, who, reference, LATER, outcome, None)
        return slug

    return say


def over(db, first=None, last=None, programme=None, shared=False, now=LATER):
    told = over_time.feedback(db, now, first=first, last=last, programme=programme, shared=shared)
    return schemas.FeedbackOfPeriod().dump(told)


def test_figures_are_those_of_all_answers(db, said):
    said("march", 5, 4, 4, did=["yes", "partly", "not_yet"])
    said("april", 1, 2, 5, 5, starts_at=START + timedelta(days=30))
    assert over(db) == {
        **{"sessions": 2, "answers": 7, "pledged": 3, "pledges_answered": 3},
        "useful": {"mean": 3.71, "counts": {"1": 1, "2": 1, "3": 0, "4": 2, "5": 3}},
        "did": {"yes": 1, "partly": 1, "not_yet": 1},
    }


def test_a_session_with_fewer_than_three_answers_tells_nothing_of_them(db, said):
    said("march", 5, 4, 4)
    before = over(db)
    said("april", 1, 1, did=["not_yet", "not_yet"], starts_at=START + timedelta(days=30))
    assert over(db) == {**before, "sessions": 2}


def test_what_became_of_fewer_than_three_pledges_is_left_out(db, said):
    said("march", 5, 4, 4, did=["yes", "partly"])
    told = over(db)
    assert (told["pledged"], told["pledges_answered"], told["did"]) == (2, 0, None)


def test_a_period_has_the_sessions_that_ended_on_its_days_and_were_held(db, said, told):
    said("march", 5, 4, 4)
    said("april", 3, 3, 3, starts_at=START + timedelta(days=30), programme="talks")
    said("may", 2, 2, 2, starts_at=START + timedelta(days=60))
    told("may", status="cancelled")
    day = START.date()
    assert over(db)["sessions"] == 2
    assert over(db, day, day)["useful"]["mean"] == 4.33
    assert over(db, day + timedelta(days=1), None)["answers"] == 3
    assert over(db, None, day - timedelta(days=1))["useful"] is None
    assert over(db, programme="talks")["useful"]["mean"] == 3
    assert over(db, now=START)["sessions"] == 0
    with pytest.raises(Invalid):
        over(db, day, day - timedelta(days=1))


def test_what_is_shared_hides_1_to_4_and_rounds_the_rest(db, said):
    said("march", 5, 5, 5, 4, did=["yes", "yes", "partly"])
    assert over(db, shared=True) == {
        **{"sessions": 1, "answers": "<5", "pledged": "<5", "pledges_answered": "<5"},
        "useful": {"mean": None, "counts": {"1": 0, "2": 0, "3": 0, "4": "<5", "5": "<5"}},
        "did": {"yes": "<5", "partly": "<5", "not_yet": 0},
    }
    said("april", 5, 5, 5, 5, starts_at=START + timedelta(days=30))
    assert over(db, shared=True)["useful"] == {"mean": 4.9, "counts": {"1": 0, "2": 0, "3": 0, "4": "<5", "5": 5}}
