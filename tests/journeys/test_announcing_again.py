"""A community that lost its database learns again what there was, from what the others announce to it alone."""

import time
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, select, text, update
from sqlalchemy.orm import Session as OrmSession

from services.bus import health
from services.bus.models import inbox
from services.community.acquaintance import met_by
from services.community.models import (
    Booking,
    Employment,
    Person,
    Presence,
    Reached,
    ReachMark,
    ReachRoom,
    Sector,
    Session,
)
from services.community.reach import answers
from services.notifications.delivery import backlog
from services.notifications.models import Facilitator as NamedFacilitator
from services.runtime import clock
from services.runtime.database import Transactions, open_engine
from services.runtime.settings import Settings
from tests.journeys.running import Caller, Distributed, System, eventually
from tests.journeys.sessions import publish
from tests.sentences import says

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # a dozen commands, each a process of its own

EACH_APART = True  # community is killed, and begins again
SERVICES = ("catalogue", "registration", "notifications", "community")
ONLINE: dict[str, Any] = {"delivery": "virtual", "places_online": 40}
NOT_KEPT = {"id", "since", "version", "attendance_version", "came"}  # counted, or told anew, each time


@cache
def opened(url: str, service: str) -> Transactions:
    return Transactions(open_engine(url, service))


def database(headrow: System, service: str) -> AbstractContextManager[OrmSession]:
    """Open a transaction in a service's database."""
    settings = Settings.from_environment(headrow.environment)
    return opened(settings.database_url(service), service).begin()


def known(headrow: System) -> dict[str, Any]:
    """Return all that the community has been told, what follows from it, and who has met whom."""
    with database(headrow, "community") as db:
        kinds = (Person, Sector, Session, Booking, Presence, Employment, Reached, ReachRoom)
        told = {kind.__tablename__: sorted(_row(one) for one in db.scalars(select(kind))) for kind in kinds}
        reach = {**answers.reach(db), "made_at": None}
        return {**told, "reach": reach, "met": {id: met_by(db, id) for id in db.scalars(select(Person.id))}}


def _row(one: Any) -> str:
    return str({c.name: getattr(one, c.name) for c in one.__table__.columns if c.name not in NOT_KEPT})


def wait_until_quiet(headrow: System) -> None:
    """Wait until every event has been handled, every figure made, and every letter sent."""

    def waiting() -> str:
        for service in SERVICES:
            with database(headrow, service) as db:
                report = health.report(db)
                if report["outbox"]["waiting"] or report["inbox"]["waiting"]:
                    return f"{service} {report}"
                if service == "notifications" and (due := backlog.report(db, clock.now())["due"]):
                    return f"{due} letters"
                if service == "community" and (marks := db.scalar(select(func.count()).select_from(ReachMark))):
                    return f"{marks} marks"
        return "quiet"

    def stays_quiet() -> bool:
        """Tell whether it is quiet for two seconds: what has left one service may not have come to the next yet."""
        for _ in range(4):
            if waiting() != "quiet":
                return False
            time.sleep(0.5)
        return True

    eventually(stays_quiet, 180)


def heard(headrow: System) -> dict[str, int]:
    """Return how many events each of the others has ever taken in."""
    counts = {}
    for service in ("registration", "notifications"):
        with database(headrow, service) as db:
            counts[service] = db.scalar(select(func.count()).select_from(inbox)) or 0
    return counts


def lose_the_community(headrow: System) -> None:
    """Take its database away, as a disk would, and have it begin with an empty one."""
    with database(headrow, "community") as db:
        engine = db.get_bind().engine
    engine.dispose()
    if isinstance(headrow, Distributed):
        headrow.kill("community")
        with database(headrow, "community") as db:
            db.execute(text("DROP SCHEMA community CASCADE"))
        headrow.run("migrate", "community")
        headrow.serve("community")
    else:
        headrow.stop()
        for file in headrow.folder.glob("community.db*"):
            file.unlink()
        headrow.start()
    headrow.wait_until_ready()


def park_what_is_put_off(db: Connection | OrmSession) -> int:
    """Have what is tried again later be given up, as it is after an hour; return how much that is."""
    failed = update(inbox).where(inbox.c.state == "waiting", inbox.c.attempts > 0).values(state="parked")
    return len(db.execute(failed.returning(inbox.c.event_id)).all())


def test_what_was_lost_is_announced_again_to_the_community_alone(headrow: System):
    team: Caller = headrow.caller("team@example.org", "team")
    people = [*headrow.crowd(8, "h", ["hospital"]), *headrow.crowd(7, "s", ["social_care"])]
    first, second, third = (publish(team, f"Meeting {n}", 20 + n, **ONLINE) for n in range(3))
    references = [person.book(first)["reference"] for person in people[:-1]]
    records = [{"reference": one, "meeting": 1, "present": n != 3} for n, one in enumerate(references)]
    assert team.post(f"/sessions/{first}/attendance", {"records": records}).status_code == 200
    booked = [person.book(second, allow_clash=True)["reference"] for person in people[:6]]
    assert people[0].post(f"/bookings/{booked[0]}/move", {"session": third, "allow_clash": True}, key="m").ok
    assert people[1].post(f"/bookings/{booked[1]}/cancel", key="c").ok
    gone = headrow.caller("gone@example.org")
    gone.book(third)
    wait_until_quiet(headrow)
    assert gone.http.delete(f"{gone.url}/me", timeout=20).status_code == 202
    wait_until_quiet(headrow)
    before = known(headrow)
    assert len(before["presences"]) == 13
    assert before["reach"]["total"]["first_meetings"] == 42, "7 of one sector met 6 of another"
    assert sorted(map(len, before["met"].values()))[-13:] == [12] * 13

    lose_the_community(headrow)
    assert not known(headrow)["people"]
    ill = headrow.run("doctor", check=False).stdout
    assert says("doctor.missing", missing=16, known=16) in ill
    assert people[2].post(f"/bookings/{booked[2]}/cancel", key="late").ok

    def parked() -> int:
        with database(headrow, "community") as db:
            return park_what_is_put_off(db)

    assert eventually(parked) == 1, "a booking of somebody who is not known"
    wait_until_quiet(headrow)
    letters, others = len(headrow.mail()), heard(headrow)

    said = headrow.run("announce", "community").stdout.splitlines()
    assert said[-1] == says("command.announced", service="community")
    assert [line.partition(":")[0] for line in said[:-1]] == ["catalogue", "registration"]
    assert "1 city_described" in said[0]
    assert said[1] == (
        "registration: 16 person_changed, 1 person_erased, 18 booking_confirmed, 2 booking_cancelled, "
        "14 attendance_recorded"
    )
    [event] = headrow.run("failed").stdout.split()[:1]
    assert headrow.run("failed", "retry", event).stdout == f"{says('command.retried', number=1)}\n"
    wait_until_quiet(headrow)
    assert headrow.run("failed").stdout == ""
    after = known(headrow)
    late = next(row for row in before["bookings"] if booked[2] in row)
    before["bookings"] = sorted({*before["bookings"]} - {late} | {late.replace("'confirmed'", "'cancelled'")})
    before["reached"] = [row for row in before["reached"] if booked[2] not in row]
    for what, rows in before.items():
        assert after[what] == rows, what

    headrow.run("announce", "community")
    wait_until_quiet(headrow)
    assert known(headrow) == after
    assert len(headrow.mail()) == letters
    assert heard(headrow) == others
    with database(headrow, "registration") as db:
        addressed = text("SELECT count(*) FROM outbox WHERE type LIKE 'to.%'")
        assert (db.scalar(addressed) or 0) <= 200, "what is told again is not kept"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("registration", says("command.announces_bookings")),
        ("catalogue", says("command.announces_nothing")),
    ],
)
def test_nothing_is_announced_again_to_those_who_would_act_on_it(headrow: System, name, why):
    refused = headrow.run("announce", name, check=False)
    assert (refused.returncode, why in refused.stderr) == (1, True)


def test_notifications_is_told_who_people_are_and_who_facilitates_and_writes_to_nobody(headrow: System):
    """What a version before this did not keep of them; of all else it would write once more."""
    team: Caller = headrow.caller("lead@example.org", "team")
    slug = publish(team, "A meeting with somebody", 40, **ONLINE)
    headrow.caller("fay@example.org")
    assert team.post(f"/sessions/{slug}/facilitators", {"email": "fay@example.org"}).status_code == 201
    wait_until_quiet(headrow)
    with database(headrow, "notifications") as db:
        db.execute(delete(NamedFacilitator))
    letters = len(headrow.mail())

    said = headrow.run("announce", "notifications").stdout.splitlines()
    assert said[-1] == says("command.announced", service="notifications")
    assert "person_changed" in said[1]
    assert "booking" not in "".join(said)
    wait_until_quiet(headrow)
    with database(headrow, "notifications") as db:
        assert slug in db.scalars(select(NamedFacilitator.session)).all()
    assert len(headrow.mail()) == letters
