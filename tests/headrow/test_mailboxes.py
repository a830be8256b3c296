"""`headrow bounces`: reports in one mail, an mbox or a Maildir, and what is said of each."""

import mailbox

import pytest

from services.headrow.command_line import main
from services.notifications.messages import Draft, queue
from services.notifications.models import Message
from services.runtime.database import Transactions, open_engine
from services.runtime.migrations import migrate
from tests.notifications.conftest import NOW
from tests.notifications.reports import FORMS, report
from tests.sentences import says


class Cause:
    id = "0b0a3f0e-6f0c-4b7e-9d5a-3a8a6a2f8b11"
    correlation_id = None


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """Three letters that were sent, in the database of a data folder; returns their ids."""
    for name in ("HEADROW_BUS", "HEADROW_DATABASE", "HEADROW_DATA"):
        monkeypatch.delenv(name, raising=False)
    engine = open_engine(f"sqlite:///{tmp_path}/notifications.db")
    migrate(engine, "notifications")
    transactions = Transactions(engine)
    people = [Draft("thanks", f"p{number}", "zoe@example.org", {}, person=f"p{number}") for number in range(3)]
    with transactions.begin() as db:
        queue(db, Cause(), people, NOW)
    with transactions.begin() as db:
        found = list(db.query(Message))
        for message in found:
            message.state = "sent"
    engine.dispose()
    return [message.id for message in found]


def run(tmp_path, file) -> int:
    return main(["bounces", str(file), "--data", str(tmp_path)])


def bounced(id_: str) -> str:
    """Return what is said of a letter whose address is not there."""
    return says("command.bounced", id=id_, status="5.1.1")


def test_one_mail_is_taken(sent, tmp_path, capsys):
    (tmp_path / "bounce.eml").write_bytes(report(sent[0]))
    assert run(tmp_path, tmp_path / "bounce.eml") == 0
    assert capsys.readouterr().out == f"bounce.eml: {bounced(sent[0])}\n"


@pytest.mark.parametrize("kind", [mailbox.mbox, mailbox.Maildir])
def test_each_mail_of_a_mailbox_is_taken_and_what_is_no_report_is_said(sent, tmp_path, capsys, kind):
    box = kind(tmp_path / "box")
    for id_, form in zip(sent, FORMS, strict=True):
        box.add(report(id_, form=form))
    box.add(b"Subject: Out of office\n\nI am away.\n")
    box.close()
    assert run(tmp_path, tmp_path / "box") == 1
    lines = capsys.readouterr().out.splitlines()
    refused = says("command.not_taken_in", why=says("fault.no_report"))
    assert [sum(bounced(id_) in line for line in lines) for id_ in sent] == [1, 1, 1]
    assert sum(refused in line for line in lines) == 1
    assert not any("zoe" in line for line in lines)
    assert run(tmp_path, tmp_path / "box") == 1
    lines = capsys.readouterr().out.splitlines()
    assert [sum(bounced(id_) in line for line in lines) for id_ in sent] == [1, 1, 1]


def test_a_file_that_is_not_there_and_a_folder_that_is_no_maildir_are_refused(sent, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    for path in ("missing.eml", "empty"):
        assert run(tmp_path, tmp_path / path) == 1
        assert f"headrow: {tmp_path / path}: " in capsys.readouterr().err
