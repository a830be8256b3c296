"""What interests protect: each person has each once, only of what there is, and the team sees numbers and no names."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration import events, my_data, schemas
from services.registration.models import Interest, Person, Session
from services.registration.places import sessions
from services.registration.voices import interests
from services.runtime.paging import cursor_after
from services.runtime.refusals import Invalid, NotFound, NotSignedIn
from services.runtime.schemas import load
from tests.registration.conftest import NOW, START

NAMED = [{"topic": "systems-thinking"}, {"programme": "slp"}, {"session": "march"}]


@pytest.fixture
def march(told):
    return told(topics=["systems-thinking", "covid-19"])


def announced(db):
    rows = db.execute(select(outbox).where(outbox.c.type.contains("interest")).order_by(outbox.c.position)).all()
    return [(Envelope.from_json(row.envelope), row.erase_key) for row in rows]


def count(db):
    return db.scalar(select(func.count()).select_from(Interest))


def demand(db, limit=20):
    """Read the whole list, page by page, as `[(topic, programme or session, people)]`."""
    page = interests.demand(db, None, limit)
    rows = list(page["items"])
    while page["next"]:
        page = interests.demand(db, page["next"], limit)
        rows += page["items"]
    shown = schemas.DemandPage().dump({"items": rows, "next": None})["items"]
    return [(row["topic"] or row["programme"] or row["session"], row["people"]) for row in shown]


@pytest.mark.parametrize("named", NAMED, ids=str)
def test_an_interest_is_kept_shown_and_announced(db, march, person, named):
    amina = person()
    interest = interests.register(db, amina, NOW, **named)
    shown = schemas.InterestView().dump(interest)
    everything = {"topic": None, "programme": None, "session": None, **named}
    assert shown == {"id": interest.id, **everything, "created_at": NOW.isoformat()}
    assert interests.one(db, amina, interest.id) is interest
    [(event, erase_key)] = announced(db)
    assert (event.type, event.subject) == ("registration.interest_registered.v1", f"interests/{interest.id}")
    assert event.data == {"id": interest.id, "person": amina.id, **everything, "version": 1}
    assert erase_key == amina.id


def test_the_same_interest_again_is_the_one_that_is_there(db, march, person):
    amina = person()
    first = interests.register(db, amina, NOW, topic="covid-19")
    again = interests.register(db, amina, NOW + timedelta(days=1), topic="covid-19")
    assert (again.id, count(db), len(announced(db))) == (first.id, 1, 1)


def test_the_database_refuses_a_second_one_whatever_the_code_does(db, march, person):
    amina = person()
    db.add_all(Interest(person_id=amina.id, topic="covid-19", created_at=NOW) for _ in range(2))
    with pytest.raises(IntegrityError):
        db.flush()


@pytest.mark.parametrize("named", [{}, {"topic": "covid-19", "programme": "slp"}], ids=str)
def test_the_database_refuses_an_interest_in_nothing_or_in_two_things(db, march, person, named):
    db.add(Interest(person_id=person().id, created_at=NOW, **named))
    with pytest.raises(IntegrityError):
        db.flush()


def test_two_people_may_share_an_interest(db, march, person):
    for who in ("amina", "ben"):
        interests.register(db, person(who), NOW, topic="covid-19")
    assert count(db) == 2


def test_somebody_who_has_not_said_who_they_are_may_have_interests(db, march, person):
    assert interests.register(db, person(name=None, sector=None), NOW, programme="slp").programme == "slp"


@pytest.mark.parametrize(
    "named",
    [{"topic": "circus"}, {"topic": "systems"}, {"topic": "slp"}, {"programme": "march"}, {"session": "slp"}],
    ids=str,
)
def test_what_there_is_not_is_refused_by_its_field(db, march, person, named):
    with pytest.raises(Invalid) as refused:
        interests.register(db, person(), NOW, **named)
    assert [error["field"] for error in refused.value.errors] == list(named)
    assert announced(db) == []


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, ["topic", "programme", "session"]),
        ({"topic": "a", "session": "b"}, ["topic", "session"]),
        ({"topic": None}, ["topic"]),
        ({"topic": "Systems thinking"}, ["topic"]),
        ({"topic": "a%"}, ["topic"]),
        ({"topic": "a\n"}, ["topic"]),
        ({"topic": "a\x00"}, ["topic"]),
        ({"programme": "a" * 81}, ["programme"]),
        ({"session": 7}, ["session"]),
        ({"speaker": "a"}, ["speaker"]),
    ],
    ids=str,
)
def test_what_names_none_or_more_than_one_or_is_no_name_is_refused(given, fields):
    with pytest.raises(Invalid) as refused:
        load(schemas.InterestWanted(), given)
    assert {error["field"] for error in refused.value.errors} == set(fields)


def test_an_interest_that_is_withdrawn_is_gone_and_announced(db, march, person):
    amina = person()
    interest = interests.register(db, amina, NOW, topic="covid-19")
    interests.withdraw(db, amina, interest.id)
    assert count(db) == 0
    [_, (event, erase_key)] = announced(db)
    assert (event.type, event.version) == ("registration.interest_withdrawn.v1", 2)
    assert (event.data["id"], event.data["topic"], erase_key) == (interest.id, "covid-19", amina.id)
    with pytest.raises(NotFound):
        interests.withdraw(db, amina, interest.id)
    assert interests.register(db, amina, NOW, topic="covid-19").id != interest.id


def test_another_s_interest_is_not_there(db, march, person):
    theirs = interests.register(db, person("ben"), NOW, topic="covid-19")
    for ask in (interests.one, interests.withdraw):
        with pytest.raises(NotFound):
            ask(db, person(f"amina{ask.__name__}"), theirs.id)
    assert count(db) == 1


def test_one_s_own_interests_are_listed_the_latest_first_page_by_page(db, march, person):
    amina = person()
    for named in NAMED:
        interests.register(db, amina, NOW, **named)
    interests.register(db, person("ben"), NOW, topic="covid-19")
    first = interests.page(db, amina, None, 2)
    second = interests.page(db, amina, first["next"], 2)
    assert [i.session or i.programme or i.topic for i in [*first["items"], *second["items"]]] == [
        "march",
        "slp",
        "systems-thinking",
    ]
    assert second["next"] is None


def test_the_copy_of_a_session_keeps_up_with_its_topics(db, told, person):
    told(topics=["old"])
    assert told(topics=["new"]).topics == ["new"]
    db.flush()
    with pytest.raises(Invalid):
        interests.register(db, person(), NOW, topic="old")
    assert interests.register(db, person("ben"), NOW, topic="new")


def test_a_session_that_is_told_of_without_topics_has_none(db):
    meetings = [{"starts_at": START.isoformat(), "ends_at": (START + timedelta(hours=1)).isoformat()}]
    state = {"slug": "june", "title": "June", "programme": "slp", "meetings": meetings, "status": "published"}
    places = {"waiting_list": "none", "places_in_room": 1, "places_online": 0, "version": 1}
    sessions.keep(db, load(events.SessionRead(), {**state, **places}), NOW)
    assert Session.locked(db, "june").topics == []


def test_demand_counts_people_the_most_wanted_first(db, told, march, person):
    told("april", topics=["psychology"], programme="other")
    people = [person(f"p{n}") for n in range(3)]
    for one in people:
        interests.register(db, one, NOW, topic="systems-thinking")
    for one in people[:2]:
        interests.register(db, one, NOW, session="april")
    for named in ({"topic": "psychology"}, {"programme": "slp"}, {"session": "march"}, {"programme": "other"}):
        interests.register(db, people[0], NOW, **named)
    wanted = [("systems-thinking", 3), ("april", 2), ("psychology", 1), ("other", 1), ("slp", 1), ("march", 1)]
    for limit in (1, 2, 20):
        assert demand(db, limit) == wanted


def test_demand_names_nobody(db, march, person):
    interests.register(db, person(), NOW, topic="covid-19")
    shown = schemas.DemandPage().dump(interests.demand(db, None, 20))
    assert shown["items"] == [{"topic": "covid-19", "programme": None, "session": None, "people": 1}]


@pytest.mark.parametrize("cursor", ["x", cursor_after("a", 1, "b"), cursor_after(1), cursor_after(2**63, 1, "b")])
def test_a_cursor_that_was_made_up_is_refused(db, march, person, cursor):
    with pytest.raises(Invalid):
        interests.demand(db, cursor, 20)
    with pytest.raises(Invalid):
        interests.page(db, person(), cursor if cursor != cursor_after(1) else "x", 20)


def test_erasure_takes_interests_from_the_list_the_count_and_what_was_announced(db, march, person):
    amina, ben = person("amina"), person("ben")
    for one in (amina, ben):
        interests.register(db, one, NOW, topic="covid-19")
    my_data.erase(db, amina, NOW)
    assert demand(db) == [("covid-19", 1)]
    assert [event.data["person"] for event, _ in announced(db)] == [ben.id]


def test_whoever_was_erased_meanwhile_is_not_signed_in_any_more(db, march, person):
    amina = person()
    my_data.erase(db, amina, NOW)
    with pytest.raises(NotSignedIn):
        interests.register(db, amina, NOW, topic="covid-19")
    with pytest.raises(NotSignedIn):
        my_data.erase(db, amina, NOW)
    assert db.get(Person, amina.id).version == 2


def test_the_export_holds_interests(db, march, person):
    amina = person()
    interest = interests.register(db, amina, NOW, topic="covid-19")
    assert my_data.export(db, amina)["interests"] == [
        {"id": interest.id, "topic": "covid-19", "programme": None, "session": None, "created_at": NOW}
    ]
