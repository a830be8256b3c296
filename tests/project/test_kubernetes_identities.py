"""In Kubernetes each part has its own user of the broker and role of the database, and no secret of another part."""

import json
import urllib.request
from urllib.parse import urlsplit

import pytest

from services.headrow.command_line import main
from services.headrow.names import SERVICES
from services.runtime.settings import VARIABLES
from tests.project import compose
from tests.project.by_the_page import follow
from tests.project.kubernetes import PARTS, SECRETS, WORKLOADS, container, environment, pod

OWNERS = ("migrate", "command")
BY_OPERATORS = {"postgres-app", "rabbitmq-default-user"}
SECRET_SETTINGS = ("HEADROW_BUS", "HEADROW_DATABASE", "HEADROW_SECRET_KEY", "HEADROW_SIGNING_KEY")


def _read_by(part):
    """Return the secrets that a part reads, each as its name and its key."""
    references = [one["valueFrom"]["secretKeyRef"] for one in container(part)["env"] if "valueFrom" in one]
    return {(one["name"], one["key"]) for one in references}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_goes_to_the_broker_and_the_database_as_who_it_is_with_compose(part):
    users = [
        {name: urlsplit(given[name]).username for name in ("HEADROW_BUS", "HEADROW_DATABASE") if name in given}
        for given in (environment(part), compose.environment(part))
    ]
    assert users[0] == users[1]


@pytest.mark.parametrize("part", [*SERVICES, "gateway"])
def test_a_part_shows_its_own_passwords(part):
    given = environment(part)
    assert urlsplit(given["HEADROW_BUS"]).password == f"{part}s-rabbitmq-password"
    if part != "gateway":
        assert urlsplit(given["HEADROW_DATABASE"]).password == f"{part}s-postgres-password"


def test_no_part_knows_a_secret_of_another():
    for part in WORKLOADS:
        own = {"headrow", "owner", "postgres-app"} if part in OWNERS else {"headrow", part}
        known = " ".join(environment(part).values())
        told = {name for name, secret in SECRETS.items() if any(value in known for value in secret.values())}
        assert told == {name for name, _ in _read_by(part)} == own, part


@pytest.mark.parametrize("part", WORKLOADS)
def test_a_part_is_told_of_no_secret_but_by_name(part):
    """A whole secret that is read, or mounted, would bring along what is added to it later."""
    assert [source for source in container(part)["envFrom"] if [*source] != ["configMapRef"]] == []
    assert [volume for volume in pod(part)["volumes"] if "emptyDir" not in volume] == []


def test_what_comes_with_a_secret_is_read_by_someone():
    read = {one for part in WORKLOADS for one in _read_by(part)}
    ours = {(name, key) for name in {*SECRETS} - BY_OPERATORS for key in SECRETS[name]}
    assert read == ours | {("postgres-app", "uri")}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_given_the_secrets_that_compose_gives_it(part):
    settings = [name for name in VARIABLES if name in (*SECRET_SETTINGS, "HEADROW_VERIFYING_KEYS")]
    given, with_compose = environment(part), compose.environment(part)
    assert [name for name in settings if name in given] == [name for name in settings if name in with_compose]


def test_the_gateway_has_no_database():
    assert [name for name in environment("gateway") if "POSTGRES" in name or "DATABASE" in name] == []


def test_registration_alone_can_sign_who_someone_is():
    signs = [part for part in WORKLOADS if "HEADROW_SIGNING_KEY" in environment(part)]
    believes = [part for part in WORKLOADS if "HEADROW_VERIFYING_KEYS" in environment(part)]
    assert (signs, {*believes}) == (["registration"], {"catalogue", "notifications", "community"})


def test_a_command_is_run_with_what_the_migration_has_and_not_for_ever():
    assert environment("command") == environment("migrate")
    assert pod("command")["activeDeadlineSeconds"] <= 3600
    assert pod("command")["restartPolicy"] == "Never"


@pytest.mark.slow
def test_the_operations_page_makes_the_secrets_that_the_parts_read(tmp_path):
    followed = follow(tmp_path)
    assert {name: {*secret} for name, secret in followed.secrets.items()} == {
        name: {*secret} for name, secret in SECRETS.items() if name not in BY_OPERATORS
    }
    known = {f"headrow_{part}" for part in (*SERVICES, "gateway")} | {"headrow"}
    assert {user["name"] for user in followed.definitions["users"]} == known


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.rabbitmq
def test_what_the_manifests_start_works_together_each_part_as_itself(on_kubernetes, monkeypatch, capsys, tmp_path):
    request = urllib.request.Request(
        f"http://{on_kubernetes.address}/api/v1/sign-in",
        json.dumps({"email": "asha@example.org"}).encode(),
        {"Content-Type": "application/json"},
    )
    assert urllib.request.urlopen(request, timeout=20).status == 202
    on_kubernetes.mailed("asha@example.org")
    commands = [(name, ["doctor", name]) for name in SERVICES]
    as_owner = (["failed", "list"], ["retention"], ["erasures", "export", str(tmp_path / "erasures")])
    for part, words in [*commands, *(("command", words) for words in as_owner)]:
        with monkeypatch.context() as set_:
            for name, value in on_kubernetes.environments[part].items():
                set_.setenv(name, value)
            assert main(words) == 0, (part, capsys.readouterr().out)
