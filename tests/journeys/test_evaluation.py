"""An evaluation: people are asked by email before and after a session, answer, and the team reads what has changed."""

from collections.abc import Iterator

import pytest
import requests

from tests.journeys.conftest import _run
from tests.journeys.running import Caller, Embedded, System
from tests.sentences import says

pytestmark = pytest.mark.slow

SLUG = "maxims-in-practice"  # on 11 February 2027 from 14.00 to 15.30
EVALUATION = f"/sessions/{SLUG}/evaluation"
NAMES = ("amina", "ben", "cleo", "dora", "eli")


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A running Headrow, six days before a session."""
    yield from _run(Embedded(tmp_path_factory.mktemp("headrow"), HEADROW_CLOCK="2027-02-05T09:00:00+00:00"))


def later(headrow: System, clock: str) -> None:
    headrow.stop()
    headrow.environment["HEADROW_CLOCK"] = clock
    headrow.start()


def signed_in(headrow: System) -> list[Caller]:
    """Return everyone, and then the team: where people are signed in ends after 30 days."""
    people = [Caller(headrow.url, headrow.token(f"{name}@example.org")) for name in NAMES]
    return [*people, Caller(headrow.url, headrow.token("team@example.org", "team"))]


def asked(headrow: System, name: str, subject: str) -> str:
    letter = headrow.mailed(f"{name}@example.org", subject).get_body(("plain",)).get_content()
    assert f"/sessions/{SLUG}/evaluation" in letter
    return letter


def answer(caller: Caller, moment: str, number: int) -> requests.Response:
    (item,) = caller.get(f"{EVALUATION}/form").json()["items"]
    return caller.post(EVALUATION, {"moment": moment, "answers": {item["id"]: number}}, key=moment)


def test_what_changes_for_people_is_read_without_names(headrow):
    people = [headrow.caller(f"{name}@example.org") for name in NAMES]
    team = headrow.caller("team@example.org", "team")
    programme = team.get(f"/sessions/{SLUG}").json()["programme"]
    for caller in people:
        caller.book(SLUG)
    asks = f"/programmes/{programme}/evaluation"
    question = {"kind": "scale", "text": "How sure are you?", "low": "Not sure", "high": "Sure"}
    given = {"items": [question], "moments": ["before", "on_the_day", "after_3_months"]}
    tag = {"If-Match": team.get(asks).headers["ETag"]}
    assert team.http.patch(team.url + asks, json=given, headers=tag, timeout=20).status_code == 200
    assert people[0].get(asks).status_code == 403

    later(headrow, "2027-02-05T10:30:00+00:00")
    for name in NAMES:
        asked(headrow, name, says("evaluation_email.before"))
    for caller, number in zip(people, (1, 2, 2, 3, 2), strict=True):
        assert answer(caller, "before", number).status_code == 200
    assert team.get(f"{asks}/report").json()["items"][0]["moments"][0]["answers"] == "<5"

    later(headrow, "2027-02-11T15:31:00+00:00")
    assert answer(people[0], "on_the_day", 3).status_code == 200
    assert answer(people[0], "before", 3).json()["type"] == "/problems/evaluation-not-open"
    assert team.get(f"{asks}/report").json()["items"][0]["moments"][0]["figures"]["mean"] == 2.0

    later(headrow, "2027-02-11T16:31:00+00:00")
    for name in NAMES[1:]:
        asked(headrow, name, says("evaluation_email.after"))
    subjects = [mail["Subject"].partition(":")[0] for mail in headrow.mail("amina@example.org")]
    assert says("evaluation_email.after") not in subjects, "who has answered is not asked"

    later(headrow, "2027-05-13T16:00:00+00:00")
    *people, team = signed_in(headrow)
    asked(headrow, "amina", says("evaluation_email.after"))
    for caller, number in zip(people, (4, 4, 5, 5, 4), strict=True):
        assert answer(caller, "after_3_months", number).status_code == 200

    later(headrow, "2027-06-20T09:00:00+00:00")
    *people, team = signed_in(headrow)
    report = team.get(f"{asks}/report")
    change = report.json()["items"][0]["changes"][1]
    assert (change["people"], change["before"]["mean"], change["after"]["mean"]) == (5, 2.0, 4.4)
    assert not any(name in report.text for name in NAMES)
    held = people[0].get("/me/export").json()["evaluation"]
    assert [row["moment"] for row in held] == ["before", "on_the_day", "after_3_months"]
