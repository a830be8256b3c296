"""Whoever has found a weakness finds where to tell of it (RFC 9116)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.gateway.conftest import World

PATH = "/.well-known/security.txt"


@pytest.fixture
def told(settings):
    return World(replace(settings, security_contact="mailto:security@leeds.example", language="cy_GB"))


def fields(answer):
    return dict(line.split(": ", 1) for line in answer.text.splitlines())


def test_it_says_where_to_report_a_weakness(told):
    answer = told.client.get(PATH)
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    assert {name: text for name, text in fields(answer).items() if name != "Expires"} == {
        "Contact": "mailto:security@leeds.example",
        "Preferred-Languages": "cy, en",
        "Canonical": f"https://headrow.example{PATH}",
    }


def test_it_is_good_for_a_while_and_never_for_a_year(told):
    expires = datetime.fromisoformat(fields(told.client.get(PATH))["Expires"])
    assert timedelta(days=30) < expires - told.now < timedelta(days=365)


def test_nobody_is_sent_to_a_contact_that_is_not_there(world):
    assert world.client.get(PATH).status_code == 404
