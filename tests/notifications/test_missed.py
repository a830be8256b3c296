"""Whoever had a place and was not there gets one email: what there is of the session, and when the next one is."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from services.notifications import preferences
from services.notifications.models import ScheduledNotice
from tests.notifications.conftest import ZOE, times
from tests.notifications.reading import html, plain
from tests.sentences import says

END = datetime(2027, 3, 9, 16, 30, tzinfo=UTC)
BEN = str(uuid.UUID(int=99))
MISSED = says("follow_up_email.missed")
SITE = "https://headrow.example.org"


@pytest.fixture
def held(world):
    """Zoë and Ben had a place; the session is just over."""
    world.person(id_=BEN, email="ben@example.org", name="Ben")
    world.booking()
    world.booking(reference="HR-BEN", person=BEN)
    world.deliver()
    world.now = END + timedelta(minutes=5)
    return world


@pytest.fixture
def missed(held):
    """Ben came, and Zoë did not."""
    held.attendance("attended", reference="HR-BEN", person=BEN)
    held.attendance("absent")
    return held


def after(world, **time):
    """Return the emails that say that someone was missed, as of that time after the end."""
    world.now = END + timedelta(**time)
    world.when_due()
    return [mail for mail in world.deliver() if mail["Subject"].startswith(MISSED)]


def to_whom(mails):
    return [mail["To"].addresses[0].addr_spec for mail in mails]


def test_whoever_was_absent_is_told_when_the_others_are_thanked(missed):
    assert after(missed, minutes=59) == []
    (mail,) = after(missed, hours=1)
    assert to_whom([mail]) == ["zoe@example.org"]
    assert mail["Subject"] == f"{MISSED}: System Leadership programme: March cohort"
    assert f"{SITE}/contact" in plain(mail)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_where_nobody_took_attendance_nobody_is_told(held):
    assert after(held, hours=1) == []


def test_once_is_once_whatever_becomes_of_the_end_and_the_list(missed):
    assert len(after(missed, hours=1)) == 1
    later = {"starts_at": "2027-03-09T09:30:00+00:00", "ends_at": "2027-03-09T18:30:00+00:00"}
    missed.session(happened="changed", version=2, meetings=[later])
    missed.attendance("attended", version=3)
    missed.attendance("absent", version=4)
    assert after(missed, hours=4) == []


def test_who_is_recorded_later_is_told_an_hour_after_that(held):
    held.attendance("attended", reference="HR-BEN", person=BEN)
    assert after(held, hours=1) == []
    held.now = END + timedelta(days=1)
    held.attendance("absent")
    assert after(held, days=1, minutes=59) == []
    assert to_whom(after(held, days=1, hours=1)) == ["zoe@example.org"]


def test_what_is_corrected_within_the_hour_is_not_told(held):
    after(held, hours=1)
    held.attendance("absent")
    held.attendance("attended", version=3)
    assert after(held, hours=3) == []


def test_what_is_corrected_while_it_waits_to_be_sent_is_not_told(missed):
    missed.now = END + timedelta(hours=1)
    missed.when_due()
    missed.attendance("attended", version=3)
    assert MISSED not in [mail["Subject"].partition(":")[0] for mail in missed.deliver()]


def test_an_old_list_is_told_to_nobody(held):
    after(held, hours=1)
    held.now = END + timedelta(days=14)
    held.attendance("absent")
    assert after(held, days=14, hours=2) == []


def test_it_is_told_of_a_session_from_before_there_were_such_emails(held):
    with held.begin() as db:
        db.execute(delete(ScheduledNotice).where(ScheduledNotice.what == "missed"))
    held.attendance("absent")
    assert to_whom(after(held, hours=1, minutes=5)) == ["zoe@example.org"]


def test_a_session_from_before_that_is_not_over_is_planned(held):
    with held.begin() as db:
        db.execute(delete(ScheduledNotice).where(ScheduledNotice.what == "missed"))
    held.now = END - timedelta(hours=1)
    held.attendance("absent")
    assert after(held, minutes=30) == []
    assert to_whom(after(held, hours=1)) == ["zoe@example.org"]


def test_who_cancelled_is_not_told(held):
    held.booking("booking_cancelled", 2, cause="cancelled", was_confirmed=True)
    held.deliver()
    held.attendance("absent", version=3)
    assert after(held, hours=1) == []


def test_who_wants_nothing_after_sessions_is_not_told(missed):
    with missed.begin() as db:
        preferences.choose(db, ZOE, {"follow_ups": False}, missed.now)
    assert after(missed, hours=1) == []


@pytest.mark.parametrize(("audience", "told"), [("everyone", True), ("attendees", False), ("community", False)])
def test_it_leads_to_what_there_is_for_everyone(missed, audience, told):
    missed.material(audience=audience)
    (mail,) = after(missed, hours=1)
    assert (says("follow_up_email.to_watch") in plain(mail)) == told
    assert (f"{SITE}/sessions/march" in html(mail)) == told


def test_it_leads_to_nothing_that_was_withdrawn(missed):
    missed.material()
    missed.material("withdrawn", version=2)
    assert says("follow_up_email.to_watch") not in plain(after(missed, hours=1)[0])


def test_it_names_the_next_sessions_of_the_programme_that_they_have_not_booked(missed):
    missed.session("april", title="April", meetings=[times("2027-04-13T09:30:00+00:00", hours=1)])
    missed.session("may", title="May", meetings=[times("2027-05-11T09:30:00+00:00", hours=1)])
    missed.session("else", programme="series", meetings=[times("2027-04-20T09:30:00+00:00", hours=1)])
    missed.booking(reference="HR-MAY", session="may")
    words = html(after(missed, hours=1)[0])
    assert says("follow_up_email.next_sessions") in words
    assert f"{SITE}/sessions/april" in words
    assert f"{SITE}/sessions/may" not in words
    assert f"{SITE}/sessions/else" not in words


def test_without_a_next_session_it_names_none(missed):
    assert says("follow_up_email.next_sessions") not in html(after(missed, hours=1)[0])
