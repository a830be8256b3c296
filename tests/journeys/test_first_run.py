"""The first hour of an installation without an import: its first team member, own changes, and a booking."""

import re
import secrets
from argparse import Namespace
from html import unescape
from pathlib import Path

import pytest
import requests

from services.headrow import commands
from services.headrow.names import SERVICES
from services.runtime.settings import Settings
from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import STARTS_WITHIN, Caller, Distributed, Embedded, System, eventually
from tests.sentences import says
from tests.servers import free_port

pytestmark = pytest.mark.slow
LINE = re.compile(rf"^{says('command.first_member')}: (http://\S+/welcome/\S+)$", re.MULTILINE)


class Empty(Embedded):
    """`headrow up` in an empty folder."""

    def start(self) -> None:
        self.launch("up", "up", "--port", str(self.port))
        eventually(self._answers)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/health/ready", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def invited(self) -> list[str]:
        """The addresses that were printed so far."""
        return LINE.findall((self.folder / "up.log").read_text())


@pytest.fixture
def empty(tmp_path: Path):
    with killed_in_the_end(Empty(tmp_path)) as system:
        system.start()
        yield system


class Browser:
    """A browser without scripts."""

    def __init__(self, system: System) -> None:
        self.url = system.url
        self.http = requests.Session()

    def get(self, path: str) -> requests.Response:
        return self.http.get(path if path.startswith("http") else self.url + path, timeout=20)

    def send(self, path: str, **typed: str) -> requests.Response:
        """Send the form of a page, and follow where it leads."""
        page = self.get(path)
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
        return self.http.post(page.url, data={**{name: unescape(value) for name, value in fields}, **typed}, timeout=20)


def here(system: Empty, address: str) -> str:
    """The printed address, by the name that this test calls the machine by."""
    return system.url + address[address.index("/welcome/") :]


def test_whoever_opens_the_printed_address_is_the_first_of_the_team_once(empty):
    [address] = [here(empty, address) for address in empty.invited()]
    first, second = Browser(empty), Browser(empty)
    assert first.get(address).status_code == second.get(address).status_code == 200
    late = second.get(address).text  # a form that is open in another browser meanwhile
    landed = first.send(address, email="ada@example.org", name="Ada")
    assert (landed.status_code, landed.url) == (200, f"{empty.url}/team?done=welcome")
    token = re.search(r'name="form_token" value="([^"]*)"', late)[1]
    refused = second.http.post(address, data={"form_token": unescape(token), "email": "eve@example.org"}, timeout=20)
    assert refused.status_code == 410
    assert second.get("/team").status_code == 401
    log = (empty.folder / "up.log").read_text()
    assert log.count(address.rpartition("/")[2]) == 1, "it was printed, and logged nowhere"
    empty.stop()
    empty.start()
    assert len(empty.invited()) == 1, "there is a team now"


def test_a_new_start_prints_a_new_address_and_the_command_another(empty):
    empty.stop()
    empty.start()
    first, second = empty.invited()
    third = LINE.fullmatch(empty.run("welcome").stdout.strip())[1]
    answers = [requests.get(here(empty, address), timeout=20).status_code for address in (first, second, third)]
    assert answers == [410, 410, 200]
    assert empty.token("tess@example.org", "team")
    refused = empty.run("welcome", check=False)
    assert (refused.returncode, says("command.has_team") in refused.stderr) == (1, True)
    assert requests.get(here(empty, third), timeout=20).status_code == 410


def test_everything_is_done_on_pages_and_each_shows_what_was_done_on_the_one_before(empty):
    team = Browser(empty)
    team.send(here(empty, empty.invited()[0]), email="ada@example.org", name="Ada")
    assert says("site.steps_done", done=0) in team.get("/team").text
    team.send("/team/city", name="York", workforce="12,000")
    assert says("home.title_with_city", city="York") in team.get("/").text
    team.send("/team/sectors/citizen/edit", name="People of York", hint="All", workforce="")
    assert "People of York" in Caller(empty.url).get("/sectors").text
    added = team.send("/team/programmes/new", title="Leading together", format="series")
    assert "Leading together" in added.text
    date = {"day": "9", "month": "3", "year": "2031", "from": "9:30am", "to": "11am"}
    typed = {"programme": "leading-together", "title": "A first evening", "delivery": "virtual", "places_online": "5"}
    typed |= {"waiting_list": "automatic", **{f"meetings-0-{part}": text for part, text in date.items()}}
    draft = team.send("/team/sessions/new?programme=leading-together", **typed)
    assert draft.url.endswith("/team/sessions/a-first-evening?done=added")
    team.send("/team/sessions/a-first-evening/publish")
    assert "A first evening" in team.get("/team/sessions").text
    assert says("site.steps_done", done=3) in team.get("/team").text
    assert "bea@example.org" in team.send("/team/colleagues", email="bea@example.org").text
    someone = Caller(empty.url, empty.token("cleo@example.org"))
    someone.introduce(name="Cleo", sector="citizen")
    wanted = {"session": "a-first-evening"}
    eventually(lambda: someone.post("/bookings", wanted, key=secrets.token_hex(8)).status_code == 201)
    assert empty.mailed("cleo@example.org", says("booking_email.confirmed"))


def test_over_the_api_the_next_answer_has_what_the_last_one_changed(empty):
    team = Caller(empty.url, empty.token("tess@example.org", "team"))
    public = Caller(empty.url)
    for n in range(5):
        given = {"title": f"Programme {n}", "format": "series"}
        slug = team.post("/programmes", given, key=secrets.token_hex(8)).json()["slug"]
        assert public.get(f"/programmes/{slug}").status_code == 200
        etag = team.get("/city").headers["ETag"]
        answer = team.http.patch(f"{team.url}/city", json={"name": f"City {n}"}, headers={"If-Match": etag}, timeout=20)
        assert answer.json()["name"] == public.get("/city").json()["name"] == f"City {n}"


class TwoGateways(Distributed):
    """All services in one process, nothing imported, and two gateways."""

    def start(self) -> None:
        commands.migrate_all(Settings.from_environment(self.environment), Namespace(names=[]))
        self.launch("services", "serve", *SERVICES)
        ports = (self.port, free_port())
        self.doors = [f"http://127.0.0.1:{port}" for port in ports]
        for n, port in enumerate(ports):
            self.launch(f"gateway-{n}", "serve", "gateway", "--host", "127.0.0.1", "--port", str(port))
        for door in self.doors:
            eventually(lambda door=door: _has_sectors(door), STARTS_WITHIN)


def _has_sectors(door: str) -> bool:
    try:
        return len(requests.get(f"{door}/api/v1/sectors", timeout=5).json().get("items", [])) == 12
    except requests.RequestException:
        return False


@pytest.mark.rabbitmq
@pytest.mark.postgresql
def test_another_gateway_shows_one_s_own_change_on_the_next_page_too(tmp_path, rabbitmq_server, postgresql_server):
    with (
        rabbitmq_server.fresh_vhost() as broker,
        postgresql_server.fresh_database() as database,
        killed_in_the_end(TwoGateways(tmp_path, broker, database, HEADROW_SECOND_FACTOR="optional")) as system,
    ):
        system.start()
        team = Browser(system)
        address = LINE.fullmatch(system.run("welcome").stdout.strip())[1]
        eventually(lambda: team.get(here(system, address)).status_code == 200)
        team.send(here(system, address), email="ada@example.org", name="Ada")
        for n in range(4):
            team.url, other = system.doors[n % 2], system.doors[1 - n % 2]
            form = team.get("/team/programmes/new").text
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
            typed = {**fields, "title": f"Programme {n}", "format": "series"}
            there = {"data": typed, "timeout": 20, "allow_redirects": False}
            assert team.http.post(f"{team.url}/team/programmes/new", **there).status_code == 303
            assert f"Programme {n}" in team.get(f"{other}/team/programmes").text
