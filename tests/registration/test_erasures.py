"""Who was erased is noted outside the database, and erased again where a backup has brought them back."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration import erasures, my_data
from services.registration.models import Audit
from services.runtime.erasures import read
from services.runtime.settings import Settings
from tests.registration.conftest import NOW

KEY = "k" * 32


def announced(db):
    rows = [Envelope.from_json(envelope) for envelope in db.scalars(select(outbox.c.envelope).order_by("position"))]
    return [event for event in rows if event.type == "registration.person_erased.v1"]


@pytest.fixture
def settings(tmp_path):
    return Settings(data=tmp_path, secret_key=KEY)


def test_who_is_erased_is_noted_with_the_moment_and_nobody_else(db, person, settings):
    amina, _ = person("amina"), person("ben")
    my_data.erase(db, amina, NOW)
    erasures.note(settings, erasures.erased_since(db, NOW - timedelta(days=1)), NOW)
    assert read(settings.data / "erasures") == {amina.id: NOW}


def test_a_list_that_cannot_be_written_is_said_and_keeps_the_others_from_nothing(db, person, settings, caplog):
    (settings.data / "backups").write_text(f"{settings.data / 'gone'}\n")
    amina = person("amina")
    my_data.erase(db, amina, NOW)
    with caplog.at_level(logging.WARNING):
        erasures.note(settings, erasures.erased_since(db, NOW), NOW)
    assert {*read(settings.data / "erasures")} == {amina.id}
    assert "headrow.erasures" in caplog.text


def test_who_is_taken_off_the_list_is_put_back_on_it(db, person, settings):
    amina = person("amina")
    my_data.erase(db, amina, NOW)
    for _ in range(2):
        erasures.note(settings, erasures.erased_since(db, NOW - timedelta(days=1)), NOW)
        assert read(settings.data / "erasures") == {amina.id: NOW}
        (settings.data / "erasures").write_text("")


def test_who_is_back_is_erased_again_and_told_nothing(db, person, settings):
    amina, ben = person("amina"), person("ben")
    assert erasures.back(db, [amina.id, "nobody"]) == {amina.id: 1}
    assert erasures.erase_again(db, amina.id, settings, NOW)
    assert (amina.email, amina.name, amina.erased_at) == (None, None, NOW)
    assert ben.name
    [event] = announced(db)
    assert event.data == {"id": amina.id, "unused": False, "told_before": True}
    assert db.scalars(select(Audit.actor).where(Audit.action == "erased")).all() == ["system"]


@pytest.mark.parametrize("who", ["erased before", "never there"])
def test_who_is_not_back_is_not_erased_again(db, person, settings, who):
    amina = person("amina")
    my_data.erase(db, amina, NOW)
    id = amina.id if who == "erased before" else "5d0a5f0e-0000-4000-8000-000000000001"
    assert erasures.back(db, [id]) == {}
    assert not erasures.erase_again(db, id, settings, NOW)
    assert len(announced(db)) == 1
