"""The `headrow` command as a person or a script uses it: what it does, and what it says when it cannot."""

import json
import re
import socket
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests

from services.bus.assertions import text_of, verifying_keys
from services.headrow.command_line import main, parser
from services.runtime import erasures
from services.runtime.retention import RETENTION
from services.runtime.settings import VARIABLES, Settings
from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import HEADROW, ROOT, SAMPLE, Caller, Embedded, all_items, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow


@pytest.fixture
def embedded(tmp_path):
    with killed_in_the_end(Embedded(tmp_path)) as system:
        yield system


@pytest.fixture
def run_here(embedded, monkeypatch, capsys):
    """Run a command to its end as `embedded.run` does, without the second that a process takes to start."""

    def run(*arguments):
        with monkeypatch.context() as for_now:
            for name in VARIABLES:
                for_now.delenv(name, raising=False)
            for name, value in embedded.environment.items():
                for_now.setenv(name, value)
            status = main(arguments)
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, status, said.out, said.err)

    return run


def test_a_second_start_finds_everything_as_it_was_left(embedded):
    embedded.start()
    amina = embedded.caller("amina@example.org")
    booked = amina.book("maxims-in-practice")
    assert embedded.stop() == {"up": 0}
    embedded.start()
    assert amina.booking(booked["reference"])["state"] == "confirmed"


def test_no_other_user_of_the_machine_can_read_what_is_written(embedded):
    embedded.start()
    embedded.caller("amina@example.org").book("maxims-in-practice")
    eventually(lambda: list(embedded.folder.rglob("*.eml")))
    embedded.run("backup", str(embedded.folder / "headrow.tar.gz"))
    written = [path for path in embedded.folder.rglob("*") if path.suffix != ".log"]  # the logs are this test's own
    assert {"registration.db", "headrow.tar.gz", "mail"} <= {path.name for path in written}
    assert {path.name: oct(path.stat().st_mode) for path in written if path.stat().st_mode & 0o077} == {}


def test_a_pair_of_keys_is_new_each_time_and_belongs_together(embedded):
    pairs = [dict(line.split("=", 1) for line in embedded.run("keys").stdout.splitlines()) for _ in range(2)]
    assert pairs[0].keys() == {"HEADROW_SIGNING_KEY", "HEADROW_VERIFYING_KEYS"}
    assert pairs[0] != pairs[1]
    for pair in pairs:
        assert Settings.from_environment({"HEADROW_VERIFYING_KEYS": pair["HEADROW_VERIFYING_KEYS"]}).verifying_keys
        settings = Settings.from_environment({"HEADROW_SIGNING_KEY": pair["HEADROW_SIGNING_KEY"]})
        (key,) = verifying_keys(settings)
        assert text_of(key.public_bytes_raw()) == pair["HEADROW_VERIFYING_KEYS"]


def test_what_the_team_changed_is_not_undone_by_the_import_of_the_next_start(embedded):
    embedded.start()
    team = embedded.caller("team@example.org", role="team")
    etag = team.get("/sessions/maxims-in-practice").headers["ETag"]
    path = f"{team.url}/sessions/maxims-in-practice"
    assert team.http.patch(path, json={"title": "Maxims again"}, headers={"If-Match": etag}, timeout=10).ok
    embedded.stop()
    embedded.start()
    assert Caller(embedded.url).get("/sessions/maxims-in-practice").json()["title"] == "Maxims again"


def test_a_port_that_is_taken_is_refused_by_name(embedded):
    with socket.create_server(("127.0.0.1", embedded.port)):
        refused = embedded.run("up", "--port", str(embedded.port), check=False)
    assert refused.returncode == 1
    assert f"127.0.0.1:{embedded.port}" in refused.stderr


def test_a_data_folder_in_use_is_refused_by_name(embedded):
    embedded.start()
    refused = embedded.run("up", "--port", "0", check=False)
    assert refused.returncode == 1
    assert str(embedded.folder) in refused.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HEADROW_BUS", "redis://localhost"),
        ("HEADROW_DATABASE", "mysql://localhost/x"),
        ("HEADROW_MAIL", "pigeon://coop"),
        ("HEADROW_HTTP_PORT", "eighty"),
        ("HEADROW_HTTP_WORKERS", "0"),
        ("HEADROW_LOG", "xml"),
        ("HEADROW_LIMITS", "maybe"),
        ("HEADROW_CLOCK", "teatime"),
        ("HEADROW_SECRET_KEY", "short"),
        ("HEADROW_PUBLIC_URL", "ftp://x"),
        ("HEADROW_MAIL_FROM", "nobody"),
        ("HEADROW_LANGUAGE", "tlh"),
        ("HEADROW_TIME_ZONE", "Mars/Olympus"),
        ("HEADROW_TYPO", "1"),
    ],
)
def test_a_wrong_setting_is_named_at_the_start(embedded, run_here, variable, value):
    embedded.environment[variable] = value
    refused = run_here("up", "--port", "0")
    assert refused.returncode == 1
    assert variable in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text[:-200], "line "),
        (
            lambda text: text.replace('"capacity"', '"x"').replace('"2027-03-09T16:30:00"', '"tea"', 1),
            "meetings.0.ends_at",
        ),
        (lambda text: text.replace('"delivery": "hybrid"', '"delivery": "by post"'), "delivery"),
        (lambda text: text.replace('"speakers": ["john-walsh"]', '"speakers": ["nobody"]'), "speakers"),
    ],
)
def test_a_broken_import_file_is_told_by_place_and_changes_nothing(run_here, tmp_path, spoil, said):
    assert run_here("migrate").returncode == 0
    broken = tmp_path / "broken.json"
    broken.write_text(spoil(SAMPLE.read_text()))
    refused = run_here("import", str(broken))
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    with sqlite3.connect(tmp_path / "catalogue.db") as database:
        assert database.execute("SELECT count(*) FROM sessions").fetchone() == (0,)


def test_importing_twice_changes_nothing(run_here):
    first = run_here("import", str(SAMPLE)).stdout
    second = run_here("import", str(SAMPLE)).stdout
    assert says("command.imported", what="1 city") in first
    nothing = [says(name, what="nothing") for name in ("command.imported", "command.import_changed")]
    assert second.splitlines()[:2] == nothing


def test_a_token_is_all_that_the_token_command_prints(embedded):
    embedded.start()
    printed = embedded.run("token", "Amina@Example.org", "--role", "team").stdout
    assert re.fullmatch(r"[\w-]{40,}\n", printed)
    me = Caller(embedded.url, printed.strip()).get("/me").json()
    assert (me["email"], me["roles"]) == ("amina@example.org", ["person", "team"])


def test_a_token_for_what_is_no_address_is_refused(run_here):
    refused = run_here("token", "nobody")
    assert (refused.returncode, "email" in refused.stderr) == (1, True)


def test_the_role_command_gives_a_role_and_takes_it_with_all_sign_ins(embedded):
    embedded.start()
    token = embedded.run("token", "tess@example.org").stdout.strip()
    assert embedded.run("role", "Tess@Example.org", "--give", "team").returncode == 0
    assert Caller(embedded.url, token).get("/me").json()["roles"] == ["person", "team"]
    assert embedded.run("role", "tess@example.org", "--take", "team").returncode == 0
    assert Caller(embedded.url, token).get("/me").status_code == 401
    assert embedded.run("role", "tess@example.org", "--take", "team", check=False).returncode == 1


def test_the_second_factor_command_says_so_where_there_is_none(run_here):
    run_here("role", "tess@example.org", "--give", "team")
    refused = run_here("second-factor", "Tess@Example.org", "--remove")
    assert (refused.returncode, says("command.no_second_factor") in refused.stderr) == (1, True)


def test_a_population_is_spread_over_the_sectors(embedded):
    embedded.start()
    said = says("command.population", people=300, members=r"(\d+)")
    made = re.fullmatch(f"{said}\n", embedded.run("population", "300").stdout)
    assert 20 < int(made[1]) < 80
    someone = embedded.caller("someone@example.org")
    eventually(lambda: someone.post("/community/join", {"about": "New here"}).status_code == 201)

    def everybody() -> bool:
        seen = list(all_items(someone, "/community/members"))
        return len(seen) == int(made[1]) and any(member["topics"] and member["about"] for member in seen)

    eventually(everybody)
    with sqlite3.connect(embedded.folder / "registration.db") as database:
        spread = dict(database.execute("SELECT sector, count(*) FROM people GROUP BY sector"))
    assert sum(spread.values()) == 301
    assert spread["social_care"] > spread["academia"]


def test_the_doctor_finds_a_running_system_well_and_a_wrong_one_not(embedded):
    embedded.start()
    well = embedded.run("doctor")
    assert "BAD" not in well.stdout
    embedded.environment["HEADROW_MAIL"] = "smtp://127.0.0.1:9"
    ill = embedded.run("doctor", check=False)
    assert ill.returncode == 1
    assert re.search(r"BAD +mail server 127.0.0.1: .*HEADROW_MAIL", ill.stdout)


def test_a_parked_event_is_listed_shown_retried_and_dropped(embedded):
    embedded.start()
    assert embedded.run("failed").stdout == ""
    embedded.stop()
    with sqlite3.connect(embedded.folder / "notifications.db") as database:
        columns = "event_id, type, subject, envelope, state, attempts, due_at, stored_at, error"
        row = (
            "5d0a5f0e-0000-4000-8000-000000000001",
            "?",
            "?",
            b"not an event",
            "parked",
            1,
            "2027-01-01 00:00:00",
            "2027-01-01 00:00:00",
            "no id",
        )
        database.execute(f"INSERT INTO inbox ({columns}) VALUES (?,?,?,?,?,?,?,?,?)", row)
    event = row[0]
    assert event in embedded.run("failed", "list").stdout
    assert "not an event" in embedded.run("failed", "show", event).stdout
    assert embedded.run("failed", "retry", event).stdout == f"{says('command.retried', number=1)}\n"
    embedded.start()
    with sqlite3.connect(embedded.folder / "notifications.db") as database:
        seen = "SELECT attempts FROM inbox WHERE event_id = ?"
        eventually(lambda: database.execute(seen, (event,)).fetchone()[0] >= 1)
        embedded.stop()  # or it may be handling it, and put it off once more
        database.execute("UPDATE inbox SET state = 'parked' WHERE event_id = ?", (event,))
    assert embedded.run("failed", "drop", event).stdout == f"{says('command.dropped', number=1)}\n"
    assert embedded.run("failed").stdout == ""
    assert embedded.run("failed", "drop", event, check=False).returncode == 1


def test_the_clock_starts_where_it_is_told_and_runs(embedded):
    embedded.environment["HEADROW_CLOCK"] = "2027-02-11T13:45:00"
    embedded.start()
    amina = embedded.caller("amina@example.org")
    booked = amina.book("maxims-in-practice")
    assert booked["created_at"].startswith("2027-02-11T13:45:")
    assert amina.booking(booked["reference"])["join_url"] == "https://example.org/meet/maxims-in-practice"
    past = Caller(embedded.url).get("/sessions", params={"when": "past"}).json()["items"]
    assert past[0]["status"] == "finished"


def test_the_clock_is_refused_on_a_real_bus(embedded, run_here):
    secret = "x" * 32
    embedded.environment.update(HEADROW_BUS="amqp://localhost", HEADROW_CLOCK="2027-01-01", HEADROW_SECRET_KEY=secret)
    refused = run_here("serve", "catalogue")
    assert (refused.returncode, "HEADROW_CLOCK" in refused.stderr) == (1, True)


def test_serving_by_parts_needs_a_broker(run_here):
    refused = run_here("serve", "catalogue")
    assert (refused.returncode, "HEADROW_BUS" in refused.stderr) == (1, True)


def test_an_unknown_service_is_refused_with_those_that_there_are():
    refused = subprocess.run([*HEADROW, "serve", "circus"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "registration" in refused.stderr


def test_logs_can_be_json_with_the_correlation_id_of_the_request(embedded):
    embedded.environment["HEADROW_LOG"] = "json"
    embedded.start()
    asked = "3f6f3f0e-6a55-4a33-9a2e-5b8b1a4e9f10"
    answer = requests.get(f"{embedded.url}/api/v1/sectors", headers={"X-Correlation-Id": asked}, timeout=10)
    assert answer.headers["X-Correlation-Id"] == asked
    lines = eventually(
        lambda: [line for line in (embedded.folder / "up.log").read_text().splitlines() if asked in line]
    )
    assert json.loads(lines[0])["correlation_id"] == asked


def test_the_command_line_has_every_command_of_the_design():
    commands = parser()._subparsers._group_actions[0].choices
    assert set(commands) == {
        "up",
        "serve",
        "migrate",
        "import",
        "token",
        "role",
        "second-factor",
        "welcome",
        "population",
        "failed",
        "announce",
        "republish",
        "keys",
        "links",
        "secrets",
        "definitions",
        "bounces",
        "retention",
        "backup",
        "restore",
        "erasures",
        "doctor",
    }


def test_it_says_which_links_of_materials_are_broken(run_here):
    said = run_here("links")
    assert (said.returncode, said.stdout, said.stderr) == (0, "0 broken of 0 checked\n", "")


def test_it_says_how_much_is_kept_beyond_its_time_and_lets_go_of_it_if_told(run_here):
    said = run_here("retention")
    assert (said.returncode, said.stderr) == (0, "")
    for period in RETENTION.values():
        apart = any(words in period.what for words in ("at least", "audit"))  # let go of with something else
        if period.place in ("registration", "community", "catalogue") and not apart:
            assert f"0 over  {period.what}: {period.in_words}" in said.stdout
    assert "0 gone" in run_here("retention", "--apply").stdout


def test_it_counts_on_the_list_of_erasures_what_backups_are_not_kept_for_any_more(run_here, embedded):
    embedded.environment["HEADROW_BACKUPS_KEPT"] = "30"
    old, young = ({str(uuid4()): datetime.now(UTC) - timedelta(days=days)} for days in (31, 29))
    for file in (embedded.folder / "erasures", embedded.folder / "headrow.erasures"):
        erasures.add(file, {**old, **young}, datetime.min.replace(tzinfo=UTC))
    (embedded.folder / "backups").write_text(f"{embedded.folder}\n")
    line = f"{RETENTION['erasures'].what}: 30 days after {RETENTION['erasures'].after}"
    assert f"1 over  {line}" in run_here("retention").stdout
    assert f"1 gone  {line}" in run_here("retention", "--apply").stdout
    assert f"0 over  {line}" in run_here("retention").stdout
    for file in (embedded.folder / "erasures", embedded.folder / "headrow.erasures"):
        assert erasures.read(file).keys() == young.keys()
