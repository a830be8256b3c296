"""The list of who was erased: nothing of it is lost, and nothing stays on it for longer than backups are kept."""

import stat
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.runtime import erasures
from services.runtime.retention import period
from services.runtime.settings import Settings

NOW = datetime(2027, 1, 12, 8, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1000)


def people(number):
    return {str(uuid.uuid4()): NOW + timedelta(seconds=n) for n in range(number)}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "erasures"


def test_who_is_added_is_read_again_and_twice_is_once(file):
    some, more = people(3), people(2)
    assert erasures.add(file, some, LONG_AGO) == 3
    assert erasures.add(file, {**some, **more}, LONG_AGO) == 2
    assert erasures.read(file) == {**some, **more}
    assert len(file.read_text().splitlines()) == 5


def test_a_list_that_is_not_there_has_nobody_on_it(file):
    assert erasures.read(file) == {}
    assert erasures.add(file, {}, LONG_AGO) == 0
    assert not file.exists()


def test_its_owner_alone_can_read_it(file):
    erasures.add(file, people(1), LONG_AGO)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "torn", ["2027-01-12T08:00:00+00:00 1234", "\x00\x00\x00", "yesterday 5d0a5f0e-0000-4000-8000-000000000001", "\n\n"]
)
def test_a_line_that_is_none_takes_no_other_with_it(file, torn):
    some = people(2)
    erasures.add(file, some, LONG_AGO)
    file.write_text(file.read_text() + torn)
    assert erasures.read(file) == some
    more = people(1)
    erasures.add(file, more, LONG_AGO)
    assert erasures.read(file) == {**some, **more}


def test_who_was_erased_before_the_oldest_backup_is_dropped_and_not_added_again(file):
    old = {str(uuid.uuid4()): NOW - timedelta(days=31)}
    young = people(1)
    erasures.add(file, {**old, **young}, LONG_AGO)
    for _ in range(2):
        erasures.add(file, {**old, **young}, NOW - timedelta(days=30))
        assert erasures.read(file) == young


def test_of_many_who_write_at_once_none_is_lost(file):
    crowd = [people(5) for _ in range(20)]
    with ThreadPoolExecutor(8) as hands:
        list(hands.map(lambda some: erasures.add(file, some, LONG_AGO), crowd))
    assert erasures.read(file) == {id: at for some in crowd for id, at in some.items()}


def test_embedded_it_is_in_the_data_folder_and_beside_each_backup(tmp_path):
    settings = Settings(data=tmp_path)
    assert erasures.lists(settings) == [tmp_path / erasures.NAME]
    for folder in ("one", "two", "one"):
        erasures.remember_folder(settings, tmp_path / folder)
    beside = [tmp_path / folder / erasures.BESIDE for folder in ("one", "two")]
    assert erasures.lists(settings) == [tmp_path / erasures.NAME, *beside]
    assert erasures.lists(Settings(data=tmp_path, erasures=Path("/elsewhere"))) == [Path("/elsewhere"), *beside]


def test_distributed_it_is_where_the_setting_says_and_nowhere_without(tmp_path):
    assert erasures.lists(Settings(data=tmp_path, bus="amqp://rabbit")) == []
    assert erasures.lists(Settings(data=tmp_path, bus="amqp://rabbit", erasures=tmp_path / "l")) == [tmp_path / "l"]


def test_by_default_it_goes_back_for_as_long_as_the_page_of_periods_says():
    assert Settings().backups_kept == Settings.from_environment({}).backups_kept == period("erasures")
