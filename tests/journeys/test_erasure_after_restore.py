"""Someone who was erased after a backup was made is not back when it is restored, and hears nothing of it."""

from contextlib import suppress

import pytest

from tests.faults.conftest import killed_in_the_end
from tests.journeys.marks import MARKS, traces
from tests.journeys.running import Embedded, eventually
from tests.sentences import says
from tests.servers import free_port

pytestmark = pytest.mark.slow

SESSION = "leading-across-boundaries"
ADDRESS = f"{MARKS[0].lower()}@example.org"


@pytest.fixture
def life(tmp_path):
    """Make a Headrow on a data folder of that name: `life("first")`."""
    systems = []

    def life(name, **environment):
        (tmp_path / name).mkdir()
        systems.append(Embedded(tmp_path / name, **environment))
        return systems[-1]

    yield life
    for system in systems:
        with killed_in_the_end(system):
            pass


@pytest.fixture
def first(life):
    """A Headrow in which someone has said all about themselves, and emails to them are waiting for a mail server."""
    system = life("first", HEADROW_MAIL=f"smtp://127.0.0.1:{free_port()}")
    system.start()
    person, team = system.caller(ADDRESS), system.caller("team@example.org", "team")
    _, name, organisation, role, needs, note, _, about, _, suggestion, _ = MARKS
    person.introduce(name=name, sector="hospital", organisation=organisation, job_role=role, access_needs=needs)
    booking = person.book(SESSION, mode="online", access_needs=needs)
    assert team.post(f"/bookings/{booking['reference']}/notes", {"text": note}).status_code == 201
    assert person.post("/suggestions", {"kind": "theme", "text": suggestion}).status_code == 201
    eventually(lambda: person.post("/community/join", {"about": about, "topics": []}).status_code == 201)
    eventually(lambda: "Qzaddress" in str(traces(system).get("notifications.db")))
    system.person, system.id = person, person.get("/me").json()["id"]
    return system


def erase(system):
    assert system.person.http.delete(f"{system.person.url}/me", timeout=20).status_code == 202


def on_list(file, id):
    return file.exists() and id in file.read_text()


def names_nobody(system):
    """Whether no file has a mark, but figures that are made again at the start: those of an organisation."""
    return traces(system) in ({}, {"community.db": ["Qzorganisation"]})


def check_nobody_is_back(system, erased):
    """Start it, let it do what is to be done, and look at each file and each email."""
    system.start()
    eventually(lambda: says("doctor.nobody_back", listed=1) in system.run("doctor").stdout)
    with suppress(AssertionError):  # the assertion below says where a mark is
        eventually(lambda: not traces(system), 30)
    assert traces(system) == {}
    assert system.mail(ADDRESS) == []
    team = system.caller("team@example.org")
    assert team.get(f"/people/{erased}").status_code == 404
    places = system.caller("ben@example.org").get(f"/sessions/{SESSION}").json()["places"]
    assert all(place["left"] == place["capacity"] for place in places.values()), "their place is free again"
    assert "BAD" not in system.run("doctor").stdout


def test_who_was_erased_after_the_backup_is_in_no_file_once_it_is_restored(first, life, tmp_path):
    backup = tmp_path / "kept" / "backup.tar.gz"
    backup.parent.mkdir()
    first.run("backup", str(backup))
    erase(first)
    eventually(lambda: on_list(backup.with_name("headrow.erasures"), first.id))
    first.kill("up")  # and its data folder is lost: what is beside the backup has to do
    (first.folder / "erasures").unlink()

    second = life("second")
    said = second.run("restore", str(backup)).stdout
    assert says("backup.erased_again", number=1) in said
    assert names_nobody(second), "before anything is started"
    check_nobody_is_back(second, first.id)


def test_a_restore_that_was_broken_off_before_it_repeated_them_is_made_good_by_the_start(first, life, tmp_path):
    """And so is one of a Headrow that repeated nothing, beside whose backup there is a list by now."""
    backup = tmp_path / "backup.tar.gz"
    first.run("backup", str(backup))
    erase(first)
    eventually(lambda: on_list(tmp_path / "headrow.erasures", first.id))
    first.stop()
    elsewhere = tmp_path / "list"
    (tmp_path / "headrow.erasures").rename(elsewhere)

    second = life("second")
    assert says("backup.no_list") in second.run("restore", str(backup)).stdout
    assert traces(second), "or this test shows nothing"
    (second.folder / "erasures").write_bytes(elsewhere.read_bytes())  # as the restore writes it first of all
    ill = second.run("doctor", "registration", check=False)
    assert says("doctor.people_back", number=1) in ill.stdout
    check_nobody_is_back(second, first.id)


def test_a_list_that_is_elsewhere_is_named_or_taken_later(first, life, tmp_path):
    backup, exported = tmp_path / "backup.tar.gz", tmp_path / "exported"
    first.run("backup", str(backup))
    erase(first)
    said = first.run("erasures", "export", str(exported)).stdout
    assert says("command.erasures_exported", file=exported, number=1, added=1) in said
    first.stop()
    (tmp_path / "headrow.erasures").unlink()

    second, third = life("second"), life("third")
    restored = second.run("restore", str(backup), "--erasures", str(exported))
    assert says("backup.erased_again", number=1) in restored.stdout
    third.run("restore", str(backup))
    said = third.run("erasures", "repeat", str(exported)).stdout
    assert says("command.erased_again", listed=1, number=1) in said
    assert names_nobody(second)
    assert names_nobody(third)
