"""`headrow republish`: what was published since a moment goes out again, each event to those who read it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.bus.outbox import announce
from services.bus.relay import _MARK
from services.headrow.command_line import main
from services.runtime.database import Transactions, open_engine
from services.runtime.settings import VARIABLES
from tests.sentences import says

NOON = datetime(2027, 3, 9, 12, tzinfo=UTC)
ERASED, SECRET = "registration.person_erased.v1", "registration.sign_in_requested.v1"


@pytest.fixture
def registration(monkeypatch, tmp_path):
    """The database of a registration that published an event an hour, from 9 to 14, and a secret at noon."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HEADROW_DATA", str(tmp_path))
    assert main(["migrate", "registration"]) == 0
    engine = open_engine(f"sqlite:///{tmp_path}/registration.db")
    transactions = Transactions(engine)
    for hour in range(-3, 3):
        _publish(transactions, NOON + timedelta(hours=hour), ERASED, hour)
    _publish(transactions, NOON, SECRET, 9, sensitive=True)
    yield transactions
    engine.dispose()


def _publish(transactions, at, type_, version, **how):
    with transactions.begin() as db:
        announce(db, type_, "people/ann", version, {"id": "ann"}, **how)
        positions = db.scalars(select(outbox.c.position).where(outbox.c.published_at.is_(None))).all()
        db.execute(_MARK, {"positions": positions, "now": at})


def waiting(registration):
    with registration.look() as db:
        rows = db.execute(select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.position)).all()
    return [(row.type, Envelope.from_json(row.envelope).version) for row in rows]


def test_each_reader_gets_what_was_published_since_then(registration, capsys):
    assert main(["republish", "registration", "--since", "2027-03-09T12:00Z"]) == 0
    assert Counter(to for to, _ in waiting(registration)) == {"to.notifications": 3, "to.community": 3}
    assert [version for to, version in waiting(registration) if to == "to.community"] == [0, 1, 2]
    said = capsys.readouterr().out
    for reader in ("notifications", "community"):
        assert says("command.republished", reader=reader, number=3, service="registration") in said


def test_one_reader_alone_can_be_named(registration):
    assert main(["republish", "registration", "--since", "2027-03-09T13:30+01:00", "--to", "community"]) == 0
    assert waiting(registration) == [("to.community", 1), ("to.community", 2)]


@pytest.mark.parametrize("since", ["yesterday", "2027-03-09T12:00", "2027-03-09"])
def test_a_moment_without_an_offset_is_not_understood(registration, since, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["republish", "registration", "--since", since])
    assert ended.value.code == 2
    assert says("command.no_moment") in capsys.readouterr().err
    assert waiting(registration) == []
