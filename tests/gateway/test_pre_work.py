"""What is to be read before a session, for those who booked it: they see it, and no route shows it to anyone else."""

import json

import pytest

from services.runtime.refusals import Unavailable
from tests.gateway import catalogue, fakes
from tests.sentences import says

SLUG = "maxims-in-practice"
SESSION = f"/sessions/{SLUG}"
ID = "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a31"
SECRET = "https://example.org/pre-work"
TITLE = "Read this before we meet"
SEES = ("confirmed", "attended", "partly_attended")
DOES_NOT = ("waiting", "offered", "absent", "cancelled")


@pytest.fixture
def world(world):
    """A session with pre-work, which is published, and another one."""
    told = {"audience": "booked", "kind": "document", "title": TITLE, "url": SECRET, "minutes": None, "captions": None}
    world.tell("materials", catalogue.material(ID, **told))
    world.tell("sessions", catalogue.session("trust", "2027-03-04T14:00:00+00:00", title="Trust"))
    world.catalogue.answers["material"] = fakes.refused("not-found")
    return world


def sign_in(world, token="person-token", state=None):
    world.client.set_cookie("__Host-headrow_session", token)
    own = {"booking": fakes.booking(session=SLUG, state=state) if state else None}
    world.registration.answers["own_booking"] = lambda session, **_: own if session == SLUG else {"booking": None}


def shows(answer):
    return SECRET in answer.text


def listed(world, query, token):
    return SECRET in world.get(f"/materials?{query}", token).text


@pytest.mark.parametrize("state", SEES)
def test_who_has_a_place_sees_it_on_the_page_of_the_session_and_over_the_api(world, state):
    sign_in(world, state=state)
    assert shows(world.client.get(SESSION))
    assert world.get(f"/materials/{ID}", "person-token").json["url"] == SECRET
    assert listed(world, f"session={SLUG}", "person-token")


@pytest.mark.parametrize("state", [None, *DOES_NOT])
def test_who_waits_was_offered_a_place_or_has_none_does_not_see_it(world, state):
    sign_in(world, state=state)
    assert not shows(world.client.get(SESSION))
    assert world.get(f"/materials/{ID}", "person-token").status_code == 404
    assert not listed(world, f"session={SLUG}", "person-token")


@pytest.mark.parametrize("token", ["team-token", "facilitator-token"])
def test_the_team_and_whoever_facilitates_the_session_see_it(world, token):
    sign_in(world, token)
    assert shows(world.client.get(SESSION))
    assert world.get(f"/materials/{ID}", token).json["url"] == SECRET
    assert listed(world, f"session={SLUG}", token)


def test_whoever_facilitates_another_session_does_not_see_it(world):
    sign_in(world, "other-facilitator-token")
    assert not shows(world.client.get(SESSION))
    assert world.get(f"/materials/{ID}", "other-facilitator-token").status_code == 404


def test_the_page_says_that_there_is_something_for_those_who_booked(world):
    page = world.client.get(SESSION)
    assert says("pre_work.there_is") in page.text
    sign_in(world, state="confirmed")
    assert says("pre_work.there_is") not in world.client.get(SESSION).text
    assert says("pre_work.there_is") not in world.client.get("/sessions/trust").text


PUBLIC = (
    f"/ /sessions {SESSION} /recordings /recordings?q=read /recordings?kind=document /topics /topics/systems-thinking"
    " /programmes /programmes/virtual-sessions /speakers/myron-rogers /feed.atom /feed.json"
    f" /api/v1/programmes/virtual-sessions /api/v1/sessions /api/v1/sessions/{SLUG} /api/v1/sessions/{SLUG}.ics"
    f" /api/v1/materials /api/v1/materials?q=read /api/v1/materials?session={SLUG}"
    " /api/v1/materials?programme=virtual-sessions"
).split()


@pytest.mark.parametrize("path", PUBLIC)
def test_no_page_list_feed_or_search_tells_it_to_others(world, path):
    sign_in(world, state="confirmed")
    world.client.get(SESSION)  # what somebody else saw just before is not kept for the next
    world.get(f"/materials?session={SLUG}", "person-token")
    world.client.delete_cookie("__Host-headrow_session")
    answer = world.client.get(path)
    assert answer.status_code == 200
    assert not any(words in answer.text for words in (SECRET, TITLE, json.dumps(SECRET), ID))


def test_where_registration_is_out_nobody_is_taken_for_someone_who_booked(world):
    sign_in(world)
    world.registration.answers["own_booking"] = Unavailable()
    assert not shows(world.client.get(SESSION))
    assert world.get(f"/materials/{ID}", "person-token").status_code == 404


@pytest.mark.parametrize("attendees", [False, True])
def test_registration_is_asked_for_bookings_once_a_page_at_most(world, attendees):
    if attendees:
        world.tell("materials", catalogue.material(version=2, audience="attendees"))
    sign_in(world, state="confirmed")
    world.registration.answers["bookings"] = fakes.page_of(fakes.booking(session=SLUG, state="confirmed"))
    world.registration.asked.clear()
    assert shows(world.client.get(SESSION))
    asked = [method for method, _ in world.registration.asked if method in ("own_booking", "bookings")]
    assert len(asked) == 1


def test_nothing_is_asked_where_there_is_nothing_for_those_who_booked(world):
    sign_in(world, state="confirmed")
    world.get("/materials?session=trust", "person-token")
    assert not world.registration.was_asked("own_booking")
