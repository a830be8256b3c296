"""Letters as files: they can be read while Headrow is tried out, and go with the person whom they were written to."""

import os
import threading
import uuid

import pytest

from services.notifications.delivery import mail_folder
from services.notifications.delivery.transports import Folder, Server, Unreachable
from services.notifications.service import Notifications
from services.runtime.refusals import NotFound
from services.runtime.settings import Settings
from tests.notifications.conftest import NOW, ZOE
from tests.notifications.letters import letter
from tests.notifications.service import Running
from tests.sentences import says

pytestmark = pytest.mark.one_database

ID = "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10"


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def latest(folder, to="", limit=50) -> list[dict]:
    return mail_folder.latest(folder, to, limit)["items"]


def write(folder, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)


def written(world, folder, *, to=None) -> dict:
    """Have everything delivered, and return the latest letter."""
    world.deliver(Folder(folder))
    return mail_folder.one(folder, latest(folder, to or "")[0]["id"])


def test_the_latest_letters_come_first_with_what_people_read(world, tmp_path):
    world.booking()
    world.deliver(Folder(tmp_path))
    world.later(minutes=1)
    world.sign_in(email="ben@example.org")
    world.deliver(Folder(tmp_path))
    first, second = latest(tmp_path)
    assert first["to"] == "ben@example.org"
    assert first["subject"] == says("sign_in_email.subject", academy="Leeds Academy")
    assert (second["to"], second["written_at"]) == ("Zoë Okafor <zoe@example.org>", NOW)
    assert second["subject"] == f"{says('booking_email.confirmed')}: System Leadership programme: March cohort"
    assert [item["id"] for item in latest(tmp_path, to="ZOE@")] == [second["id"]]
    assert latest(tmp_path, limit=1) == [first]


def test_a_letter_has_its_text_its_html_its_invite_and_its_code(world, tmp_path):
    world.booking()
    booked = written(world, tmp_path)
    assert booked["text"].startswith(f"{says('email.greeting', person='Zoë Okafor')}\n")
    assert booked["html"].startswith("<!doctype html>")
    assert booked["invite"].startswith("BEGIN:VCALENDAR\n")
    assert (booked["from"], booked["code"]) == ("Leeds Academy <academy@mail.example.org>", None)
    assert booked["date"] == "Mon, 01 Feb 2027 10:00:00 +0000"
    world.later(minutes=1)
    world.sign_in()
    asked = written(world, tmp_path)
    assert (asked["code"], asked["invite"]) == ("042042", None)


def test_six_digits_in_another_letter_are_no_code(tmp_path):
    write(tmp_path, mail_folder.name_of(ID, NOW), b"To: z@example.org\r\n\r\nThe code of the door:\r\n\r\n123456\r\n")
    assert mail_folder.one(tmp_path, ID)["code"] is None


def test_without_a_folder_there_are_no_letters(tmp_path):
    assert latest(tmp_path / "mail") == []
    mail_folder.forget(tmp_path / "mail", "zoe@example.org", {ID})


@pytest.mark.parametrize("id_", [ID, "", ".", "../secret-key", "/etc/passwd", "x\0y", "*", "secret-key"])
def test_no_path_is_made_of_what_is_asked_for(tmp_path, id_):
    (tmp_path / "mail").mkdir()
    write(tmp_path, "secret-key", b"To: secret\n\n")
    write(tmp_path / "mail", "secret-key", b"To: secret\n\n")
    with pytest.raises(NotFound):
        mail_folder.one(tmp_path / "mail", id_)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("20270201T100000.000000Z-half.eml", b""),
        ("20270201T100000.000000Z-half.eml", b"To"),
        (".20270201T100000.000000Z-half.eml.tmp", b"To: zoe@example.org\r\n\r\n"),
        ("20270201T100000.000000Z-not.eml", b"\0\xff" * 20000),
        ("20279901T100000.000000Z-99th.eml", b"To: zoe@example.org\r\n\r\n"),
        ("holiday.eml", b"To: zoe@example.org\r\n\r\n"),
    ],
)
def test_what_is_not_a_whole_letter_of_ours_breaks_nothing_and_is_not_shown(tmp_path, name, content):
    write(tmp_path, name, content)
    write(tmp_path, mail_folder.name_of(ID, NOW), b"To: zoe@example.org\r\nSubject: one\r\n\r\nHello\r\n")
    assert [item["id"] for item in latest(tmp_path)] == [ID]
    assert mail_folder.one(tmp_path, ID)["subject"] == "one"


@pytest.mark.parametrize(
    "field", [b"\xff.:a\\\n ", b"=?x?b?a?=", b"=?utf-8?b?a?=", b'=?utf-8?q?)a(\xff( ?=" <', b"=?utf-8?q?=FF?= <z@x.y>"]
)
def test_a_field_that_cannot_be_decoded_is_shown_as_it_stands(tmp_path, field):
    write(tmp_path, mail_folder.name_of(ID, NOW), b"To: " + field + b"\nSubject: " + field + b"\n\nHello\n")
    assert latest(tmp_path)[0]["subject"]
    assert mail_folder.one(tmp_path, ID)["text"] == "Hello\n"


def test_a_letter_that_goes_while_it_is_read_is_not_there(tmp_path):
    os.symlink(tmp_path / "gone", tmp_path / mail_folder.name_of(ID, NOW))
    assert latest(tmp_path) == []
    with pytest.raises(NotFound):
        mail_folder.one(tmp_path, ID)
    mail_folder.forget(tmp_path, "zoe@example.org", ())


@pytest.mark.parametrize("mail", ["smtp://localhost", "smtps://localhost"])
def test_the_service_shows_no_letters_where_mail_does_not_go_to_files(mail):
    service = Running(Settings(mail=mail, shows_mail=True))
    for ask in (_list, _read):
        with pytest.raises(NotFound):
            ask(service)


def test_the_service_shows_letters_only_where_it_was_told_to(tmp_path):
    Folder(tmp_path).send(letter(ID))
    for ask in (_list, _read):
        assert ask(Running(Settings(mail=f"file:{tmp_path}", shows_mail=True)))
        with pytest.raises(NotFound):
            ask(Running(Settings(mail=f"file:{tmp_path}")))


def _list(service):
    return Notifications.letters_kept.__wrapped__(service, None, to="", limit=9)["items"]


def _read(service):
    return Notifications.letter_kept.__wrapped__(service, None, id=ID)


def test_the_letters_of_whoever_is_erased_go_and_those_of_others_stay(world, tmp_path):
    ben = str(uuid.UUID(int=99))
    world.person(id_=ben, email="ben@example.org", name="zoe@example.org")
    world.booking()
    world.booking(reference="HR-BEN", person=ben)
    world.sign_in()
    world.sign_in(email="zoe@example.org.uk", id_=str(uuid.UUID(int=98)))
    folder = Folder(tmp_path)
    world.deliver(folder)
    write(tmp_path, "holiday.eml", b"To: zoe@example.org\n\nNot ours.")
    assert len(latest(tmp_path)) == 4
    world.erase(transport=folder)
    left = sorted(item["to"] for item in latest(tmp_path))
    assert left == ["zoe@example.org <ben@example.org>", "zoe@example.org.uk"]
    assert (tmp_path / "holiday.eml").exists()


def test_letters_to_an_earlier_address_go_too(world, tmp_path):
    folder = Folder(tmp_path)
    world.booking()
    world.deliver(folder)
    world.person(happened="changed", version=2, email="new@example.org")
    world.erase(transport=folder)
    assert names(tmp_path) == []


def test_a_letter_that_was_never_finished_goes_too(world, tmp_path):
    world.booking()
    (message,) = world.messages()
    write(tmp_path, f".{mail_folder.name_of(message.id, NOW)}.tmp", b"half")
    write(tmp_path, f".{mail_folder.name_of('other', NOW)}.tmp", b"To: Zoe <ZOE@example.org>\r\nSubj")
    world.erase(transport=Folder(tmp_path))
    assert names(tmp_path) == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_letter_that_is_written_while_its_person_is_erased_does_not_stay(world, tmp_path, when):
    """The sender holds the message in memory; whichever comes second, sender or erasure, drops the file."""

    class Meanwhile(Folder):
        def send(self, sent):
            if when == "before":
                world.erase(transport=self)
            super().send(sent)
            if when == "after":
                world.erase(transport=self)

    world.booking()
    (first,) = [message.id for message in world.messages()]
    world.deliver_one(Meanwhile(tmp_path))
    assert not [name for name in names(tmp_path) if first in name]
    assert first not in [message.id for message in world.messages()]


def test_a_letter_that_is_written_while_the_erasure_is_not_over_does_not_stay(world, tmp_path):
    """The sender that has written it waits for the erasure, and then finds that there is nobody."""
    looked, is_written = threading.Event(), threading.Event()

    class Slow(Folder):
        def forget(self, address, ids):
            super().forget(address, ids)
            if address:
                looked.set()
                is_written.wait(5)

        def send(self, sent):
            erasing.start()
            looked.wait(5)
            super().send(sent)
            is_written.set()

    folder = Slow(tmp_path)
    erasing = threading.Thread(target=world.erase, kwargs={"transport": folder})
    world.booking()
    world.deliver(folder)
    erasing.join(10)
    assert names(tmp_path) == []


def test_a_letter_that_two_senders_wrote_stays_while_its_person_does(world, tmp_path):
    """The first one's lease ran out; that the second had ended it does not make the letter nobody's."""

    class Twice(Folder):
        def send(self, sent):
            super().send(sent)
            if not world.letterbox.letters:
                world.letterbox.send(sent)
                world.later(minutes=1)
                world.deliver_one(self)

    world.booking()
    world.deliver(Twice(tmp_path))
    assert len(names(tmp_path)) == 1
    assert [message.state for message in world.messages()] == ["sent"]


def test_a_letter_that_could_not_be_written_leaves_no_part_of_it(tmp_path, monkeypatch):
    def no_room(_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(Unreachable):
        Folder(tmp_path).send(letter("one"))
    assert names(tmp_path) == []


def test_a_letter_that_cannot_be_dropped_undoes_the_erasure_to_be_tried_again(world):
    class Closed:
        def forget(self, address, ids):
            raise PermissionError("no")

    world.booking()
    with pytest.raises(PermissionError):
        world.erase(transport=Closed())
    assert [message.person for message in world.messages()] == [ZOE]


def test_a_server_keeps_nothing_that_could_be_dropped():
    Server("smtp://mail.example.org").forget("zoe@example.org", {"one"})
