"""What operators are told of the queue: how much waits, whether it is late, and whether it could not go."""

from sqlalchemy import update

from services.notifications.delivery import backlog
from services.notifications.delivery.transports import Unreachable
from services.notifications.models import Message
from services.notifications.service import Notifications

NOTHING = {"queued": {"at_once": 0, "soon": 0, "in_turn": 0}, "due": 0, "oldest_due_seconds": 0.0, "put_off": 0}


def report(world) -> dict:
    with world.begin() as db:
        return backlog.report(db, world.now)


def test_nothing_is_late_where_nothing_is_queued(world):
    assert report(world) == NOTHING


def test_what_waits_is_counted_by_how_urgent_it_is_with_the_age_of_the_oldest(world):
    world.booking()
    world.later(seconds=90)
    world.sign_in()
    queued = {"at_once": 1, "soon": 1, "in_turn": 0}
    assert report(world) == {"queued": queued, "due": 2, "oldest_due_seconds": 90.0, "put_off": 0}


def test_what_was_sent_is_not_counted(world):
    world.booking()
    world.deliver()
    world.later(days=1)
    assert report(world) == NOTHING


def test_what_could_not_go_is_put_off_and_is_late_only_once_its_next_try_is_due(world):
    world.booking()
    world.letterbox.failures = [Unreachable("away")]
    world.deliver()
    seen = report(world)
    assert (seen["put_off"], seen["due"], seen["oldest_due_seconds"]) == (1, 0, 0.0)
    world.later(seconds=15)
    seen = report(world)
    assert (seen["put_off"], seen["due"], seen["oldest_due_seconds"]) == (0, 1, 10.0)


def test_an_urgency_without_a_name_is_counted_too(world):
    world.booking()
    with world.begin() as db:
        db.execute(update(Message).values(urgency=7))
    assert report(world)["queued"]["other"] == 1


def test_the_service_tells_of_it_beside_its_events(world):
    with world.begin() as db:
        told = Notifications.health.__wrapped__(None, db)
    assert set(told) == {"outbox", "inbox", "messages"}
    assert told["messages"] == NOTHING


def test_it_looks_only_at_what_is_queued(world):
    with world.begin() as db:
        compiled = backlog._BACKLOG.compile(db.get_bind())
        asked = compiled.construct_expanded_state({"now": None})
        explain, given = "EXPLAIN", asked.parameters
        if compiled.positional:
            explain, given = "EXPLAIN QUERY PLAN", tuple(asked.positional_parameters)
        else:
            db.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")  # else so small a table is read whole
        plan = " ".join(str(row[-1]) for row in db.connection().exec_driver_sql(f"{explain} {asked.statement}", given))
        assert "ix_messages_queue" in plan
        assert "Filter" not in plan
