"""Made-up members: a realistic part of made-up people, who show once the community is told of them."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from services.bus import models as bus
from services.community import people
from services.community.models import Base, Member, Person, Session
from services.community.population import populate
from services.runtime.database import Transactions
from tests.community.conftest import NOW, World, id_of
from tests.community.membership import join, seen
from tests.contracts.announced import check_outbox

WHO = [f"person-{n}" for n in range(400)]


@pytest.fixture
def transactions(make_engine):
    return Transactions(make_engine(Base.metadata, bus.metadata))


def test_a_part_of_the_people_are_members_in_the_order_in_which_they_joined(transactions):
    with transactions.begin() as db:
        World(db).session(topics=["psychology", "systems-thinking"])
        assert (people.number(db), db.scalar(select(func.count()).select_from(Session))) == (0, 1)
    number = populate(transactions, [id_of(who) for who in WHO], NOW)
    with transactions.begin() as db:
        members = db.scalars(select(Member).order_by(Member.position)).all()
        assert 30 < number == len(members) < 90
        joined = [member.joined_at for member in members]
        assert joined == sorted(joined)
        assert NOW - timedelta(days=200) <= joined[0] <= joined[-1] <= NOW
        assert {topic for member in members for topic in member.topics} == {"psychology", "systems-thinking"}
        assert {member.about is None for member in members} == {True, False}
        check_outbox(db)


def test_they_show_once_the_community_is_told_of_them(transactions):
    populate(transactions, [id_of(who) for who in WHO], NOW)
    with transactions.begin() as db:
        world = World(db)
        join(world, "amina")
        assert seen(world, "amina") == []
        for who in WHO:
            world.person(who)
        assert db.scalar(select(func.count()).select_from(Person)) == 401
        assert len(seen(world, "amina")) > 30
