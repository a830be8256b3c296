"""What a test of members and introductions does in their names."""

import json
from datetime import timedelta

from sqlalchemy import select

from services.bus.models import outbox
from services.community import introductions, members, reports, schemas
from services.runtime.schemas import load
from tests.community.conftest import World, id_of

DAY = timedelta(days=1)


def caller(who: str, **changes) -> dict:
    """Return a person as registration tells the gateway of them."""
    return {"id": id_of(who), "email": f"{who}@example.org", "name": who.title(), "sector": "hospital", **changes}


def join(world: World, who: str, sector="hospital", organisation="General Hospital", **said) -> dict:
    """Have registration tell of a person, who then joins."""
    world.person(who, sector, organisation)
    joined = members.join(world.db, caller(who), world.now, **load(schemas.NewMember(), said))
    world.db.flush()
    return joined


def leave(world: World, who: str) -> None:
    members.leave(world.db, caller(who))
    world.db.flush()


def propose(world: World, by: str, to: str, message="Shall we talk?") -> dict:
    asked = introductions.propose(world.db, caller(by), world.now, id_of(to), message)
    world.db.flush()
    return asked


def do(world: World, what: str, who: str, id: str) -> dict:
    """Have somebody `accept`, `decline` or `withdraw`."""
    done = getattr(introductions, what)(world.db, caller(who), id, world.now)
    world.db.flush()
    return done


def report(world: World, who: str, id: str, text="They were rude.") -> dict:
    return reports.report(world.db, caller(who), id, world.now, text)


def seen(world: World, who: str, **wanted) -> list[str]:
    """Return whom a member sees, by name."""
    return [item["name"] for item in members.page(world.db, caller(who), None, 100, **wanted)["items"]]


def mine(world: World, who: str, which: str | None = None) -> list[tuple[str, str]]:
    """Return the introductions that somebody sees: with whom, and in which state."""
    page = introductions.page(world.db, caller(who), world.now, None, 100, which)
    return [(item["other"]["name"], item["state"]) for item in page["items"]]


def announced(world: World, type_: str) -> list[dict]:
    """Return what was announced of a type."""
    rows = world.db.execute(select(outbox.c.envelope).where(outbox.c.type == type_).order_by(outbox.c.position))
    return [json.loads(row.envelope)["data"] for row in rows]
