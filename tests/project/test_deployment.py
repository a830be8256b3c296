"""Compose, the image, the command and the settings say the same thing."""

import os
import re
import subprocess
import sys
import tomllib
from urllib.parse import urlsplit

import pytest

from services.bus.runner import GRACE
from services.headrow.command_line import main, parser
from services.headrow.names import SERVICES
from services.runtime.settings import VARIABLES, Settings
from tests.project.compose import CONTAINERS, FILE, OURS, PARTS, SECRET, environment
from tests.project.tracked import ROOT

README = (ROOT / "README.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_the_command_understands_what_compose_tells_it():
    for part in OURS.values():
        parser().parse_args(part["command"])


def test_every_service_and_the_gateway_is_served():
    folders = {file.parent.name for file in ROOT.glob("services/*/service.py")}
    assert {part["command"][1] for part in PARTS.values() if part["command"][0] == "serve"} == folders | {"gateway"}


def test_a_part_is_called_what_it_serves():
    for name, part in PARTS.items():
        assert part["command"][:2] in (["migrate"], ["serve", name])


@pytest.mark.parametrize("part", PARTS)
def test_every_setting_in_compose_is_one(part):
    assert {name for name in environment(part) if name not in VARIABLES} == set()


@pytest.mark.parametrize("part", PARTS)
def test_the_settings_of_a_part_can_be_used(part):
    settings = Settings.from_environment(environment(part))
    assert not settings.embedded
    assert (settings.log, settings.secret_key) == ("json", SECRET)
    assert "HEADROW_TIME_ZONE" in environment(part), "one part that is left out would show other times"


@pytest.mark.parametrize("part", PARTS)
def test_every_part_can_be_scaled_by_itself(part):
    assert "container_name" not in PARTS[part]
    assert "hostname" not in PARTS[part]
    for port in PARTS[part].get("ports", []):
        first, last = map(int, port.split(":")[-2].split("-"))
        assert last > first, "one host port is for one gateway: the second would not start"


def test_the_gateway_listens_where_it_is_looked_for():
    gateway = CONTAINERS["gateway"]
    inside = environment("gateway")["HEADROW_HTTP_PORT"]
    probed = urlsplit(re.search(r"http://[^\"]+", gateway["healthcheck"]["test"][-1])[0])
    assert [port.split(":")[-1] for port in gateway["ports"]] == [inside]
    assert (str(probed.port), probed.path) == (inside, "/health/ready")
    assert re.search(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)[1] == inside
    assert parser().parse_args(gateway["command"]).host == "0.0.0.0"


@pytest.mark.parametrize("part", [part for part in PARTS if part != "migrate"])
def test_a_part_tells_its_metrics_inside_and_not_to_whoever_reaches_the_machine(part):
    host, port = Settings.from_environment(environment(part)).metrics
    assert (host, PARTS[part]["expose"]) == ("0.0.0.0", [str(port)])
    assert [published for published in PARTS[part].get("ports", []) if published.endswith(f":{port}")] == []


def test_nothing_is_published_to_other_machines_but_by_a_proxy():
    published = [port for container in CONTAINERS.values() for port in container.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_public_address_is_the_first_published_port():
    first = CONTAINERS["gateway"]["ports"][0].split(":")[-2].split("-")[0]
    assert environment("gateway")["HEADROW_PUBLIC_URL"] == f"http://localhost:{first}"


def test_a_health_check_is_there_for_whoever_is_waited_for():
    for name, container in CONTAINERS.items():
        for awaited, how in container.get("depends_on", {}).items():
            assert how["condition"] in {"service_healthy", "service_completed_successfully"}, name
            if how["condition"] == "service_healthy":
                assert CONTAINERS[awaited]["healthcheck"]["test"][0] == "CMD"
            else:
                assert CONTAINERS[awaited]["restart"] == "no"


def test_every_part_waits_for_its_servers_and_the_migration():
    for name, part in PARTS.items():
        expected = {"postgres", "rabbitmq", "migrate"} - {name}
        assert expected <= set(part["depends_on"]), name


def test_the_python_health_check_is_python():
    command, option, program = CONTAINERS["gateway"]["healthcheck"]["test"][1:]
    assert (command, option) == ("python", "-c")
    compile(program, "health check", "exec")


@pytest.mark.rabbitmq
def test_the_health_check_of_the_broker_passes_on_a_broker(rabbitmq_server):
    if not hasattr(rabbitmq_server, "ctl"):
        pytest.skip("the broker is not ours to run commands on")
    command, *words = CONTAINERS["rabbitmq"]["healthcheck"]["test"][1:]
    rabbitmq_server.ctl(*words, script=command)


@pytest.mark.postgresql
def test_the_health_check_of_the_database_passes_on_a_database(postgresql_server):
    if not hasattr(postgresql_server, "binaries"):
        pytest.skip("the server is not ours to run commands on")
    command, *words = CONTAINERS["postgres"]["healthcheck"]["test"][1:]
    there = ["--host", "127.0.0.1", "--port", str(postgresql_server.port)]
    subprocess.run([postgresql_server.binaries / command, *words, *there], check=True)


@pytest.mark.slow
def test_the_health_checks_of_the_parts_pass_once_all_are_up_and_not_of_one_that_hangs(many_processes, tmp_path):
    old = tmp_path / "touched-long-ago"
    old.touch()
    os.utime(old, (0, 0))
    for name in SERVICES:
        command, option, program = PARTS[name]["healthcheck"]["test"][1:]
        assert (command, option) == ("python", "-c")
        file = environment(name)["HEADROW_ALIVE"]
        assert repr(file) in program
        looks = [program.replace(file, str(there)) for there in (tmp_path / f"alive-{name}", old)]
        ends = [subprocess.run([sys.executable, option, look], check=False, capture_output=True) for look in looks]
        assert [end.returncode for end in ends] == [0, 1]


def test_stopping_takes_no_longer_than_compose_waits():
    for part in PARTS.values():
        assert int(part["stop_grace_period"].rstrip("s")) > GRACE


@pytest.fixture
def printed_secrets(capsys) -> dict[str, str]:
    """What `headrow secrets` prints, by the name of each."""
    assert main(["secrets"]) == 0
    return dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())


def test_no_secret_is_printed_twice_and_all_can_stand_in_an_address(printed_secrets):
    passwords = [value for name, value in printed_secrets.items() if name.endswith("PASSWORD")]
    assert len(set(passwords)) == len(passwords) == 11
    assert all(re.fullmatch("[0-9a-f]{48}", password) for password in passwords)


def test_a_part_knows_its_own_passwords_and_no_other_s():
    for name, part in PARTS.items():
        known = set(re.findall(r"\$\{(\w+_PASSWORD)", str(part["environment"])))
        own = {f"{name.upper()}_RABBITMQ_PASSWORD", f"{name.upper()}_POSTGRES_PASSWORD"}
        owners = {"RABBITMQ_PASSWORD", "POSTGRES_PASSWORD"}
        no_database = {"GATEWAY_POSTGRES_PASSWORD"}
        assert known == (owners if name == "migrate" else own - no_database), name
    assert "HEADROW_DATABASE" not in PARTS["gateway"]["environment"]
    signing = [name for name, part in PARTS.items() if "HEADROW_SIGNING_KEY" in part["environment"]]
    assert signing == ["registration"]


def test_what_is_kept_is_kept_in_a_volume_that_is_declared():
    used = {volume.split(":")[0] for container in CONTAINERS.values() for volume in container.get("volumes", [])}
    of_this_folder = {name for name in used if name.startswith("./")}
    assert used - of_this_folder == set(FILE["volumes"])
    assert [name for name in of_this_folder if not (ROOT / name).is_file()] == []


def test_every_secret_must_be_given_and_headrow_prints_them_all(printed_secrets):
    text = (ROOT / "docker-compose.yml").read_text()
    required = set(re.findall(r"\$\{(\w+):\?", text))
    assert required == set(printed_secrets)
    assert set(re.findall(r"\$\{(\w+)", text)) - required <= set(VARIABLES)


def test_the_operations_page_lists_every_setting_with_its_default():
    rows = re.findall(r"^\| `(HEADROW_\w+)` \| (?:`([^`]*)`|–) \| (.+) \|$", OPERATIONS, re.MULTILINE)
    assert {name: default or None for name, default, _ in rows} == {
        name: variable.default or None for name, variable in VARIABLES.items()
    }


def test_the_operations_page_explains_every_metric():
    code = "".join((ROOT / file).read_text() for file in ("gateway/web/metrics.py", "services/bus/metrics.py"))
    measured = set(re.findall(r"\"(headrow_\w+)\"", code))
    explained = set(re.findall(r"^\| `(headrow_\w+)", OPERATIONS, re.MULTILINE))
    assert measured == {name.removesuffix("_total") for name in explained}


def test_the_image_holds_all_that_it_copies():
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source in sent, source


def test_the_image_runs_the_command_as_nobody_in_particular():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert 'ENTRYPOINT ["headrow"]' in DOCKERFILE
    assert "headrow" in project["scripts"]
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE) == ["headrow"]


def test_the_image_is_built_from_the_lock():
    assert "pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt" in DOCKERFILE
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"python:3.13-slim"}


def test_every_command_in_the_documents_is_one():
    written = re.compile(r"^(?:\.venv/bin/|docker compose run --rm \w+ )?headrow ([\w /.:@-]+)", re.MULTILINE)
    commands = [line.split() for document in (README, OPERATIONS) for line in written.findall(document)]
    assert {"up", "serve", "migrate", "failed"} <= {words[0] for words in commands}
    for words in commands:
        parser().parse_args(words)


def test_every_command_is_in_the_documents():
    commands = re.findall(r"^    ([a-z]+)", parser().format_help(), re.MULTILINE)
    assert {"up", "serve", "doctor"} <= set(commands)
    assert [name for name in commands if not re.search(rf"\bheadrow {name}\b", README + OPERATIONS)] == []
