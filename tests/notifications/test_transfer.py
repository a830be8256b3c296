"""Moving an installation protects what people chose: no email that someone did not want reaches them after it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.bus.replica import NotYetKnown
from services.notifications import preferences, transfer
from services.notifications.delivery import addresses
from services.notifications.models import Message, Undeliverable, Unwanted
from services.notifications.service import Notifications
from services.runtime.refusals import NotAllowed
from tests.notifications.conftest import NOW, ZOE

BEN = "0c8f4f5e-3f3a-4d38-8a53-6e1c7a2b9d10"
EARLIER = NOW - timedelta(days=90)


def imported(world, *topics, person=ZOE, email="zoe@example.org", undeliverable=None, id_=None):
    unwanted = [{"topic": topic, "since": EARLIER} for topic in topics]
    told = {"person": person, "email": email, "unwanted": unwanted, "undeliverable": undeliverable}
    return world.hear("registration.choices_imported.v1", f"choices/{person}", told, id_=id_)


def view(world, person=ZOE):
    with world.begin() as db:
        return preferences.view(db, person)


def mark(world, address, code="5.1.1"):
    with world.begin() as db:
        addresses.mark_bounced(db, address, code, "a message", EARLIER)


def exported(world):
    """Return what all pages say, by person."""
    found, cursor = {}, None
    with world.begin() as db:
        while True:
            page = transfer.page(db, cursor)
            assert found.keys().isdisjoint(page["people"])
            found |= page["people"]
            cursor = page["next"]
            if cursor is None:
                return found


def test_the_file_has_what_is_unwanted_and_which_address_takes_no_mail_and_nobody_else(world, monkeypatch):
    world.person(BEN, email="ben@example.org", name="Ben")
    world.person("11111111-3f3a-4d38-8a53-6e1c7a2b9d10", email="cleo@example.org", name="Cleo")
    with world.begin() as db:
        preferences.choose(db, ZOE, {"interests": False}, EARLIER)
        preferences.choose(db, ZOE, {"reminders": False}, NOW)
    mark(world, "ben@example.org")
    said = {
        ZOE: {
            "unwanted": [{"topic": "interests", "since": EARLIER}, {"topic": "reminders", "since": NOW}],
            "undeliverable": None,
        },
        BEN: {"unwanted": [], "undeliverable": {"since": EARLIER, "status": "5.1.1"}},
    }
    assert exported(world) == said
    monkeypatch.setattr(transfer, "AT_ONCE", 1)
    assert exported(world) == said


def test_whoever_was_erased_is_not_in_the_file_and_nothing_is_kept_of_them_later(world):
    with world.begin() as db:
        preferences.choose(db, ZOE, {"interests": False}, EARLIER)
    world.erase()
    imported(world, "reminders", undeliverable={"since": EARLIER, "status": "5.1.1"})
    assert exported(world) == {}
    with world.begin() as db:
        assert [*db.scalars(select(Unwanted)), *db.scalars(select(Undeliverable))] == []


def test_what_was_unwanted_there_is_unwanted_here_since_then_and_what_waits_goes(world):
    world.interest(programme="slp")
    world.session("april")
    imported(world, "interests")
    assert [topic for topic, wanted in view(world).items() if not wanted] == ["interests"]
    with world.begin() as db:
        assert db.get(Unwanted, (ZOE, "interests")).since == EARLIER
        assert db.scalars(select(Message).where(Message.state == "queued")).all() == []


def test_what_is_unwanted_here_stays_as_it_is(world):
    with world.begin() as db:
        preferences.choose(db, ZOE, {"interests": False}, NOW)
    imported(world, "interests", "materials")
    with world.begin() as db:
        assert db.get(Unwanted, (ZOE, "interests")).since == NOW
    assert [topic for topic, wanted in view(world).items() if not wanted] == ["materials", "interests"]


def test_a_topic_that_is_not_known_here_is_passed_over(world):
    imported(world, "horoscopes", "interests")
    assert [topic for topic, wanted in view(world).items() if not wanted] == ["interests"]


def test_it_waits_until_the_person_is_known_and_is_the_account_s_that_they_became_a_part_of(world):
    with pytest.raises(NotYetKnown):
        imported(world, "interests", person=BEN, email="ben@example.org")
    world.person(BEN, email="ben@example.org", name="Ben")
    world.merge(BEN)
    imported(world, "interests", person=BEN, email="ben@example.org")
    assert view(world)["interests"] is False


def test_an_address_that_takes_no_mail_is_marked_and_trusted_again_as_any_other(world):
    imported(world, undeliverable={"since": EARLIER, "status": "5.2.1"})
    with world.begin() as db:
        told = addresses.address_of(db, ZOE)
        assert (told["state"], told["since"]) == ("undeliverable", EARLIER)
        assert addresses.trust(db, ZOE)["state"] == "ok"


def test_an_address_that_is_no_longer_theirs_is_not_marked(world):
    imported(world, email="old@example.org", undeliverable={"since": EARLIER, "status": "5.1.1"})
    with world.begin() as db:
        assert addresses.address_of(db, ZOE)["state"] == "ok"


@pytest.mark.parametrize("roles", [["person"], ["person", "team"]])
def test_operators_alone_read_what_everyone_chose(roles):
    with pytest.raises(NotAllowed):
        Notifications.export_choices.requires(None, {"id": ZOE, "roles": roles}, NOW, {})
