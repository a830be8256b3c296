"""Mail as files: whole, in order of time, readable by their owner alone, and never doubled."""

import os
import stat
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from services.notifications.delivery.transports import Folder, Server, Unreachable
from services.notifications.delivery.ways import transport_for
from tests.notifications.conftest import NOW
from tests.notifications.letters import letter


def test_the_files_sort_by_the_time_of_their_messages(tmp_path):
    folder = Folder(tmp_path / "new" / "mail")
    for minutes in (10, 1, 5):
        folder.send(letter(f"at-{minutes}", written_at=NOW + timedelta(minutes=minutes)))
    names = sorted(path.name for path in folder.folder.iterdir())
    assert names == [f"20270201T10{minutes:02}00.000000Z-at-{minutes}.eml" for minutes in (1, 5, 10)]


def test_a_second_sending_writes_over_the_first(tmp_path):
    folder = Folder(tmp_path)
    folder.send(letter("one"))
    folder.send(letter("one"))
    (file,) = tmp_path.iterdir()
    assert message_from_bytes(file.read_bytes(), policy=policy.default)["Subject"] == "one"


def test_only_the_owner_can_read_the_codes_in_them(tmp_path):
    folder = Folder(tmp_path / "mail")
    folder.send(letter("one"))
    assert stat.S_IMODE(folder.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(next(folder.folder.iterdir()).stat().st_mode) == 0o600


def test_a_letter_that_is_not_finished_is_none_to_whoever_looks_for_letters(tmp_path, monkeypatch):
    def no_room(_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(Unreachable):
        Folder(tmp_path).send(letter("one"))
    assert list(tmp_path.glob("*.eml")) == []  # which finds hidden files too


def test_a_folder_that_cannot_be_written_to_is_a_reason_to_try_again(tmp_path):
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(Unreachable, match="mail folder"):
        Folder(tmp_path / "mail").send(letter("one"))


def test_a_whole_message_goes_from_event_to_file(world, tmp_path):
    world.booking()
    world.deliver(Folder(tmp_path))
    (file,) = tmp_path.glob("*.eml")
    assert message_from_bytes(file.read_bytes(), policy=policy.default)["To"] == "Zoë Okafor <zoe@example.org>"


@pytest.mark.parametrize(
    ("url", "folder"), [("file:/a/mail", "/a/mail"), ("file:///a/mail", "/a/mail"), ("file:var/mail", "var/mail")]
)
def test_a_folder_is_named_by_a_url(url, folder):
    assert str(transport_for(url).folder) == folder


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "password"),
    [
        ("smtp://mail.example.org", "mail.example.org", 25, "", ""),
        ("smtp://mail.example.org:2525", "mail.example.org", 2525, "", ""),
        ("smtps://me%40here:p%2Fss@mail.example.org", "mail.example.org", 465, "me@here", "p/ss"),
    ],
)
def test_a_server_is_named_by_a_url(url, host, port, user, password):
    server = transport_for(url)
    assert isinstance(server, Server)
    assert (server.host, server.port, server.user, server.password) == (host, port, user, password)


@pytest.mark.parametrize("url", ["http://example.org", "mail", "", "smtp://"])
def test_another_url_is_refused_in_words(url):
    with pytest.raises(ValueError, match="mail"):
        transport_for(url)
