"""Who asked for a programme that has no date hears of the first one before those who only asked for its topics."""

import uuid
from datetime import timedelta

import pytest

from services.notifications.causes import interests
from tests.notifications import conftest
from tests.notifications.conftest import HEAD_START, ZOE, session_data, times
from tests.notifications.reading import html, plain
from tests.sentences import says

pytestmark = pytest.mark.patient

BEN = str(uuid.UUID(int=99))
PROGRAMME = {"programme": "leading", "programme_title": "Leading"}


@pytest.fixture
def asked(world):
    """Zoë asked for a programme that has no session yet, and Ben for a topic."""
    world.person(id_=BEN, email="ben@example.org", name="Ben")
    world.interest(programme="leading")
    world.interest(id_=BEN, person=BEN, topic="systems-thinking")
    world.deliver()
    return world


def publish(world, slug="april", **changed):
    """Publish a session, and return the mails that this causes."""
    world.session(slug, **{"title": "April cohort", **PROGRAMME, **changed})
    return world.deliver()


def later(world, after=HEAD_START):
    """Let the head start pass, and return the mails that are due then."""
    world.now += after
    world.when_due()
    return world.deliver()


def addresses(mails):
    return sorted(mail["To"].addresses[0].addr_spec for mail in mails)


def test_those_who_waited_for_a_date_are_told_first_and_the_others_a_day_later(asked):
    (mail,) = publish(asked)
    assert addresses([mail]) == ["zoe@example.org"]
    for text in (plain(mail), html(mail)):
        assert says("interest_email.ahead") in " ".join(text.split())
    assert later(asked, HEAD_START - timedelta(minutes=1)) == []
    (mail,) = later(asked, timedelta(minutes=1))
    assert addresses([mail]) == ["ben@example.org"]
    assert says("interest_email.ahead") not in " ".join(plain(mail).split())
    assert "systems thinking" in plain(mail)
    assert later(asked) == []


def test_whoever_asked_for_both_is_told_once(asked):
    asked.interest(id_=str(uuid.UUID(int=7)), person=ZOE, topic="systems-thinking")
    assert addresses(publish(asked)) == ["zoe@example.org"]
    assert addresses(later(asked)) == ["ben@example.org"]


def test_sessions_that_are_published_together_are_first_dates_together(asked):
    asked.session("april", **{"title": "April cohort", **PROGRAMME})
    assert addresses(publish(asked, "may", title="May cohort")) == ["zoe@example.org"] * 2
    assert addresses(later(asked)) == ["ben@example.org"] * 2


def test_a_further_date_is_told_to_everyone_at_once(asked):
    publish(asked)
    later(asked)
    assert addresses(publish(asked, "may", title="May cohort")) == ["ben@example.org", "zoe@example.org"]


def test_the_next_date_after_the_last_one_is_over_is_a_first_date_again(asked):
    publish(asked, meetings=[times("2027-02-01T12:00:00+00:00", 1)])
    later(asked, timedelta(days=2))
    assert addresses(publish(asked, "may", title="May cohort")) == ["zoe@example.org"]


def test_another_programme_s_dates_do_not_count(asked):
    assert addresses(publish(asked, "elsewhere", programme="other", topics=[])) == []
    assert addresses(publish(asked)) == ["zoe@example.org"]


def test_nobody_waits_where_nobody_asked_for_the_programme(asked):
    asked.interest("withdrawn", version=2, programme="leading")
    assert addresses(publish(asked)) == ["ben@example.org"]


def test_nobody_waits_for_word_of_what_begins_within_a_week(asked):
    soon = [times("2027-02-07T10:00:00+00:00", 1)]
    assert addresses(publish(asked, meetings=soon)) == ["ben@example.org", "zoe@example.org"]


def test_without_a_head_start_everyone_is_told_at_once(asked, monkeypatch):
    monkeypatch.setattr(conftest, "HEAD_START", timedelta(0))
    assert addresses(publish(asked)) == ["ben@example.org", "zoe@example.org"]


@pytest.mark.parametrize("happened", [("cancelled", "cancelled"), ("unpublished", "draft")])
def test_nobody_is_told_later_of_what_is_off_by_then(asked, happened):
    publish(asked)
    asked.session("april", happened=happened[0], version=2, status=happened[1], **PROGRAMME)
    asked.deliver()
    assert later(asked) == []


def test_whoever_books_or_withdraws_their_interest_meanwhile_is_not_told(asked):
    publish(asked)
    asked.booking(person=BEN, session="april")
    asked.deliver()
    assert later(asked) == []


def test_what_is_told_later_goes_by_the_topics_of_then(asked):
    publish(asked)
    asked.session("april", happened="changed", version=2, title="April cohort", topics=["psychology"], **PROGRAMME)
    assert later(asked) == []


def test_the_same_publication_twice_is_told_once(asked):
    id_, data = str(uuid.uuid4()), {**session_data(), "slug": "april", **PROGRAMME}
    for _ in range(2):
        asked.hear("catalogue.session_published.v1", "sessions/april", data, id_=id_)
    assert addresses(asked.deliver()) == ["zoe@example.org"]
    assert addresses(later(asked)) == ["ben@example.org"]


def test_nothing_is_held_back_that_is_not_told_in_the_end():
    assert "interests" in conftest.due.DRAFTS
    assert conftest.due.DRAFTS["interests"] is interests.held_back
