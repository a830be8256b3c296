"""What Prometheus hears about services: what is known, and nothing that is not."""

import uuid

import pytest
from prometheus_client import CollectorRegistry

from services.bus import metrics
from services.bus.calls import Reply
from services.bus.metrics import Seen, Turns
from services.runtime.refusals import NotFound

REPORT = {
    "outbox": {"waiting": 2, "lag_seconds": 1.5},
    "inbox": {"waiting": 3, "lag_seconds": 0.5, "retrying": 4, "parked": 5, "missing": 6},
    "full": True,
}
MESSAGES = {
    "queued": {"at_once": 1},
    "due": 2,
    "oldest_due_seconds": 3.0,
    "put_off": 4,
    "oldest_code_seconds": 5.0,
    "failed_last_hour": 6,
}


def told(families) -> dict[str, dict[tuple[str, ...], float]]:
    """Return what families tell: by name, and by the values of the labels in the order of their names."""
    return {
        family.name: {tuple(value for _, value in sorted(s.labels.items())): s.value for s in family.samples}
        for family in families
    }


def test_a_service_is_told_of_with_its_connections_its_timers_and_its_events():
    timers = {"tick": Turns(12.5, 5, failing=True)}
    seen = told(metrics.of_process([Seen("echo", {"rpc": True, "relay": False}, timers, leads=False, report=REPORT)]))
    assert seen["headrow_broker_up"] == {("rpc", "echo"): True, ("relay", "echo"): False}
    assert seen["headrow_database_up"] == {("echo",): True}
    assert seen["headrow_relay_leads"] == {("echo",): False}
    assert seen["headrow_timer_age_seconds"] == {("echo", "tick"): 12.5}
    assert seen["headrow_timer_period_seconds"] == {("echo", "tick"): 5}
    assert seen["headrow_timer_failing"] == {("echo", "tick"): True}
    assert seen["headrow_events_waiting"] == {("outbox", "echo"): 2, ("inbox", "echo"): 3}
    assert seen["headrow_events_lag_seconds"] == {("outbox", "echo"): 1.5, ("inbox", "echo"): 0.5}
    for what, number in (("retrying", 4), ("parked", 5), ("missing", 6)):
        assert seen[f"headrow_events_{what}"] == {("echo",): number}
    assert seen["headrow_database_full"] == {("echo",): True}


def test_of_a_service_whose_database_is_away_that_alone_is_known():
    seen = told(metrics.of_process([Seen("echo", leads=False), Seen("hear", leads=True, report=REPORT)]))
    assert seen["headrow_database_up"] == {("echo",): False, ("hear",): True}
    assert {service for name in seen if name.startswith("headrow_events_") for *_, service in seen[name]} == {"hear"}


def test_one_without_a_database_has_none_that_could_be_away():
    seen = told(metrics.of_process([Seen("front", {"feed": True})]))
    assert (seen["headrow_database_up"], seen["headrow_relay_leads"]) == ({}, {})
    assert [service for service, _ in seen["headrow_build_info"]] == ["front"]


def test_messages_are_told_of_as_far_as_a_service_reports_of_them():
    seen = told(metrics.reported({"letters": {**REPORT, "messages": MESSAGES}, "echo": REPORT, "away": None}))
    assert seen["headrow_messages_queued"] == {("at_once",): 1}
    for what, number in list(MESSAGES.items())[1:]:
        assert seen[f"headrow_messages_{what}"] == {(): number}
    older = {name: MESSAGES[name] for name in ("queued", "due", "oldest_due_seconds", "put_off")}
    seen = told(metrics.reported({"letters": {**REPORT, "messages": older}}))
    assert {name for name in seen if name.startswith("headrow_messages_")} == {f"headrow_messages_{w}" for w in older}


def test_a_call_is_counted_by_what_came_of_it():
    service, counted = f"echo-{uuid.uuid4()}", CollectorRegistry()
    counted.register(metrics.CALLS)
    counted.register(metrics.REFUSALS)

    def count(name: str, **labels: str) -> float | None:
        return counted.get_sample_value(name, {"service": service, **labels})

    assert metrics.answered(service, "say", lambda: Reply("hello")).value == "hello"
    metrics.answered(service, "say", lambda: Reply(refusal=NotFound()))
    with pytest.raises(ZeroDivisionError):
        metrics.answered(service, "say", lambda: 1 / 0)
    for outcome in ("done", "refused", "failed"):
        assert count("headrow_call_seconds_count", method="say", outcome=outcome) == 1
    assert count("headrow_call_refusals_total", code="not-found") == 1
