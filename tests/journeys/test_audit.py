"""Evidence, over HTTP: what someone with a role sees, takes away and changes is there to read, and stays."""

import re
from typing import Any

import pytest
from sqlalchemy import select, text, update

from services.registration.models import Audit
from services.runtime.database import open_engine
from services.runtime.settings import Settings
from tests.journeys.running import Caller, System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow
SLUG = "leading-across-boundaries"


def actions_of(operator: Caller, **wanted: Any) -> list[tuple[str, str]]:
    """Return what was recorded, the latest first, and wait for what other services tell."""
    answer = operator.get("/audit", params={"limit": 100, **wanted})
    assert answer.status_code == 200, answer.text
    return [(row["action"], row["object"]) for row in answer.json()["items"]]


def test_what_the_team_does_with_the_data_of_others_is_there_to_read(headrow: System):
    team, operator = headrow.caller("tess@example.org", "team"), headrow.caller("olu@example.org", "operator")
    amina = headrow.caller("amina@example.org")
    tess, id = team.get("/me").json()["id"], amina.get("/me").json()["id"]
    reference = amina.book(SLUG, mode="online", access_needs="A ramp")["reference"]
    headrow.mailed("amina@example.org", says("booking_email.confirmed"))

    amina.booking(reference)
    for path in ("bookings", "bookings", "bookings.csv", "attendance", "tables", "messages"):
        team.get(f"/sessions/{SLUG}/{path}")
    team.get(f"/bookings/{reference}")
    team.get("/reports")
    team.get("/messages", params={"person": "amina@example.org"})
    ben = team.post(f"/sessions/{SLUG}/bookings", {"email": "ben@example.org", "mode": "online"}).json()["reference"]
    team.post(f"/bookings/{ben}/cancel", {})
    given = team.post("/roles", {"email": "cleo@example.org", "role": "team"}).json()
    team.http.delete(f"{team.url}/roles/{given['id']}", timeout=20)

    wanted = [
        ("data-seen", f"sessions/{SLUG}/bookings"),
        ("data-exported", f"sessions/{SLUG}/bookings"),
        ("data-seen", f"sessions/{SLUG}/attendance"),
        ("data-seen", f"bookings/{reference}"),
        ("data-seen", "reports"),
        ("data-seen", f"people/{id}/messages"),
        ("data-changed", f"bookings/{ben}"),
        ("data-changed", f"bookings/{ben}"),
        ("role-given", f"people/{given['person']['id']}/roles/team"),
        ("role-taken", f"people/{given['person']['id']}/roles/team"),
    ]
    done = eventually(lambda: _if_all(actions_of(operator, person=tess), wanted))
    assert done.count(("data-seen", f"sessions/{SLUG}/bookings")) == 1  # it was opened twice
    assert not [row for row in actions_of(operator, person=id) if row[0] == "data-changed"]

    assert team.get("/audit").status_code == 403
    assert amina.get("/audit", params={"person": id}).status_code == 403
    assert ("data-seen", f"people/{id}/messages") in actions_of(team, person=id)
    assert ("data-seen", f"people/{id}/audit") in actions_of(operator, person=id)
    held = amina.get("/me/export").json()["audit"]
    assert {(row["by"], row["action"], row["object"]) for row in held} >= {
        ("someone", "data-exported", f"sessions/{SLUG}/bookings"),
        ("someone", "data-seen", f"bookings/{reference}"),
        ("self", "data-exported", f"people/{id}"),
    }
    assert tess not in str(held)

    assert amina.http.delete(f"{amina.url}/me", timeout=20).status_code == 202
    assert actions_of(operator, person=id)[0] == ("erased", f"people/{id}")
    assert "@" not in operator.get("/audit", params={"limit": 100}).text


def _if_all(done: list[tuple[str, str]], wanted: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return done if not [row for row in wanted if done.count(row) < wanted.count(row)] else []


def test_who_signs_in_and_who_guesses_is_there_to_read(headrow: System):
    operator, nobody = headrow.caller("olu@example.org", "operator"), Caller(headrow.url)
    nobody.post("/sign-in", {"email": "dan@example.org"})
    letter = headrow.mailed("dan@example.org", says("sign_in_email.heading")).get_body(("plain",)).get_content()
    code = re.search(r"\b\d{6}\b", letter)[0]
    nobody.post("/sign-in/confirm", {"email": "dan@example.org", "code": f"{(int(code) + 1) % 10**6:06d}"})
    signed_in = nobody.post("/sign-in/confirm", {"email": "dan@example.org", "code": code}).json()
    dan = Caller(headrow.url, signed_in["token"])
    id = signed_in["person"]["id"]
    dan.http.delete(f"{dan.url}/me/sign-ins", timeout=20)
    assert actions_of(operator, person=id) == [("sign-ins-ended", f"people/{id}"), ("signed-in", f"people/{id}")]
    assert ("sign-in-refused", "sign-ins") in actions_of(operator, action="sign-in-refused")


def test_the_doctor_finds_the_record_whole_and_says_at_which_number_it_breaks(headrow: System):
    headrow.run("role", "eve@example.org", "--give", "operator")
    operator = Caller(headrow.url, headrow.run("token", "eve@example.org").stdout.strip())
    me = operator.get("/me").json()["id"]
    assert {("role-given", f"people/{me}/roles/operator"), ("token-made", f"people/{me}")} <= {*actions_of(operator)}
    eventually(lambda: all(row["number"] for row in operator.get("/audit").json()["items"]))
    numbers = [row["number"] for row in operator.get("/audit", params={"limit": 100}).json()["items"]]
    assert numbers == [*range(len(numbers), 0, -1)]
    assert re.search(rf"^ok +{says('doctor.audit')} \(\d+ rows\)$", headrow.run("doctor", "registration").stdout, re.M)

    settings = Settings.from_environment(headrow.environment)
    engine = open_engine(settings.database_url("registration"), schema="registration")
    with engine.begin() as connection:
        on = " ON audit" if engine.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER audit_is_append_only{on}"))
        whose = connection.scalar(select(Audit.actor).where(Audit.number == 1))
        connection.execute(update(Audit).where(Audit.number == 1).values(actor="olu"))
    ill = headrow.run("doctor", "registration", check=False)
    assert ill.returncode == 1
    assert says("doctor.audit_breaks", number=1) in ill.stdout
    with engine.begin() as connection:
        connection.execute(update(Audit).where(Audit.number == 1).values(actor=whose))
    engine.dispose()
    assert headrow.run("doctor", "registration").returncode == 0
