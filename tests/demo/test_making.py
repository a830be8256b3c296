"""The demonstration as it is made: by the services' own rules, on any day, once, and in nothing but an empty folder."""

import shutil
import sqlite3
from argparse import Namespace
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from services.demo.cast import CAST
from services.demo.making import BEGUN, WHOLE, InUse, make_once
from services.headrow import commands, names
from services.headrow.command_line import main
from services.runtime import clock
from services.runtime.schemas import CITY
from services.runtime.settings import Settings
from tests.sentences import says

pytestmark = pytest.mark.slow

DAYS = (  # a leap day, and the night in which the clocks change; test_dates.py tries all others
    "2028-02-29T10:00",
    "2027-03-28T00:30",
)
CLASSES = {name: names.service_class(name) for name in names.SERVICES}


def settings_in(folder):
    return Settings.from_environment({}, data=str(folder)).with_secret_key()


def make(folder, now):
    make_once(settings_in(folder), CLASSES, now)


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


def ask(folder, service, query, *values):
    """Return the rows of a query; of rows with one column, the values."""
    with closing(sqlite3.connect(folder / f"{service}.db")) as database:
        rows = database.execute(query, values).fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]


def story_of(folder):
    """Return what has happened, without what is drawn by lot each time: who has booked what, and what they said."""
    booked = "SELECT email, session_slug, mode, state, attendance FROM bookings JOIN people ON people.id = person_id"
    said = "SELECT session_slug, useful, differently, did FROM feedback"
    joined = "SELECT about FROM members ORDER BY position"
    return (
        sorted(map(str, ask(folder, "registration", booked))),
        sorted(map(str, ask(folder, "registration", said))),
        ask(folder, "community", joined),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The demonstration of a leap day."""
    folder = tmp_path_factory.mktemp("demo")
    make(folder, moment(DAYS[0]))
    return folder


@pytest.fixture(scope="module", params=DAYS)
def on_any_day(request, made, tmp_path_factory):
    """A demonstration, and the moment that it is of."""
    now, folder = moment(request.param), made
    if request.param != DAYS[0]:
        folder = tmp_path_factory.mktemp("demo")
        make(folder, now)
    return folder, now


def test_on_any_day_there_is_something_in_each_state(on_any_day):
    folder, now = on_any_day
    here = "SELECT count(*) FROM bookings WHERE session_slug = ? AND state = ?"
    assert ask(folder, "registration", here, "maxims-in-practice", "confirmed") == [36]
    assert ask(folder, "registration", here, "leading-across-boundaries", "waiting") == [4]
    offered = (
        "SELECT email, offer_expires_at FROM bookings JOIN people ON people.id = person_id WHERE state = 'offered'"
    )
    [(email, expires_at)] = ask(folder, "registration", offered)
    assert email == "asha@example.org"
    assert now < datetime.fromisoformat(expires_at).replace(tzinfo=UTC) < now + timedelta(days=2)
    of_whom = "SELECT session_slug, count(attendance) FROM bookings GROUP BY session_slug HAVING count(attendance) > 0"
    assert {slug for slug, _ in ask(folder, "registration", of_whom)} == {
        "people-systems-psychology",
        "myrons-maxims",
        "organisational-flexibility",
        "response-across-the-city",
    }
    assert min(ask(folder, "registration", "SELECT count(*) FROM feedback GROUP BY session_slug")) >= 3
    assert ask(folder, "registration", "SELECT count(did) FROM feedback")[0] >= 3
    assert ask(folder, "registration", "SELECT count(*) FROM interests")[0] > 30
    assert ask(folder, "registration", "SELECT count(*) FROM suggestions") == [6]
    assert ask(folder, "registration", "SELECT count(*) FROM certificates")[0] > 50
    assert ask(folder, "catalogue", "SELECT count(*) FROM materials WHERE status = 'published'") == [4]
    assert ask(folder, "catalogue", "SELECT status, count(*) FROM sessions GROUP BY status ORDER BY status") == [
        ("draft", 1),
        ("published", 8),
    ]
    assert ask(folder, "community", "SELECT count(*) FROM members")[0] > 40
    assert ask(folder, "community", "SELECT state, count(*) FROM introductions GROUP BY state ORDER BY state") == [
        ("accepted", 1),
        ("declined", 1),  # by a report
        ("proposed", 2),
    ]
    assert ask(folder, "community", "SELECT status FROM plans") == ["published", "published"]


def test_on_any_day_nothing_is_left_undone_and_nothing_is_ahead_of_its_time(on_any_day):
    folder, now = on_any_day
    latest = f"{now.astimezone(UTC) + timedelta(minutes=1):%Y-%m-%d %H:%M:%S}"
    for service in CLASSES:
        assert ask(folder, service, "SELECT count(*) FROM outbox") == [0]
        assert ask(folder, service, "SELECT count(*) FROM inbox WHERE state != 'done'") == [0]
    assert ask(folder, "notifications", "SELECT id FROM messages WHERE state = 'queued' AND due_at <= ?", latest) == []
    assert ask(folder, "notifications", "SELECT id FROM messages WHERE created_at > ?", latest) == []
    assert ask(folder, "notifications", "SELECT what FROM occasions WHERE told_at IS NULL AND due_at < ?", latest) == []
    assert ask(folder, "registration", "SELECT id FROM bookings WHERE created_at > ?", latest) == []


def test_on_any_day_the_mail_is_that_of_those_that_one_can_sign_in_as(on_any_day):
    folder, _ = on_any_day
    letters = [letter.read_text() for letter in (folder / "mail").glob("*.eml")]
    assert 20 < len(letters) < 100
    to = {line.rpartition("<")[2].strip("> ") for text in letters for line in text.splitlines() if line[:3] == "To:"}
    assert {"asha@example.org", "facilitator@example.org"} <= to <= {named.email for named in CAST}


def test_one_made_up_person_cannot_be_written_to(made):
    assert ask(made, "notifications", "SELECT count(*) FROM undeliverable") == [1]
    assert ask(made, "notifications", "SELECT count(*) FROM messages WHERE reason = 'refused'") == [1]


def test_a_demonstration_that_was_begun_is_kept_whatever_day_it_is(made, tmp_path):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    make(tmp_path, moment(DAYS[0]) + timedelta(days=40))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()} == before


def test_one_whose_making_was_broken_off_is_made_again_and_the_same_day_has_the_same_story(made, tmp_path):
    (tmp_path / BEGUN).mkdir()
    (tmp_path / BEGUN / "catalogue.db").write_text("half of it")
    commands.migrate_all(settings_in(tmp_path), Namespace(names=[]))  # as a start leaves it that nobody used
    make(tmp_path, moment(DAYS[0]))
    assert story_of(tmp_path) == story_of(made)
    assert not (tmp_path / BEGUN).exists()


def test_one_that_was_not_yet_all_in_place_is_put_there(made, tmp_path):
    shutil.copytree(made, tmp_path / WHOLE)
    (tmp_path / WHOLE / "community.db").rename(tmp_path / "community.db")
    make(tmp_path, moment(DAYS[0]) + timedelta(days=1))
    assert story_of(tmp_path) == story_of(made)
    assert len(list((tmp_path / "mail").iterdir())) == len(list((made / "mail").iterdir()))
    assert not (tmp_path / WHOLE).exists()


def test_the_clock_is_afterwards_as_it_was(made):
    assert clock.shift() == timedelta(0)


@pytest.mark.parametrize("filled", [["token", "ada@example.org"], ["import", "services/samples/leeds-programme.json"]])
def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_is(tmp_path, filled, capsys):
    assert main([*filled, "--data", str(tmp_path)]) == 0
    with pytest.raises(InUse):
        make(tmp_path, moment(DAYS[0]))
    before = {file.name: file.read_bytes() for file in tmp_path.glob("*.db")}
    assert main(["up", "--demo", "--port", "0", "--data", str(tmp_path)]) == 1
    assert says("command.demo_refused", folder=tmp_path) in capsys.readouterr().err
    assert {file.name: file.read_bytes() for file in tmp_path.glob("*.db")} == before


def test_a_demonstration_and_a_file_are_not_asked_for_at_once(capsys):
    with pytest.raises(SystemExit):
        main(["up", "--demo", "--import", "programme.json"])
    assert "not allowed with" in capsys.readouterr().err
