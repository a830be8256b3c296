"""What was erased does not stay readable beside the database."""

from contextlib import closing

import pytest
from sqlalchemy import text

from services.runtime import write_ahead
from services.runtime.database import Transactions, open_engine
from services.runtime.write_ahead import WriteAheadLog

MARKER = "unmistakable"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "some.db"


@pytest.fixture
def transactions(file):
    transactions = Transactions(open_engine(f"sqlite:///{file}"))
    with transactions.begin() as db:
        db.execute(text("CREATE TABLE people (name TEXT)"))
        db.execute(text("CREATE INDEX names ON people (name)"))
        for number in range(500):
            db.execute(text("INSERT INTO people VALUES (:name)"), {"name": f"{MARKER} {number} " + "x" * number})
    yield transactions
    transactions.engine.dispose()


def erase(transactions):
    with transactions.begin() as db:
        db.execute(text("DELETE FROM people"))


def traces(file):
    return [path.name for path in file.parent.iterdir() if MARKER.encode() in path.read_bytes()]


def test_what_was_erased_is_in_no_file_once_the_log_is_emptied(transactions, file):
    erase(transactions)
    assert traces(file), "or this test shows nothing"
    assert WriteAheadLog(transactions.engine).empty()
    assert traces(file) == []


def test_a_reader_in_the_way_is_not_waited_for_and_it_is_tried_again(transactions, file):
    log = WriteAheadLog(transactions.engine)
    with transactions.look() as db:
        db.execute(text("SELECT count(*) FROM people")).all()
        erase(transactions)
        assert not log.empty()
    assert log.empty()
    assert traces(file) == []


def test_the_patience_of_the_connection_stays_what_it_was(transactions):
    log = WriteAheadLog(transactions.engine)
    with closing(transactions.engine.raw_connection()) as connection:
        before = connection.cursor().execute("PRAGMA busy_timeout").fetchone()
    log.empty()
    with closing(transactions.engine.raw_connection()) as connection:
        assert connection.cursor().execute("PRAGMA busy_timeout").fetchone() == before


def test_it_is_due_in_quiet_or_after_a_minute_and_not_while_it_is_empty(transactions, monkeypatch):
    log = WriteAheadLog(transactions.engine)
    erase(transactions)
    assert not log.is_due(), "somebody has just written"
    monkeypatch.setattr(write_ahead, "LATEST", 0)
    assert log.is_due()
    log.empty()
    assert not log.is_due()
    monkeypatch.setattr(write_ahead, "LATEST", 60)
    erase(transactions)
    monkeypatch.setattr(write_ahead, "QUIET", 0)
    assert log.is_due()
