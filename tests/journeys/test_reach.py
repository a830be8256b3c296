"""Who the programme reaches, over HTTP: figures follow the attendance sheet, without anybody asking for them."""

from collections.abc import Iterator

import pytest

from tests.journeys.conftest import _run
from tests.journeys.running import Embedded, System, eventually

pytestmark = pytest.mark.slow

SLUG = "maxims-in-practice"  # on 11 February 2027 from 14.00 to 15.30, in one meeting


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A running Headrow, half an hour before a session."""
    yield from _run(Embedded(tmp_path_factory.mktemp("headrow"), HEADROW_CLOCK="2027-02-11T13:30:00+00:00"))


def test_six_who_came_are_in_the_figures_soon(headrow):
    people = [headrow.caller(f"p{n}@example.org") for n in range(6)]
    team = headrow.caller("team@example.org", "team")
    references = [person.book(SLUG)["reference"] for person in people]
    lines = "".join(f"{reference},1,yes\r\n" for reference in references)
    sheet = f"reference,meeting,present\r\n{lines}"
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "sheet"}
    taken = team.http.post(f"{team.url}/sessions/{SLUG}/attendance", data=sheet, headers=headers, timeout=20)
    assert taken.json()["recorded"] == 6, taken.text

    def reached() -> bool:
        rows = team.get("/reach").json()["sectors"]
        return [row["people"] for row in rows if row["sector"] == "hospital"] == [6]

    eventually(reached, 5)
