"""A gateway that starts while a service is out answers from what it kept."""

import errno
import json
import stat

import pytest

from gateway.projection import kept_snapshot
from services.runtime.refusals import Unavailable
from tests.gateway import catalogue
from tests.gateway.conftest import World


@pytest.fixture
def kept(world, tmp_path):
    """A folder in which a gateway kept what it knew."""
    world.tell("sessions", catalogue.session("evening", places_online=7))
    kept_snapshot.keep(world.model, tmp_path)
    return tmp_path


@pytest.fixture
def other(world):
    """A gateway that has just started, and whose services are out."""
    other = World(world.settings)
    other.catalogue.answers["snapshot"] = other.registration.answers["places"] = Unavailable()
    return other


def test_all_that_was_known_is_known_again(world, kept, other):
    kept_snapshot.recall(other.model, kept)
    for path in ("/sessions", "/sessions/maxims-in-practice", "/speakers", "/programmes", "/materials", "/city"):
        before, after = world.get(path), other.get(path)
        assert (after.status_code, after.json) == (before.status_code, before.json), path
    assert other.model.state == world.model.state


def test_it_is_ready_and_says_that_it_may_be_out_of_date(kept, other):
    kept_snapshot.recall(other.model, kept)
    answer = other.get("/health/ready")
    assert (answer.status_code, answer.json["out"]) == (200, ["read_model"])


def test_what_is_there_now_takes_its_place(world, kept):
    other = World(world.settings)
    other.things, other.places = [catalogue.told("city", catalogue.city())], []
    kept_snapshot.recall(other.model, kept)
    other.take_snapshot()
    assert other.model.fresh
    assert not other.model.sessions


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"format": 2}', '{"format": 1, "things": [{}], "places": []}'])
def test_a_file_that_says_nothing_is_left_aside(kept, other, content, caplog):
    (kept / kept_snapshot.NAME).write_text(content)
    kept_snapshot.recall(other.model, kept)
    assert not other.model.ready


def test_without_a_file_it_waits_for_the_services(tmp_path, other):
    kept_snapshot.recall(other.model, tmp_path)
    assert not other.model.ready


def test_others_on_the_machine_cannot_read_it(kept):
    """Materials for members stand in it."""
    assert stat.S_IMODE((kept / kept_snapshot.NAME).stat().st_mode) == 0o600
    assert json.loads((kept / kept_snapshot.NAME).read_text())["things"]
    assert [file.name for file in kept.iterdir()] == [kept_snapshot.NAME]


def test_a_folder_that_cannot_be_written_costs_no_answer(world, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    kept_snapshot.keep(world.model, tmp_path / "file")
    assert world.get("/sessions").status_code == 200
    assert len(caplog.records) == 1


def test_a_disk_that_is_full_is_not_filled_with_what_could_not_be_kept(world, kept, monkeypatch, caplog):
    before = (kept / kept_snapshot.NAME).read_text()

    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(kept_snapshot.Path, "write_text", full)
    kept_snapshot.keep(world.model, kept)
    assert [file.name for file in kept.iterdir()] == [kept_snapshot.NAME]
    assert (kept / kept_snapshot.NAME).read_text() == before
    assert len(caplog.records) == 1
