"""Certificates: they state what was recorded, anybody can check them, and a correction or an erasure ends them."""

import re
from datetime import timedelta

import pytest

from services.registration import my_data
from services.registration.attendance import certificates, recording
from services.registration.errors import NotAttended
from services.registration.models.bookings import ALPHABET, new_reference
from services.registration.outcomes import issuing, settling
from services.registration.places import bookings
from services.runtime.refusals import NotFound
from tests.registration.attendance import seen
from tests.registration.conftest import NOW, START
from tests.registration.meetings import AFTER, HOUR, TWO_MEETINGS


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def amina(person):
    return person("amina")


@pytest.fixture
def reference(db, told, amina):
    told(meetings=TWO_MEETINGS)
    return bookings.book(db, amina, NOW, "march")["reference"]


@pytest.fixture
def record(db, team, reference):
    """Record whether Amina was at each of the two meetings: `record(True, False)`."""

    def record(*present, now=AFTER):
        records = [seen(reference, n, there) for n, there in enumerate(present, start=1)]
        recording.record(db, team, "march", records, "list", now)

    return record


def test_a_certificate_states_what_was_recorded(db, amina, reference, record):
    record(True, True)
    facts = certificates.of_booking(db, amina, reference)
    assert facts.pop("code")
    assert facts == {
        "reference": reference,
        "session": "march",
        "programme": "slp",
        "name": "Amina",
        "title": "March cohort",
        "dates": ["2027-03-09", "2027-03-16"],
        "hours": 8.0,
        "participatory_hours": 8.0,
        "state": "attended",
        "version": 2,
    }


def test_whoever_was_there_in_part_has_a_certificate_of_that_part(db, amina, reference, record):
    record(False, True)
    facts = certificates.of_booking(db, amina, reference)
    assert (facts["dates"], facts["hours"], facts["participatory_hours"]) == (["2027-03-16"], 8.0, 2.0)


def test_there_is_none_before_that(db, amina, reference, record):
    second = TWO_MEETINGS[1]["starts_at"]
    for state, present in [("confirmed", (True,)), ("absent", (False, False))]:
        record(*present, now=second)
        with pytest.raises(NotAttended) as refused:
            certificates.of_booking(db, amina, reference)
        assert refused.value.facts == {"state": state}


def test_its_owner_and_the_team_have_it_and_nobody_else(db, amina, reference, record, team, person):
    record(True, True)
    assert certificates.of_booking(db, team, reference) == certificates.of_booking(db, amina, reference.lower())
    with pytest.raises(NotFound):
        certificates.of_booking(db, person("ben"), reference)


def test_anybody_who_has_the_code_learns_what_it_states_and_nothing_more(db, amina, reference, record):
    record(True, False)
    code = certificates.of_booking(db, amina, reference)["code"]
    expected = {
        "title": "March cohort",
        "dates": ["2027-03-09"],
        "hours": 8.0,
        "participatory_hours": 6.0,
        "name": "Amina",
    }
    assert certificates.verify(db, code) == certificates.verify(db, code.lower()) == expected


def test_a_code_that_was_never_issued_is_not_found(db, record):
    record(True, True)
    for code in ("", "AAAAA-AAAAA-AAAAA-AAAAA", "%"):
        with pytest.raises(NotFound):
            certificates.verify(db, code)


def test_a_code_cannot_be_guessed():
    codes = {new_reference(issuing.LENGTH) for _ in range(500)}
    assert len(codes) == 500
    assert all(re.fullmatch(rf"[{ALPHABET}]{{5}}(-[{ALPHABET}]{{5}}){{3}}", code) for code in codes)
    assert len(ALPHABET) ** issuing.LENGTH >= 2**80


def test_a_correction_in_part_keeps_the_code_and_changes_what_it_states(db, amina, reference, record):
    record(True, True)
    code = certificates.of_booking(db, amina, reference)["code"]
    record(True, False)
    assert certificates.of_booking(db, amina, reference)["code"] == code
    assert certificates.verify(db, code)["participatory_hours"] == 6.0


def test_a_correction_to_absent_revokes_the_code_for_good(db, amina, reference, record):
    record(True, True)
    code = certificates.of_booking(db, amina, reference)["code"]
    record(False, False)
    with pytest.raises(NotFound):
        certificates.verify(db, code)
    record(True, True)
    assert certificates.of_booking(db, amina, reference)["code"] != code
    with pytest.raises(NotFound):
        certificates.verify(db, code)


def test_a_booking_that_is_cancelled_half_way_certifies_the_days_until_then(db, amina, reference, record):
    record(True, now=START)
    with pytest.raises(NotAttended):
        certificates.of_booking(db, amina, reference)
    bookings.cancel(db, amina, reference, TWO_MEETINGS[1]["starts_at"] - HOUR)
    facts = certificates.of_booking(db, amina, reference)
    assert (facts["state"], facts["dates"]) == ("partly_attended", ["2027-03-09"])
    assert certificates.verify(db, facts["code"])["participatory_hours"] == 6.0


def test_a_share_that_is_known_when_the_session_ends_is_certified_then(db, amina, reference, record):
    record(True, now=START)
    settling.settle_ended(db, AFTER)
    assert certificates.of_booking(db, amina, reference)["participatory_hours"] == 6.0


def test_an_export_shows_the_code_and_after_erasure_it_is_not_found(db, amina, reference, record):
    record(True, True)
    code = certificates.of_booking(db, amina, reference)["code"]
    assert [(held["reference"], held["code"]) for held in my_data.export(db, amina)["certificates"]] == [
        (reference, code)
    ]
    my_data.erase(db, amina, AFTER)
    with pytest.raises(NotFound):
        certificates.verify(db, code)


def test_what_is_corrected_after_erasure_certifies_nobody(db, amina, reference, record, team):
    record(False, False)
    my_data.erase(db, amina, AFTER)
    record(True, True, now=AFTER + timedelta(days=1))
    with pytest.raises(NotFound):
        certificates.of_booking(db, team, reference)
