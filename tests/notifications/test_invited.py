"""What people are told who are invited from one waiting list to another session: both sessions by name, and once."""

import pytest

from tests.notifications.reading import html, plain
from tests.sentences import says

TITLE = "System Leadership programme: March cohort"
INVITED = {"session": "june", "instead_of": "march", "reference": "J2345-J2345"}


@pytest.fixture
def june(world):
    world.session("june", title="June cohort")
    world.booking("booking_waitlisted")
    world.deliver()
    return world


def told(world, happened, **said):
    world.later(minutes=2)
    world.booking(happened, **{**INVITED, **said})
    return world.deliver()


def offered(world):
    expires = "2027-02-03T10:00:00+00:00"
    return told(world, "place_offered", cause="invited", by="team", offer_expires_at=expires)


def test_the_offer_says_what_they_wait_for_what_they_can_have_and_until_when(june):
    (mail,) = offered(june)
    for text in (" ".join(plain(mail).split()), html(mail)):
        assert says("invited_email.offered", session=TITLE) in text
        assert "Wednesday 3 February 2027" in text
        assert "https://headrow.example.org/bookings/J2345-J2345/accept" in text
    assert "June cohort" in mail["Subject"]


def test_an_offer_that_ended_says_that_they_still_wait(june):
    offered(june)
    (mail,) = told(june, "offer_expired", version=2, state="cancelled", cause="expired", position=None)
    assert says("invited_email.keeps", session=TITLE) in " ".join(plain(mail).split())


def test_whoever_says_no_reads_that_they_still_wait(june):
    offered(june)
    (mail,) = told(june, "booking_cancelled", version=2, state="cancelled", cause="declined", by="person")
    assert says("invited_email.keeps", session=TITLE) in " ".join(plain(mail).split())


def test_whoever_accepts_reads_once_that_they_have_a_place_and_wait_no_longer(june):
    offered(june)
    (mail,) = told(june, "booking_confirmed", version=2, cause="accepted")
    assert says("invited_email.ended", session=TITLE) in " ".join(plain(mail).split())
    june.booking("booking_cancelled", version=2, cause="accepted_other", by="person")
    assert june.deliver() == []


def test_whoever_took_another_place_by_another_way_is_told_that_they_wait_no_longer(june):
    june.later(minutes=2)
    june.booking("booking_cancelled", version=2, cause="accepted_other", by="system")
    (mail,) = june.deliver()
    assert says("invited_email.accepted_other") in " ".join(plain(mail).split())


@pytest.mark.parametrize(
    ("cause", "by", "said"),
    [
        ("got_other", "system", says("invited_email.got_other", session=TITLE)),
        ("places_reduced", "team", says("invited_email.keeps", session=TITLE)),
        ("converted", "team", says("invited_email.keeps", session=TITLE)),
    ],
)
def test_an_offer_that_is_taken_back_says_why(june, cause, by, said):
    offered(june)
    (mail,) = told(june, "booking_cancelled", version=2, state="cancelled", cause=cause, by=by)
    assert said in " ".join(plain(mail).split())
    assert (says("invited_email.no_longer") in mail["Subject"]) == (by == "team")
