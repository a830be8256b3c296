"""The pages of the audit record: an operator narrows it down, the team sees that of one person."""

import pytest

from services.bus import audit
from services.registration.schemas import AUDIT_ACTIONS
from tests.gateway import fakes
from tests.gateway.html import Page
from tests.gateway.rows_of_pages import AUDIT_ROW, SOMEBODY, page
from tests.sentences import says


@pytest.fixture
def record(world):
    world.registration.answers["audit"] = page(
        AUDIT_ROW, {**AUDIT_ROW, "actor": "command", "actor_name": None, "action": "role-given"}
    )
    return world


def look(world, path, token):
    world.client.set_cookie("__Host-headrow_session", token)
    return world.client.get(path)


def test_an_operator_narrows_it_down_by_who_what_and_when(record):
    answer = look(
        record, f"/operator/audit?person={SOMEBODY}&action=data-seen&from=2026-04-01&to=&cursor=c", "operator-token"
    )
    assert answer.status_code == 200
    asked = record.registration.last("audit")
    assert asked["given"] == {"person": SOMEBODY, "action": "data-seen", "from": "2026-04-01"}
    assert asked["cursor"] == "c"
    assert says("audit.by_command") in answer.text
    options = [option["value"] for option in Page(answer.text).all("option")]
    assert options == ["", *AUDIT_ACTIONS]


def test_each_person_in_it_leads_to_what_is_recorded_of_them(record):
    links = [link["href"] for link in Page(look(record, "/operator/audit", "operator-token").text).all("a")]
    assert links.count(f"/operator/audit?person={SOMEBODY}") == 3  # and none for the command


def test_the_next_page_is_narrowed_down_as_well(record):
    record.registration.answers["audit"] = {**page(AUDIT_ROW), "next": "n"}
    links = [
        link["href"] for link in Page(look(record, "/operator/audit?action=erased", "operator-token").text).all("a")
    ]
    assert "/operator/audit?action=erased&cursor=n" in links


def test_what_is_wrong_with_the_filters_is_said_beside_them(record):
    record.registration.answers["audit"] = fakes.invalid("not-a-date", "from")
    answer = look(record, "/operator/audit?from=soon", "operator-token")
    assert (answer.status_code, 'value="soon"' in answer.text) == (422, True)
    assert says("audit.from") in answer.text


def test_the_team_sees_what_is_recorded_of_one_person_and_not_the_rest(record):
    answer = look(record, f"/team/people/{SOMEBODY}/audit", "team-token")
    assert answer.status_code == 200
    assert record.registration.last("audit")["given"] == {"person": SOMEBODY}
    assert look(record, "/operator/audit", "team-token").status_code == 403
    assert look(record, f"/team/people/{SOMEBODY}/audit", "person-token").status_code == 403


def test_the_api_passes_on_what_is_asked(record):
    answer = record.ask("GET", f"/audit?person={SOMEBODY}&limit=2", "team-token")
    assert [row["action"] for row in answer.json["items"]] == ["data-seen", "role-given"]
    asked = record.registration.last("audit")
    assert (asked["given"], asked["limit"], asked["cursor"]) == ({"person": SOMEBODY}, 2, None)


def test_a_file_is_asked_for_as_one_and_a_page_is_not(world):
    """That is how what is downloaded is told from what is looked at."""
    seen = []
    world.registration.answers["session_bookings"] = lambda **_: seen.append(audit.export.get()) or page()
    for path in ("bookings", "bookings.csv"):
        assert world.ask("GET", f"/sessions/maxims-in-practice/{path}", "team-token").status_code == 200
    assert seen == [False, True]
    assert not audit.export.get()
