"""The service class hands on what it hears and is asked, and what it hears is all that it should."""

import json
import uuid

import pytest
from sqlalchemy import func, select

from services.bus.entrypoints import subscriptions
from services.bus.envelope import Envelope
from services.notifications.models import Booking, Interest, Message, Person, Session, Site, Unwanted
from services.notifications.service import Notifications
from services.runtime.settings import Settings
from tests.contracts.announced import SERVICES
from tests.notifications.conftest import LETTERHEAD, NOW
from tests.notifications.service import Running

HEARD = {type_: method for method, types, _ in subscriptions(Notifications) for type_ in types}


def test_nothing_but_a_code_that_somebody_waits_for_is_urgent():
    entries = [entry for method in HEARD.values() for entry in getattr(Notifications, method).nameko_entrypoints]
    assert {type_ for entry in entries if entry.urgent for type_ in entry.types} == {
        *("registration.sign_in_requested.v1", "registration.email_change_asked.v1"),
        "registration.merge_asked.v1",
    }


def example(type_: str) -> dict:
    contract = SERVICES / type_.partition(".")[0] / "contracts" / f"{type_}.json"
    return json.loads(contract.read_text())["examples"][0]


def hear(world, type_: str, **changed) -> None:
    data = {**example(type_), **changed}
    service = Running(Settings(mail_from=LETTERHEAD.mail_from, public_url=LETTERHEAD.public_url))
    event = Envelope(str(uuid.uuid4()), type_, type_.partition(".")[0], "things/1", 7, NOW, None, data)
    with world.begin() as db:
        failure = getattr(Notifications, HEARD[type_])(service, db, event)
        assert failure is None, failure


def count(world, kind) -> int:
    with world.begin() as db:
        return db.scalar(select(func.count()).select_from(kind))


@pytest.mark.parametrize("type_", ["registration.person_registered.v1", "registration.person_changed.v1"])
def test_it_keeps_people(empty_world, type_):
    hear(empty_world, type_)
    assert count(empty_world, Person) == 1


def test_it_keeps_what_the_site_is_called(empty_world):
    hear(empty_world, "catalogue.city_described.v1")
    assert count(empty_world, Site) == 1


def test_it_erases_people(world):
    hear(world, "registration.person_erased.v1")
    assert count(world, Person) == 2  # the tombstone of somebody else


@pytest.mark.parametrize("happened", ["published", "changed", "cancelled", "reinstated"])
def test_it_keeps_sessions(empty_world, happened):
    hear(empty_world, f"catalogue.session_{happened}.v1")
    assert count(empty_world, Session) == 1


@pytest.mark.parametrize(
    "happened", ["booking_confirmed", "booking_waitlisted", "place_offered", "offer_expired", "booking_cancelled"]
)
def test_it_tells_of_bookings(empty_world, happened):
    type_ = f"registration.{happened}.v1"
    booking = example(type_)
    hear(empty_world, "registration.person_registered.v1", id=booking["person"])
    hear(empty_world, "catalogue.session_published.v1", slug=booking["session"])
    hear(empty_world, type_, cause="booked")
    dates = len(example("catalogue.session_published.v1")["meetings"])
    letters = dates if happened == "booking_confirmed" else 1
    assert (count(empty_world, Booking), count(empty_world, Message)) == (1, letters)


@pytest.mark.parametrize("happened", ["registered", "withdrawn"])
def test_it_keeps_interests(empty_world, happened):
    type_ = f"registration.interest_{happened}.v1"
    hear(empty_world, "registration.person_registered.v1", id=example(type_)["person"])
    hear(empty_world, type_)
    assert count(empty_world, Interest) == 1


def test_it_tells_of_what_is_published_to_those_who_asked_for_it(empty_world):
    interest = example("registration.interest_registered.v1")
    hear(empty_world, "registration.person_registered.v1", id=interest["person"])
    hear(empty_world, "registration.interest_registered.v1")
    for slug, meeting in (("new", {}), ("old", {"ends_at": "2000-01-01T00:00:00+00:00"})):
        meetings = [{"starts_at": "2100-01-01T10:00:00+00:00", "ends_at": "2100-01-01T11:00:00+00:00", **meeting}]
        hear(empty_world, "catalogue.session_published.v1", slug=slug, topics=[interest["topic"]], meetings=meetings)
    assert count(empty_world, Message) == 1


def test_it_takes_over_which_emails_someone_did_not_want_elsewhere(empty_world):
    told = example("registration.choices_imported.v1")
    hear(empty_world, "registration.person_registered.v1", id=told["person"], email=told["email"])
    hear(empty_world, "registration.choices_imported.v1")
    assert count(empty_world, Unwanted) == len(told["unwanted"])


def test_it_tells_those_who_are_to_coordinate_an_organisation(empty_world):
    named = example("registration.coordinator_named.v1")
    hear(empty_world, "registration.person_registered.v1", id=named["person"])
    hear(empty_world, "registration.coordinator_named.v1")
    assert count(empty_world, Message) == 1


def test_it_tells_those_who_are_to_facilitate_a_session(empty_world):
    named = example("registration.facilitator_named.v1")
    hear(empty_world, "registration.person_registered.v1", id=named["person"])
    hear(empty_world, "catalogue.session_published.v1", slug=named["session"], status="published")
    hear(empty_world, "registration.facilitator_named.v1")
    dates = len(example("catalogue.session_published.v1")["meetings"])
    assert count(empty_world, Message) == dates


def test_it_sends_sign_in_codes(empty_world):
    hear(empty_world, "registration.sign_in_requested.v1")
    assert count(empty_world, Message) == 1


@pytest.mark.parametrize(
    ("what", "letters"),
    [("email_change_asked", 1), ("email_changed", 1), ("addresses_changed", 1), ("email_change_undone", 2)],
)
def test_it_tells_old_and_new_addresses(empty_world, what, letters):
    hear(empty_world, f"registration.{what}.v1")
    assert count(empty_world, Message) == letters


def test_it_sends_codes_that_prove_another_account(empty_world):
    hear(empty_world, "registration.merge_asked.v1")
    assert count(empty_world, Message) == 1


def test_it_follows_accounts_that_are_merged_and_parted(empty_world):
    told = example("registration.person_merged.v1")
    hear(empty_world, "registration.person_registered.v1", id=told["into"])
    hear(empty_world, "registration.person_merged.v1")
    hear(empty_world, "catalogue.session_published.v1", slug=example("registration.booking_reassigned.v1")["session"])
    hear(empty_world, "registration.booking_reassigned.v1", person=told["into"])
    parted = example("registration.person_parted.v1")
    hear(empty_world, "registration.person_parted.v1", **{"from": told["into"]})
    assert count(empty_world, Person) == len({told["into"], told["id"], parted["id"]})
    assert count(empty_world, Booking) == 1


def test_it_tells_whoever_the_team_corrected(empty_world):
    corrected = "registration.person_corrected.v1"
    hear(empty_world, "registration.person_registered.v1", id=example(corrected)["person"])
    hear(empty_world, corrected)
    assert count(empty_world, Message) == 1


@pytest.mark.parametrize("what", ["sat_together", "member_removed", "member_let_in"])
def test_it_tells_members_of_the_community(empty_world, what):
    told = example(f"community.{what}.v1")
    hear(empty_world, "registration.person_registered.v1", id=told["person"])
    if "session" in told:
        hear(empty_world, "catalogue.session_published.v1", slug=told["session"])
    hear(empty_world, f"community.{what}.v1")
    assert count(empty_world, Message) == 1


def test_it_drops_what_is_for_members_once_they_left(empty_world):
    told = example("community.sat_together.v1")
    hear(empty_world, "registration.person_registered.v1", id=told["person"])
    hear(empty_world, "catalogue.session_published.v1", slug=told["session"])
    hear(empty_world, "community.sat_together.v1")
    hear(empty_world, "community.member_left.v1", person=told["person"])
    assert count(empty_world, Message) == 0


def test_it_tells_of_accounts_that_nobody_uses(empty_world):
    told = example("registration.account_unused.v1")
    hear(empty_world, "registration.person_registered.v1", id=told["person"])
    hear(empty_world, "registration.account_unused.v1")
    assert count(empty_world, Message) == 1


def test_it_hears_nothing_else():
    assert len(HEARD) == 49
