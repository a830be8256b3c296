"""What a role opens, walked over every route with the services behind it: all that it is for, and not a moment longer.

Each route is really asked, by someone before they have a role, while they have it and afterwards, and by someone else
meanwhile. What is done on such a walk is undone.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from werkzeug.test import TestResponse

from gateway.assembly import SITE
from gateway.web.routing import UNASKED, Route
from services.runtime import clock
from tests.gateway.whole import Whole, settings_for

pytestmark = [pytest.mark.patient, pytest.mark.one_database]

ASHA, BEN, OLU = "asha@example.org", "ben@example.org", "olu@example.org"
BEFORE_THE_SESSION = datetime(2027, 2, 1, 10, tzinfo=UTC)
OURS, ANOTHER = "maxims-in-practice", "leading-across-boundaries"  # the session that a facilitator has, and another
FORM = {"topic": "psychology", "List-Unsubscribe": "One-Click"}
BROWSER = "one that was here"
ROLES = ("team", "facilitator", "operator")

# The routes that a role opens, by what they require.
OPENS = {
    "team": {"team", "facilitator", "staff"},
    "operator": {"operator", "staff", "monitoring"},
    "facilitator": {"facilitator"},
}
# For everyone who is signed in, and yet refused to those without a role: only who has one needs a second factor.
SETS_UP = {"POST /account/second-factor/begin", "POST /api/v1/me/second-factor"}
# Staff's to ask, and refused to the team where it is about everyone.
ABOUT_EVERYONE = "GET /api/v1/audit"
# Staff's to ask, and refused to operators who are not in the team where no people are in it: docs/decisions/0049.
OF_THE_PROGRAMME = {"POST /api/v1/import", "GET /api/v1/export"}
# Open to more than the team, and telling the team more: of bookings that are not their own.
TELLS_THE_TEAM_MORE = {
    "GET /api/v1/bookings/{reference}",
    "GET /api/v1/bookings/{reference}/answers",
    "POST /api/v1/bookings/{reference}/cancel",
    "POST /api/v1/bookings/{reference}/move",
    "GET /api/v1/bookings/{reference}/history",
    "GET /api/v1/bookings/{reference}/invite.ics",
    "GET /api/v1/bookings/{reference}/certificate.pdf",
    "GET /welcome/{token}",  # which leads them to their pages
}

REFUSED, SIGNED_OUT = "refused", "signed out"


@dataclass(frozen=True)
class Step:
    """A route at one address of its own."""

    name: str
    path: str
    route: Route = field(compare=False, repr=False)

    def is_opened_by(self, role: str) -> bool:
        if role == "facilitator":
            return self.route.requires == "facilitator" and ANOTHER not in self.path
        if (role, self.name) == ("team", ABOUT_EVERYONE) or (role == "operator" and self.name in OF_THE_PROGRAMME):
            return False
        return self.route.requires in OPENS[role] or self.name in SETS_UP


Answers = dict[Step, int | str]


class Walk:
    """Headrow with two people, of whom Ben has a booking, and an operator who gives and takes the roles of others."""

    def __init__(self, whole: Whole) -> None:
        self.whole = whole
        whole.introduce(ASHA)
        id = whole.introduce(BEN)
        self.olu = whole.token(OLU, "operator")
        whole.deliver()
        ben = whole.sign_in(BEN)
        booked = whole.ask("POST", "/bookings", ben, {"session": OURS}, Idempotency_Key="of-ben")
        assert booked.status_code == 201, booked.text
        whole.deliver()
        whole.client.set_cookie("headrow_form", BROWSER)
        self._stands_for = {
            **{
                "bookings/reference": booked.json["reference"],
                "people/id": id,
                "people/person": id,
                "file": "style.css",
            },
            **{"programmes/slug": "virtual-sessions", "speakers/slug": "myron-rogers", "topics/slug": "psychology"},
            "id": "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10",
        }
        self.steps = [
            Step(f"{route.method} {route.path}", self._path_of(route, session), route)
            for route in SITE.routes
            for session in ((OURS, ANOTHER) if "sessions/{slug}" in route.path else (OURS,))
        ]

    def _path_of(self, route: Route, session: str) -> str:
        names = {**self._stands_for, "sessions/slug": session}

        def named(found: re.Match[str]) -> str:
            return f"{found[1]}/{names.get(f'{found[1]}/{found[2]}') or names.get(found[2], 'some-name')}"

        return re.sub(r"([^/]+)/\{(\w+)\}", named, route.path)

    def every_route(self, token: str) -> Answers:
        """Return what each route answers someone: a status, or that it is refused, or that they are to sign in."""
        self.whole.publish()  # however long a walk takes, no service is behind with what it announced
        with self.whole.undone():
            return {step: _outcome(self._ask(step, token)) for step in self.steps}

    def _ask(self, step: Step, token: str) -> TestResponse:
        route = step.route
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "of-this-walk", "If-Match": '"1"'}
        if route.form or route.one_click:
            shown_to = SimpleNamespace(token=hashlib.sha256(token.encode()).hexdigest())
            sent = {**FORM, "form_token": self.whole.application.pages.forms.token(shown_to)}
            return self.whole.client.open(step.path, method=route.method, headers=headers, data=sent)
        body = b"{}" if route.method in ("POST", "PATCH") or route.body else None
        headers["Content-Type"] = route.takes[0] if route.takes else "application/json"
        return self.whole.client.open(step.path, method=route.method, headers=headers, data=body)

    def give(self, email: str, role: str) -> str:
        """Have the operator give someone a role; return where it is taken back."""
        path = f"/sessions/{OURS}/facilitators" if role == "facilitator" else "/roles"
        given = {"email": email, **({} if role == "facilitator" else {"role": role})}
        answer = self.whole.ask("POST", path, self.olu, given)
        assert answer.status_code == 201, answer.text
        return f"{path}/{answer.json['id']}"

    def take(self, where: str) -> None:
        """Have the operator take a role back."""
        assert self.whole.ask("DELETE", where, self.olu).status_code == 204


def _outcome(answer: TestResponse) -> int | str:
    assert answer.status_code < 500, answer.text
    if answer.status_code == 401 or answer.headers.get("Location", "").startswith("/sign-in"):
        return SIGNED_OUT
    return REFUSED if answer.status_code == 403 else answer.status_code


@pytest.fixture
def whole_of(make_engine, tmp_path) -> Iterator:
    """Have Headrow stand on a day before the session, with these settings."""
    clock.start_at(BEFORE_THE_SESSION)
    yield lambda **changes: Whole(make_engine, settings_for(tmp_path, **changes))
    clock.run_shifted(timedelta(0))


@pytest.fixture
def walk(whole_of) -> Walk:
    return Walk(whole_of())


def opened(before: Answers, after: Answers) -> set[Step]:
    """Return what was refused and no longer is."""
    return {step for step in before if before[step] == REFUSED != after[step]}


def told_more(before: Answers, after: Answers) -> set[str]:
    """Return what was not refused, and answers otherwise."""
    return {step.name for step in before if REFUSED != before[step] != after[step]}


def declared(walk: Walk, role: str) -> set[Step]:
    return {step for step in walk.steps if step.is_opened_by(role)}


@pytest.mark.parametrize(
    ("role", "beside"),
    [*((role, "someone without a role") for role in ROLES), ("team", "someone of the same role")],
)
def test_a_role_opens_what_it_is_for_and_nothing_stays_open_once_it_is_taken(walk, role, beside):
    if beside == "someone of the same role":
        walk.give(BEN, role)
    asha, ben = walk.whole.sign_in(ASHA), walk.whole.sign_in(BEN)
    before, bens = walk.every_route(asha), walk.every_route(ben)
    assert {answer for step, answer in before.items() if step.is_opened_by(role)} == {REFUSED}

    where = walk.give(ASHA, role)
    during = walk.every_route(asha)
    assert opened(before, during) == declared(walk, role), "and whoever is signed in already has it at once"
    assert told_more(before, during) == (TELLS_THE_TEAM_MORE if role == "team" else set())
    assert walk.every_route(ben) == bens

    walk.take(where)
    ended = walk.every_route(asha)
    assert {answer for step, answer in ended.items() if step.route.requires not in UNASKED} == {SIGNED_OUT}
    assert walk.every_route(ben) == bens
    assert walk.every_route(walk.whole.sign_in(ASHA)) == before


@pytest.mark.parametrize(("taken", "left"), [("team", "operator"), ("operator", "team"), ("facilitator", "operator")])
def test_of_two_roles_the_one_that_is_left_opens_what_it_did_and_no_more(walk, taken, left):
    before = walk.every_route(walk.whole.sign_in(ASHA))
    where = walk.give(ASHA, taken)
    walk.give(ASHA, left)
    both = walk.every_route(walk.whole.sign_in(ASHA))
    assert opened(before, both) == declared(walk, taken) | declared(walk, left) | audit_of(walk, taken, left)
    walk.take(where)
    assert opened(before, walk.every_route(walk.whole.sign_in(ASHA))) == declared(walk, left)


def audit_of(walk: Walk, *roles: str) -> set[Step]:
    """Return what one of the roles opens although another does not."""
    return {step for step in walk.steps if "operator" in roles and step.name == ABOUT_EVERYONE}


@pytest.mark.parametrize("role", ["team", "operator"])
def test_where_a_second_factor_is_required_a_role_without_it_opens_only_the_way_to_set_it_up(whole_of, role):
    walk = Walk(whole_of(second_factor="required"))
    asha = walk.whole.sign_in(ASHA)
    before = walk.every_route(asha)
    walk.give(ASHA, role)
    for token in (asha, walk.whole.sign_in(ASHA)):
        during = walk.every_route(token)
        assert {step.name for step in opened(before, during)} == SETS_UP
        assert told_more(before, during) == set()


def test_a_walk_leads_over_every_route_of_the_openapi_document_and_every_page(walk):
    document = json.loads(walk.whole.ask("GET", "/openapi.json").text)
    described = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    pages = {f"{route.method} {route.path}" for route in SITE.routes if route.page}
    assert described | pages <= {step.name for step in walk.steps}
    assert len(described) > 150 < len(pages)
