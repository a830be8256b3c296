"""A coordinator nominates for a session that people apply for: the pages promise no place, and no waiting list."""

import pytest

from tests.gateway import catalogue, fakes
from tests.gateway.html import text_of
from tests.gateway.shown_page import Shown
from tests.gateway.world_of_pages import furnish
from tests.sentences import says

PATH = f"/coordinating/{fakes.COORDINATED[0]}/nominate"
WAITS = {"line": 1, "email": "ben@example.org", "name": None, "nominated": True, "foreseen": "waiting", "problem": None}


@pytest.fixture
def cora(world):
    """The gateway, seen by a coordinator, before a session that people apply for."""
    furnish(world).tell("sessions", catalogue.session(version=2, by_application=True, applications_until=None))
    told = {"items": [WAITS], "done": 1, "refused": 0}
    world.registration.answers.update(foresee_nominations=told, nominate=told)
    world.client.set_cookie("headrow_session", "coordinator-token")
    return world


def test_the_coordinator_reads_that_the_team_decides(cora):
    form = Shown(cora.client.get(PATH).text).forms[PATH]
    answer = cora.client.post(PATH, data={**form, "session": "maxims-in-practice", "csv": "ben@example.org"})
    assert answer.status_code == 200
    assert says("application.by_coordinator") in text_of(answer)
    assert says("application.nominated") in text_of(answer)
