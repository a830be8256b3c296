"""Attendance as the gateway asks for it: who may ask, what is accepted, what comes back, and many asking at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.bus import models as bus
from services.registration.attendance import check_in
from services.registration.models import Attendance, Base
from services.registration.outcomes import settling
from services.runtime import clock
from tests.contracts.announced import check_outbox
from tests.registration.calls import SECRET, TEAMS, World

pytestmark = pytest.mark.one_database


@pytest.fixture
def world(make_engine):
    world = World(make_engine(Base.metadata, bus.metadata))
    yield world
    with world.service.database.begin() as db:
        check_outbox(db)


@pytest.mark.parametrize("method", TEAMS)
def test_only_the_team_takes_attendance(world, method):
    assert world.ask(method, "amina", **TEAMS[method]).refusal.code == "not-allowed"


def test_the_whole_way_from_a_code_to_a_certificate(world):
    token = world.ask("check_in_token", "amina", reference=world.reference).value["token"]
    seen = world.ask("look_up_check_in", "team", token=token).value
    assert (seen["name"], seen["meeting"], seen["already"]) == ("Amina", 1, False)
    assert world.ask("check_in", "team", token=token).value["already"] is False
    assert world.ask("certificate", "amina", reference=world.reference).refusal.code == "not-attended"
    with world.service.database.begin() as db:
        settling.settle_ended(db, clock.now() + timedelta(hours=2))
    assert world.ask("booking", "amina", reference=world.reference).value["attended_share"] == 1.0
    row = world.ask("attendance", "team", slug="now", cursor=None, limit=10).value["items"][0]
    assert (row["state"], row["records"][0]["source"]) == ("attended", "check_in")
    facts = world.ask("certificate", "amina", reference=world.reference).value
    assert world.ask("verify_certificate", code=facts["code"]).value["name"] == "Amina"
    held = world.ask("export_me", "amina").value
    assert held["certificates"][0]["code"] == facts["code"]
    world.ask("erase_me", "amina")
    assert world.ask("verify_certificate", code=facts["code"]).refusal.code == "not-found"


def test_a_key_has_a_list_taken_once(world):
    given = {"records": [{"reference": world.reference, "meeting": 1, "present": True}]}
    first, again = (world.ask("record_attendance", "team", slug="now", given=given, key="k") for _ in range(2))
    assert (first.value["recorded"], again.value["recorded"], again.replayed) == (1, 1, True)


def test_every_wrong_field_of_a_list_is_named(world):
    given = {"records": [{"reference": "A", "meeting": "x"}, {"meeting": 1, "present": "yes"}]}
    refused = world.ask("record_attendance", "team", slug="now", given=given).refusal
    assert {error["field"] for error in refused.facts["errors"]} == {
        "records.0.meeting",
        "records.0.present",
        "records.1.reference",
        "records.1.present",
    }


def test_one_code_at_many_doors_at_once_is_one_record(world):
    token = check_in.token_of(world.reference, SECRET)
    with ThreadPoolExecutor(6) as doors:
        replies = list(doors.map(lambda _: world.ask("check_in", "team", token=token), range(6)))
    assert sorted(reply.value["already"] for reply in replies) == [False] + [True] * 5
    with world.service.database.begin() as db:
        assert len(db.scalars(select(Attendance)).all()) == 1
