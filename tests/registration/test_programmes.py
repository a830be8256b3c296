"""Programmes without a session: people ask for them, and the team sees how many do, by sector, and never who."""

import pytest

from services.bus.envelope import Envelope
from services.registration import my_data, schemas
from services.registration.models import Programme
from services.registration.voices import interests, programmes
from services.runtime.refusals import Invalid
from tests.registration.conftest import NOW


def hear(db, slug, version=1):
    told = {"slug": slug}
    subject = f"programmes/{slug}"
    event = Envelope("e", "catalogue.programme_published.v1", "catalogue", subject, version, NOW, None, told)
    programmes.keep(db, event)
    db.flush()


def counted(db):
    """Return who wants what, as the API tells it: `[(programme, people, sectors)]`."""
    shown = schemas.InterestInProgrammes().dump(programmes.interested(db))["items"]
    return [(row["programme"], row["people"], row["sectors"]) for row in shown]


def test_a_programme_can_be_asked_for_before_it_has_a_session(db, person):
    hear(db, "leading")
    assert interests.register(db, person(), NOW, programme="leading").programme == "leading"


def test_a_programme_that_nobody_told_of_cannot_be_asked_for(db, person):
    hear(db, "leading")
    with pytest.raises(Invalid):
        interests.register(db, person(), NOW, programme="following")


def test_no_topic_or_session_is_there_because_a_programme_has_its_name(db, person):
    hear(db, "leading")
    for name in ("topic", "session"):
        with pytest.raises(Invalid):
            interests.register(db, person(name), NOW, **{name: "leading"})


@pytest.mark.parametrize("versions", [(1, 2), (2, 1), (1, 1)])
def test_a_programme_is_kept_once_however_its_events_come(db, versions):
    for version in versions:
        hear(db, "leading", version)
    assert db.get(Programme, "leading").version == max(versions)


def test_people_are_counted_by_sector_for_each_programme_the_most_wanted_first(db, told, person):
    hear(db, "leading")
    told("march", programme="slp")
    interests.register(db, person("amina", sector="hospital"), NOW, programme="slp")
    for who, sector in (("ben", "primary_care"), ("cleo", "hospital"), ("dara", None)):
        interests.register(db, person(who, sector=sector), NOW, programme="leading")
    assert counted(db) == [
        ("leading", 3, {"hospital": 1, "primary_care": 1}),
        ("slp", 1, {"hospital": 1}),
    ]


def test_whoever_asked_for_a_programme_and_for_more_like_its_sessions_is_counted_once(db, told, person):
    for slug in ("march", "april"):
        told(slug, programme="slp")
    amina = person()
    for named in ({"programme": "slp"}, {"session": "march"}, {"session": "april"}):
        interests.register(db, amina, NOW, **named)
    assert counted(db) == [("slp", 1, {"hospital": 1})]


def test_whoever_asked_for_a_topic_is_not_counted_for_a_programme(db, told, person):
    told("march", topics=["care"])
    interests.register(db, person(), NOW, topic="care")
    assert counted(db) == []


def test_whoever_is_erased_is_counted_no_more(db, person):
    hear(db, "leading")
    amina = person()
    interests.register(db, amina, NOW, programme="leading")
    my_data.erase(db, amina, NOW)
    assert counted(db) == []
