"""Interests follow a topic that is renamed, merged or removed: nobody hears of it twice, and nobody loses another."""

import pytest
from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration.models import Interest, Person, TopicName
from services.registration.voices import interests, topics
from services.runtime.refusals import Invalid
from tests.registration.conftest import NOW
from tests.registration.merging import merge, undo


@pytest.fixture
def march(told):
    return told(topics=["care", "trust", "social-care"])


def hear(db, old, new, version=2):
    told = {"old": old, "new": new, "version": version}
    event = Envelope("e", "catalogue.topic_renamed.v1", "catalogue", f"topics/{old}", version, NOW, None, told)
    topics.keep(db, event)
    db.flush()


def held(db, person):
    rows = select(Interest).where(Interest.person_id == person.id).order_by(Interest.position)
    return [row.topic or row.programme for row in db.scalars(rows)]


def announced(db):
    rows = db.scalars(select(outbox.c.envelope).where(outbox.c.type.contains("interest")).order_by(outbox.c.position))
    events = [Envelope.from_json(row) for row in rows]
    return [(event.type.split("_")[1].removesuffix(".v1"), event.data["topic"], event.version) for event in events]


def test_whoever_asked_for_a_topic_hears_of_it_under_its_new_name(db, march, person):
    amina, ben = person(), person("ben")
    mine = interests.register(db, amina, NOW, topic="care")
    interests.register(db, ben, NOW, topic="trust")
    hear(db, "care", "social-care")
    assert (held(db, amina), held(db, ben)) == (["social-care"], ["trust"])
    assert interests.one(db, amina, mine.id).topic == "social-care", "the interest is the same one"
    assert announced(db)[2:] == [("registered", "social-care", 2)]


def test_whoever_had_both_has_one_and_the_other_is_told_to_be_gone(db, march, person):
    amina = person()
    interests.register(db, amina, NOW, topic="care")
    interests.register(db, amina, NOW, topic="trust")
    hear(db, "care", "trust")
    assert held(db, amina) == ["trust"]
    assert announced(db)[2:] == [("withdrawn", "care", 2)]
    assert topics.interested(db) == {"trust": 1}


def test_whoever_asked_for_a_topic_that_is_removed_loses_that_alone(db, march, person):
    amina = person()
    interests.register(db, amina, NOW, topic="care")
    interests.register(db, amina, NOW, topic="trust")
    interests.register(db, amina, NOW, programme="slp")
    hear(db, "care", None)
    assert held(db, amina) == ["trust", "slp"]
    assert announced(db)[3:] == [("withdrawn", "care", 2)]


def test_the_same_news_again_and_older_news_change_nothing(db, march, person):
    amina = person()
    interests.register(db, amina, NOW, topic="care")
    hear(db, "care", "trust", version=3)
    before = announced(db)
    hear(db, "care", "trust", version=3)
    hear(db, "care", None, version=2)
    assert (held(db, amina), announced(db)) == (["trust"], before)


@pytest.mark.parametrize("first", [0, 1])
def test_news_of_two_changes_come_to_the_same_in_any_order(db, march, person, first):
    amina = person()
    interests.register(db, amina, NOW, topic="care")
    news = [("care", "social-care", 2), ("social-care", "trust", 2)]
    for old, new, version in (news[first], news[1 - first]):
        hear(db, old, new, version)
    assert held(db, amina) == ["trust"]


@pytest.mark.parametrize("first", [0, 1])
def test_a_topic_that_has_its_old_name_again_has_its_people_in_any_order_of_the_news(db, march, person, first):
    amina = person()
    interests.register(db, amina, NOW, topic="care")
    hear(db, "care", "social-care", 2)
    news = [("social-care", "care", 2), ("care", "care", 3)]
    for old, new, version in (news[first], news[1 - first]):
        hear(db, old, new, version)
    assert held(db, amina) == ["care"]


def test_an_old_name_asked_for_is_the_topic_that_it_became(db, march, person):
    amina = person()
    hear(db, "old-care", "care")
    interest = interests.register(db, amina, NOW, topic="old-care")
    assert interest.topic == "care"
    assert interests.register(db, amina, NOW, topic="care") is interest


def test_a_removed_topic_cannot_be_asked_for(db, march, person):
    hear(db, "gone", None)
    with pytest.raises(Invalid):
        interests.register(db, person(), NOW, topic="gone")


def test_it_is_withdrawn_under_a_later_version_than_it_was_told_of(db, march, person):
    amina = person()
    interest = interests.register(db, amina, NOW, topic="care")
    hear(db, "care", "trust")
    interests.withdraw(db, amina, interest.id)
    assert announced(db)[1:] == [("registered", "trust", 2), ("withdrawn", "trust", 3)]


def test_an_interest_that_a_merge_set_aside_comes_back_under_the_name_that_its_topic_has_then(db, march, person):
    kept, other = person("amina"), person("amy")
    for one in (kept, other):
        interests.register(db, one, NOW, topic="care")
    merged = merge(db, kept, other)
    hear(db, "care", "trust")
    undo(db, merged, by=kept)
    assert (held(db, kept), held(db, other)) == (["trust"], ["trust"])


def test_people_are_counted_by_topic_and_not_named(db, march, person):
    for who in ("amina", "ben"):
        interests.register(db, person(who), NOW, topic="care")
    interests.register(db, db.scalars(select(Person)).first(), NOW, programme="slp")
    assert topics.interested(db) == {"care": 2}
    assert db.scalars(select(TopicName)).all() == []
