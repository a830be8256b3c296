"""Whoever coordinates an organisation from now on reads which one, and where to find what they do there."""

import pytest

from tests.notifications.conftest import ZOE
from tests.notifications.reading import html, plain
from tests.sentences import says

pytestmark = pytest.mark.one_database
ID = "7c1e0b52-4d3a-4b7e-8f21-0a1b2c3d4e5f"


def named(world):
    told = {"id": ID, "person": ZOE, "organisation": "Elm Court"}
    return world.hear("registration.coordinator_named.v1", f"coordinators/{ID}", told)


def test_they_are_told_which_organisation_and_where_to_find_it(world):
    named(world)
    (mail,) = world.deliver()
    assert mail["To"].addresses[0].addr_spec == "zoe@example.org"
    assert mail["Subject"] == says("coordinator_email.subject")
    for shown in (plain(mail), html(mail)):
        assert "Elm Court" in shown
        assert "https://headrow.example.org/coordinating" in shown


def test_whoever_was_erased_is_told_nothing(world):
    world.see_off()
    named(world)
    assert world.deliver() == []
