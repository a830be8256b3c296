"""What operators are told of the queue: how much waits, whether it is late, and whether it could not go."""

from sqlalchemy import select, update

from services.notifications.delivery import backlog
from services.notifications.delivery.transports import Refused, Unreachable
from services.notifications.models import Message
from services.notifications.service import Notifications

NOTHING = {
    **{"queued": {"at_once": 0, "soon": 0, "in_turn": 0}, "due": 0, "oldest_due_seconds": 0.0, "put_off": 0},
    **{"oldest_code_seconds": 0.0, "failed_last_hour": 0},
}


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
    assert report(world) == {**NOTHING, "queued": queued, "due": 2, "oldest_due_seconds": 90.0}


def test_the_oldest_code_is_as_old_as_the_wait_of_whoever_asked_for_it(world):
    """However often it was tried since: what is put off has not come, either."""
    world.sign_in()
    world.later(seconds=20)
    world.sign_in()
    world.letterbox.failures = [Unreachable("away"), Unreachable("away")]
    world.deliver()
    world.later(seconds=10)
    assert report(world)["oldest_code_seconds"] == 30.0


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


def test_what_was_given_up_is_counted_for_an_hour(world):
    world.booking()
    world.letterbox.failures = [Refused("no such mailbox")]
    world.deliver()
    world.later(minutes=59)
    assert report(world)["failed_last_hour"] == 1
    world.later(minutes=2)
    assert report(world)["failed_last_hour"] == 0


def test_what_was_no_longer_worth_sending_is_not_counted_as_given_up(world):
    world.sign_in()
    world.later(hours=1)
    world.deliver()
    with world.begin() as db:
        assert db.scalars(select(Message.state)).all() == ["failed"]
    assert report(world)["failed_last_hour"] == 0


def test_an_urgency_without_a_name_is_counted_too(world):
    world.booking()
    with world.begin() as db:
        db.execute(update(Message).values(urgency=7))
    assert report(world)["queued"]["other"] == 1


def test_the_service_tells_of_it_beside_its_events(world):
    with world.begin() as db:
        told = Notifications.how_it_is(db)
    assert set(told) == {"outbox", "inbox", "full", "messages"}
    assert told["messages"] == NOTHING


def plan_of(world, statement, **given):
    """Return how the database goes about it, on so small a table as on a large one."""
    with world.begin() as db:
        compiled = statement.compile(db.get_bind())
        asked = compiled.construct_expanded_state(given)
        explain, given = "EXPLAIN", asked.parameters
        if compiled.positional:
            explain, given = "EXPLAIN QUERY PLAN", tuple(asked.positional_parameters)
        else:
            db.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")  # else it is read whole
        return " ".join(str(row[-1]) for row in db.connection().exec_driver_sql(f"{explain} {asked.statement}", given))


def test_it_looks_only_at_what_is_queued(world):
    plan = plan_of(world, backlog._BACKLOG, now=None)
    assert "ix_messages_queue" in plan
    assert "Filter" not in plan


def test_it_looks_for_what_failed_only_among_the_latest(world):
    assert "ix_messages_state" in plan_of(world, backlog._FAILED, queued_after="2027-03-02", failed_after="2027-03-09")
