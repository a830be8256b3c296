"""Who would like to meet whom, who said yes, and where one sits: told to those whom it concerns, and kept by nobody."""

import uuid

import pytest

from tests.notifications.conftest import ZOE
from tests.notifications.reading import html, plain

BEN = str(uuid.UUID(int=99))
ID = "0b0a3f0e-6f0c-4b7e-9d5a-3a8a6a2f8b11"


@pytest.fixture
def two(world):
    world.person(id_=BEN, email="ben@example.org", name="Ben Ward")
    return world


def propose(world, **changed):
    told = {"id": ID, "to": ZOE, "by": BEN, "name": "Ben <b>", "organisation": "City council",
            "message": "Hello.\n\nCould we talk?", "expires_at": "2027-02-15T10:00:00+00:00", **changed}  # fmt: skip
    world.hear("community.introduction_proposed.v1", f"introductions/{ID}", told)


def accept(world):
    people = [
        {"person": ZOE, "name": "Zoë", "email": "zoe@example.org", "organisation": None},
        {"person": BEN, "name": "Ben", "email": "ben@example.org", "organisation": "City council"},
    ]
    world.hear("community.introduction_accepted.v1", f"introductions/{ID}", {"people": people}, 2)


def seat(world, *tables, reference="HR-7K2M9Q", session="march"):
    seats = [{"reference": reference, "tables": list(tables)}]
    world.hear("community.tables_published.v1", f"tables/{session}", {"session": session, "seats": seats})


def test_who_is_asked_reads_why_and_no_address(two):
    propose(two)
    (mail,) = two.deliver()
    assert mail["To"].addresses[0].addr_spec == "zoe@example.org"
    assert "Ben <b> from City council would like to meet you." in plain(mail)
    assert "Could we talk?" in plain(mail)
    assert f"https://headrow.example.org/introductions/{ID}" in plain(mail)
    assert "Ben &lt;b&gt;" in html(mail)
    assert "ben@example.org" not in mail.as_string()
    assert mail["List-Unsubscribe"]


def test_a_question_that_has_run_out_is_not_asked(two):
    propose(two)
    two.later(days=15)
    assert two.deliver() == []


def test_both_get_the_address_of_the_other(two):
    accept(two)
    texts = {mail["To"].addresses[0].addr_spec: plain(mail) for mail in two.deliver()}
    assert "Their email address: ben@example.org" in texts["zoe@example.org"]
    assert "Their email address: zoe@example.org" in texts["ben@example.org"]


def test_nothing_that_names_the_other_is_kept_once_it_is_sent(two):
    propose(two)
    accept(two)
    two.deliver()
    assert {message.facts is None for message in two.messages()} == {True}
    assert "Ben" not in "".join(message.subject for message in two.messages())


def test_what_is_queued_goes_with_either(two):
    propose(two)
    accept(two)
    two.erase(id_=BEN)
    assert two.deliver() == []


def test_each_reads_where_they_sit_in_each_round(two):
    two.booking()
    two.deliver()
    seat(two, 3, None, 1)
    (mail,) = two.deliver()
    assert mail["Subject"] == "Your table: System Leadership programme: March cohort"
    for words in ("Round 1: table 3", "Round 2: no table", "Round 3: table 1"):
        assert words in plain(mail)


def test_who_has_no_place_any_more_has_no_table(two):
    two.booking()
    two.booking("booking_cancelled", version=2)
    two.deliver()
    seat(two, 3)
    assert two.deliver() == []
