"""A coordinator nominates for a session that people apply for: the pages promise no place, and no waiting list."""

import pytest

from tests.gateway import catalogue, fakes
from tests.gateway.html import text_of
from tests.gateway.shown_page import Shown
from tests.gateway.world_of_pages import furnish
from tests.sentences import says

PATH = f"/coordinating/{fakes.COORDINATED[0]}/nominate"
LINE = {"line": 1, "email": "ben@example.org", "name": None, "nominated": True, "problem": None}


@pytest.fixture
def cora(world):
    """The gateway, seen by a coordinator, before a session that people apply for."""
    furnish(world).tell("sessions", catalogue.session(version=2, by_application=True, applications_until=None))
    world.client.set_cookie("headrow_session", "coordinator-token")
    return world


@pytest.mark.parametrize("foreseen", ["waiting", "confirmed"])
def test_the_coordinator_reads_that_the_team_decides_though_places_may_be_free(cora, foreseen):
    told = {"items": [{**LINE, "foreseen": foreseen}], "done": 1, "refused": 0}
    cora.registration.answers["foresee_nominations"] = told
    form = Shown(cora.client.get(PATH).text).forms[PATH]
    answer = cora.client.post(PATH, data={**form, "session": "maxims-in-practice", "csv": "ben@example.org"})
    assert answer.status_code == 200
    assert says("application.by_coordinator") in text_of(answer)
    assert says("application.nominated") in text_of(answer)
    assert says("many_bookings.gets_a_place") not in text_of(answer)
