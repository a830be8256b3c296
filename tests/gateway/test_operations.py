"""Health, metrics and version."""

import re
import threading
from dataclasses import replace

import pytest

from services.runtime.networks import read_networks
from services.runtime.refusals import Unavailable
from tests.gateway import fakes
from tests.gateway.conftest import World

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
REMOTE = {"REMOTE_ADDR": "192.0.2.7"}


def test_the_process_is_alive_whatever_it_needs_is_not(world):
    for service in (world.registration, world.catalogue, world.notifications, world.community):
        service.answers["health"] = Unavailable()
    assert world.get("/health/live").json == {"status": "ok"}


def test_all_is_well_when_every_part_answers(world):
    answer = world.get("/health/all")
    assert answer.status_code == 200
    assert answer.json["status"] == "ok"
    assert set(answer.json["parts"]) == {"bus", "catalogue", "community", "notifications", "read_model", "registration"}


def test_a_part_that_is_out_is_named(world):
    world.notifications.answers["health"] = Unavailable()
    answer = world.get("/health/all")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json["out"] == ["notifications"]


def test_a_gateway_that_can_answer_reads_is_ready_whatever_else_is_out(world):
    """A balancer would take it away, and with it all that still works."""
    for service in (world.registration, world.catalogue, world.notifications, world.community):
        service.answers["health"] = Unavailable()
    answer = world.get("/health/ready")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["out"] == ["bus", "catalogue", "community", "notifications", "registration"]
    assert world.get("/sessions").status_code == 200


@pytest.mark.parametrize("box", ["outbox", "inbox"])
def test_a_service_that_is_far_behind_is_not_well(world, box):
    """It answers, and yet a frozen relay or a full disk keeps back what everyone else should hear of."""
    world.registration.answers["health"] = {**fakes.HEALTH, box: {**fakes.HEALTH[box], "lag_seconds": 61}}
    answer = world.get("/health/all")
    assert (answer.status_code, answer.json["out"]) == (503, ["registration"])


def test_a_service_whose_disk_is_full_is_not_well_and_what_can_be_read_is_served(world):
    world.registration.answers["health"] = {**fakes.HEALTH, "full": True}
    answer = world.get("/health/all")
    assert (answer.status_code, answer.json["out"]) == (503, ["registration"])
    assert world.get("/health/ready").status_code == 200


def test_all_services_are_asked_at_once_so_that_nobody_waits_for_each_that_is_out(world):
    all_asked = threading.Barrier(4)

    def answer(**_):
        all_asked.wait(timeout=30)
        return fakes.HEALTH

    for service in (world.registration, world.catalogue, world.notifications, world.community):
        service.answers["health"] = answer
    assert world.get("/health/all").status_code == 200


def test_without_any_answer_the_bus_is_out(world):
    for service in (world.registration, world.catalogue, world.notifications, world.community):
        service.answers["health"] = Unavailable()
    assert world.get("/health/all").json["out"] == ["bus", "catalogue", "community", "notifications", "registration"]


def test_a_service_that_answers_with_a_fault_is_out_and_its_fault_is_not_told(world):
    world.catalogue.answers["health"] = fakes.refused("internal", password="hunter2")
    answer = world.get("/health/ready")
    assert answer.json["out"] == ["catalogue"]
    assert "hunter2" not in answer.text


def status_of_metrics(world, environ=LOCAL, token=None, **headers):
    given = {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}
    return world.client.get("/metrics", environ_base=environ, headers=given).status_code


@pytest.fixture
def alone(settings):
    """A site that only this machine is told of, as `headrow up` makes it."""
    return World(replace(settings, public_url="http://localhost:8000"))


def test_metrics_are_for_operators_and_the_machine_itself(alone):
    assert status_of_metrics(alone) == 200
    assert status_of_metrics(alone, REMOTE) == 401
    assert status_of_metrics(alone, REMOTE, "person-token") == status_of_metrics(alone, REMOTE, "team-token") == 403
    assert status_of_metrics(alone, REMOTE, "operator-token") == 200


def test_where_others_are_served_even_the_machine_itself_needs_an_operator_s_token(world):
    """A proxy on the same machine may add no header: what it passes on looks as if it came from here."""
    assert status_of_metrics(world) == 401
    assert status_of_metrics(world, token="operator-token") == 200


def test_where_there_is_a_proxy_no_request_is_of_this_machine(settings):
    world = World(replace(settings, public_url="http://localhost:8000", proxies=read_networks("127.0.0.1")))
    assert status_of_metrics(world) == 401


@pytest.mark.parametrize("environ", [{"SERVER_PROTOCOL": "HTTP/1.0"}, {"HTTP_HOST": "headrow.example"}])
def test_what_a_silent_proxy_passes_on_is_not_of_this_machine(alone, environ):
    assert alone.client.get("/metrics", environ_base=LOCAL, environ_overrides=environ).status_code == 401


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP"]
)
def test_what_a_proxy_on_this_machine_passes_on_is_not_of_this_machine(alone, header):
    assert status_of_metrics(alone, **{header: "127.0.0.1"}) == 401


def test_metrics_count_requests_by_route_and_not_by_address(world):
    for path in ("/sessions/a", "/sessions/b", "/sessions/maxims-in-practice", "/x", "/y"):
        world.get(path)
    text = world.get("/metrics", "operator-token").text
    counted = 'headrow_http_requests_total{method="GET",route="/api/v1/sessions/{slug}",status="%s"} %s'
    assert counted % (404, "2.0") in text
    assert counted % (200, "1.0") in text
    assert 'route="none",status="404"} 2.0' in text


def test_metrics_know_no_methods_that_somebody_made_up(world):
    world.ask("BREW", "/sessions")
    text = world.get("/metrics", "operator-token").text
    assert "BREW" not in text


def test_metrics_tell_how_far_services_are_behind(world):
    late = {"outbox": {"waiting": 7, "lag_seconds": 1.5}, "inbox": {"waiting": 0, "lag_seconds": 0, "parked": 2}}
    world.registration.answers["health"] = late  # one of before, which does not tell what is missing
    lost = {**fakes.HEALTH["inbox"], "missing": 3}
    world.catalogue.answers["health"] = {**fakes.HEALTH, "inbox": lost}
    world.notifications.answers["health"] = Unavailable()
    text = world.get("/metrics", "operator-token").text
    assert 'headrow_events_waiting{box="outbox",service="registration"} 7.0' in text
    assert 'headrow_events_lag_seconds{box="outbox",service="registration"} 1.5' in text
    assert 'headrow_events_parked{service="registration"} 2.0' in text
    assert 'headrow_events_missing{service="registration"} 0.0' in text
    assert 'headrow_events_retrying{service="registration"} 0.0' in text
    assert 'headrow_events_missing{service="catalogue"} 3.0' in text
    assert 'headrow_service_up{service="notifications"} 0.0' in text
    assert "headrow_read_model_fresh 1.0" in text


def test_what_is_not_known_of_a_service_is_absent_and_not_what_it_was(world):
    waiting = {"queued": {"soon": 4}, "due": 3, "oldest_due_seconds": 61.5, "put_off": 1}
    world.notifications.answers["health"] = {**fakes.HEALTH, "messages": waiting}
    text = world.get("/metrics", "operator-token").text
    of_notifications = re.findall(r'^headrow_(?:events_\w+{.*"notifications"}|messages_\w+).*', text, re.MULTILINE)
    assert len(of_notifications) == 11
    world.notifications.answers["health"] = Unavailable()
    text = world.get("/metrics", "operator-token").text
    assert re.findall(r'^headrow_(?:events_\w+{.*"notifications"}|messages_\w+).*', text, re.MULTILINE) == []
    assert 'headrow_service_up{service="notifications"} 0.0' in text
    assert 'headrow_events_parked{service="registration"} 0.0' in text
    world.notifications.answers["health"] = {**fakes.HEALTH, "messages": waiting}
    assert "headrow_messages_due 3.0" in world.get("/metrics", "operator-token").text


def test_metrics_tell_how_far_the_sending_of_messages_is_behind(world):
    waiting = {"queued": {"soon": 4, "at_once": 0}, "due": 3, "oldest_due_seconds": 61.5, "put_off": 1}
    world.notifications.answers["health"] = {**fakes.HEALTH, "messages": waiting}
    text = world.get("/metrics", "operator-token").text
    for line in (
        'headrow_messages_queued{urgency="soon"} 4.0',
        'headrow_messages_queued{urgency="at_once"} 0.0',
        "headrow_messages_due 3.0",
        "headrow_messages_oldest_due_seconds 61.5",
        "headrow_messages_put_off 1.0",
    ):
        assert f"{line}\n" in text
    assert "messages" not in world.get("/health/ready").text


def test_metrics_tell_of_emails_that_failed_and_codes_that_wait_where_the_service_does(world):
    waiting = {"queued": {"soon": 4, "at_once": 1}, "due": 3, "oldest_due_seconds": 61.5, "put_off": 1}
    told = {**waiting, "oldest_code_seconds": 42.5, "failed_last_hour": 7}
    for messages, lines in ((waiting, []), (told, ["oldest_code_seconds 42.5", "failed_last_hour 7.0"])):
        world.notifications.answers["health"] = {**fakes.HEALTH, "messages": messages}
        text = world.get("/metrics", "operator-token").text
        assert re.findall(r"^headrow_messages_((?:oldest_code|failed).*)", text, re.MULTILINE) == lines


def test_at_the_port_of_the_process_services_tell_of_themselves_and_the_gateway_whether_they_answer(world):
    """Figures that stood there twice would be refused."""
    world.get("/metrics", "operator-token")
    samples = {sample.name for family in world.application.metrics.collect() for sample in family.samples}
    assert {"headrow_service_up", "headrow_read_model_fresh"} < samples
    assert [name for name in samples if name.startswith(("headrow_events_", "headrow_messages_", "process_"))] == []


def test_version_names_the_api(world):
    assert world.get("/version").json["api"] == "v1"
