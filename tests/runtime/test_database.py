"""The database: undone on any error, tried again where that helps, and Unavailable where it is away."""

import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import event, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from services.bus import models
from services.bus.inbox import row_of
from services.bus.outbox import announce, wake
from services.runtime import clock, database
from services.runtime.database import Transactions, is_full, make_schema, open_engine
from services.runtime.refusals import Unavailable
from tests.bus.scenarios.services import effects, take_effect


@pytest.fixture
def engine(make_engine):
    """A database in which to leave traces."""
    return make_engine(models.metadata, effects.metadata)


@pytest.fixture
def transactions(engine):
    return Transactions(engine)


def noted(transactions):
    with transactions.begin() as db:
        return list(db.scalars(select(effects.c.what).order_by(effects.c.position)))


def test_what_is_done_is_committed_at_the_end(transactions):
    with transactions.begin() as db:
        take_effect(db, "done")
    assert noted(transactions) == ["done"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, Unavailable])
def test_whatever_is_raised_undoes_all(transactions, error):
    def fail(db):
        take_effect(db, "undone")
        raise error

    with pytest.raises(error):
        transactions.run(fail)
    assert noted(transactions) == []


@pytest.mark.parametrize("wrong", [{"state": None}, {}])
def test_an_error_quotes_no_row(engine, wrong):
    """It goes into logs and inboxes; the row is of a person."""
    row = {**row_of(b"x"), "event_id": "ann" + "@example.org"}
    with engine.begin() as connection:
        connection.execute(insert(models.inbox), row)
    with pytest.raises(IntegrityError) as failed, engine.begin() as connection:
        connection.execute(insert(models.inbox), {**row, **wrong})
    told = "".join(traceback.format_exception(failed.value))
    assert "INSERT INTO inbox" in told, "what it was about is still there"
    assert row["event_id"] not in told


def test_listeners_hear_of_what_was_committed_and_of_nothing_else(transactions):
    heard = []
    transactions.listeners.append(lambda info: heard.append(dict(info)))

    def fail(db):
        announce(db, "echo.noted.v1", "notes", 1, {})
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        transactions.run(fail)
    assert heard == []
    with transactions.begin() as db:
        announce(db, "echo.noted.v1", "notes", 1, {})
        wake(db, "clean")
    assert heard == [{"announced": ("notes", 1), "woken": {"clean"}}]


def test_a_defect_stays_what_it_is(transactions):
    def fail(db):
        db.execute(insert(effects).values(position=1, what="a"))
        db.execute(insert(effects).values(position=1, what="b"))

    with pytest.raises(IntegrityError):
        transactions.run(fail)
    assert noted(transactions) == []


def test_two_that_write_at_once_lose_nothing(transactions):
    """Without a lock that is taken at the start, two readers who both mean to write cannot both succeed on SQLite."""

    def add(number):
        def work(db):
            known = len(db.execute(select(effects)).all())
            take_effect(db, f"{number} after {known}")

        transactions.run(work)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(20)))
    assert len(noted(transactions)) == 20


@pytest.mark.postgresql
@pytest.mark.parametrize("make_engine", ["postgresql"], indirect=True)
def test_a_deadlock_is_tried_again(transactions):
    with transactions.begin() as db:
        db.execute(insert(effects), [{"position": 1, "what": ""}, {"position": 2, "what": ""}])
    both_hold_one = threading.Barrier(2)
    attempts = []

    def cross(first, second):
        def work(db):
            attempts.append(first)
            db.execute(update(effects).where(effects.c.position == first).values(what=effects.c.what + "x"))
            if attempts.count(first) == 1:
                both_hold_one.wait(5)
            db.execute(update(effects).where(effects.c.position == second).values(what=effects.c.what + "x"))
            return "crossed"

        return transactions.run(work)

    with ThreadPoolExecutor(2) as threads:
        ways = [threads.submit(cross, 1, 2), threads.submit(cross, 2, 1)]
        assert [way.result() for way in ways] == ["crossed", "crossed"]
    assert len(attempts) > 2
    assert noted(transactions) == ["xx", "xx"]


@pytest.mark.postgresql
@pytest.mark.parametrize("make_engine", ["postgresql"], indirect=True)
def test_a_deadlock_that_never_ends_is_given_up(transactions):
    attempts = []

    def deadlock(db):
        attempts.append(1)
        db.execute(text("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40P01'; END $$"))

    with pytest.raises(Unavailable):
        transactions.run(deadlock)
    assert len(attempts) == database.ATTEMPTS


@pytest.mark.postgresql
@pytest.mark.parametrize("make_engine", ["postgresql"], indirect=True)
def test_a_lost_connection_is_tried_again(transactions):
    attempts = []

    def work(db):
        attempts.append(1)
        take_effect(db, f"attempt {len(attempts)}")
        if len(attempts) == 1:
            _terminate(transactions, db.scalar(text("SELECT pg_backend_pid()")))
        db.execute(text("SELECT 1"))

    transactions.run(work)
    assert noted(transactions) == ["attempt 2"]


@pytest.mark.postgresql
@pytest.mark.parametrize("make_engine", ["postgresql"], indirect=True)
def test_a_lock_that_is_held_too_long_is_unavailable_and_not_tried_again(transactions):
    attempts = []

    def wait(db):
        attempts.append(1)
        db.execute(text("SET LOCAL lock_timeout = '100ms'"))
        db.execute(text("LOCK TABLE effects"))

    with transactions.begin() as holder:
        holder.execute(text("LOCK TABLE effects"))
        with pytest.raises(Unavailable, match="busy"):
            transactions.run(wait)
    assert attempts == [1]


@pytest.mark.postgresql
@pytest.mark.parametrize("make_engine", ["postgresql"], indirect=True)
def test_a_query_has_a_time_limit(engine):
    with engine.connect() as connection:
        for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            assert connection.scalar(text(f"SHOW {setting}")) != "0"


@pytest.mark.postgresql
def test_each_service_works_in_a_schema_of_its_own(fresh_postgresql):
    for service in ("one", "two"):
        engine = open_engine(fresh_postgresql, service)
        for _ in range(2):
            make_schema(engine, service)
        with engine.begin() as connection:
            effects.create(connection)
            assert connection.scalar(text("SELECT current_schema()")) == service
        engine.dispose()


@pytest.mark.parametrize("host", ["127.0.0.1:9", "no-such-host.invalid:5432"])
def test_a_server_that_is_away_is_unavailable(host):
    transactions = Transactions(open_engine(f"postgresql://headrow@{host}/headrow"))
    with pytest.raises(Unavailable, match="does not answer"):
        transactions.run(lambda db: db.execute(text("SELECT 1")))


def test_a_full_disk_refuses_what_is_written_and_shows_while_reading_goes_on(tmp_path, monkeypatch):
    transactions = Transactions(open_engine(f"sqlite:///{tmp_path}/echo.db"))
    with transactions.begin() as db:
        db.execute(text("CREATE TABLE notes (note)"))
        assert not is_full(db)
    event.listen(transactions.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 3"))
    transactions.engine.dispose()
    with pytest.raises(Unavailable, match="no room left"), transactions.begin() as db:
        db.execute(text("INSERT INTO notes VALUES (randomblob(100000))"))
    with transactions.look() as db:
        assert db.scalar(text("SELECT count(*) FROM notes")) == 0
        assert is_full(db)
        monkeypatch.setattr(database, "FULL_FOR", 0.0)
        assert not is_full(db), "it may have been given room since"
    transactions.engine.dispose()


@pytest.mark.parametrize(("code", "said"), [("53100", "no room left"), ("55P03", "busy"), ("08006", "does not answer")])
def test_what_postgresql_says_in_a_code_is_understood(tmp_path, code, said):
    class Told(Exception):
        pgcode = code

    with pytest.raises(Unavailable, match=said), Transactions(open_engine(f"sqlite:///{tmp_path}/echo.db")).begin():
        raise OperationalError("INSERT", None, Told())


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path):
    (tmp_path / "echo.db").mkdir()
    transactions = Transactions(open_engine(f"sqlite:///{tmp_path}/echo.db"))
    with pytest.raises(Unavailable):
        transactions.run(lambda db: db.execute(text("SELECT 1")))


def test_sqlite_is_as_durable_and_as_strict_as_a_server(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/new/folder/echo.db")
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
        full = 2
        assert found == {"journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "busy_timeout": 5000}
    engine.dispose()


def test_a_waiting_writer_of_sqlite_gives_up_in_the_end(tmp_path):
    """Another process may hold the file's lock, as a backup does."""
    one, other = (Transactions(open_engine(f"sqlite:///{tmp_path}/echo.db")) for _ in range(2))
    with one.begin() as db:
        db.execute(text("CREATE TABLE t (a)"))
        _be_impatient(other)
        with pytest.raises(Unavailable), other.begin() as late:
            late.connection().exec_driver_sql("SELECT 1")
    for transactions in (one, other):
        transactions.engine.dispose()


def _be_impatient(transactions):
    """Have the connection that is used next wait for a tenth of a second only."""
    connection = transactions.engine.raw_connection()
    connection.cursor().execute("PRAGMA busy_timeout=100")
    connection.close()


def _terminate(transactions, process):
    with transactions.engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})


def test_who_only_looks_waits_for_nobody_and_sees_what_was_committed(engine):
    writing, looking = Transactions(engine), Transactions(engine)
    with writing.begin() as db:
        take_effect(db, "there")
    with writing.begin() as db:
        take_effect(db, "not yet")
        db.flush()
        with looking.look() as other:
            assert list(other.scalars(select(effects.c.what))) == ["there"]
    with looking.look() as other:
        assert list(other.scalars(select(effects.c.what))) == ["there", "not yet"]


@pytest.fixture
def own_clock(monkeypatch):
    """A machine whose clock is an hour ahead, and which has looked at no other clock yet."""
    ahead = time.time() + 3600
    monkeypatch.setattr(clock, "time", SimpleNamespace(time=lambda: ahead, monotonic=time.monotonic))
    clock.follow_nothing()
    yield
    clock.follow_nothing()


@pytest.mark.postgresql
def test_the_clock_is_the_databases_and_not_the_machines(fresh_postgresql, own_clock):
    """Of two machines a minute apart one would take the other's messages for overdue, and send them too."""
    assert abs(clock.now() - datetime.now(UTC)) > timedelta(minutes=59)
    with open_engine(fresh_postgresql).connect() as connection:
        there = connection.scalar(text("SELECT clock_timestamp()"))
    assert abs(clock.now() - there) < timedelta(seconds=5)


@pytest.mark.postgresql
def test_the_clock_follows_the_databases_again_and_again(fresh_postgresql, own_clock, monkeypatch):
    """A machine that slept, or a database that is another server now."""
    monkeypatch.setattr(database, "KEEP_TIME_EVERY", 0)
    engine = open_engine(fresh_postgresql)
    with engine.connect():
        clock.follow(datetime.now(UTC) + timedelta(hours=2))
    with engine.connect() as connection:
        there = connection.scalar(text("SELECT clock_timestamp()"))
    assert abs(clock.now() - there) < timedelta(seconds=5)


@pytest.mark.postgresql
def test_a_connection_that_was_closed_in_the_pool_is_replaced(fresh_postgresql, monkeypatch):
    monkeypatch.setattr(database, "KEEP_TIME_EVERY", 0)
    engine = open_engine(fresh_postgresql)
    with engine.connect() as first, open_engine(fresh_postgresql).connect() as other:
        pid = first.scalar(text("SELECT pg_backend_pid()"))
        first.close()
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with Transactions(engine).begin() as db:
        assert db.scalar(text("SELECT pg_backend_pid()")) != pid


def test_a_clock_that_follows_another_does_not_step_back_for_how_long_an_answer_took(own_clock):
    moment = datetime(2027, 5, 4, 9, tzinfo=UTC)
    clock.follow(moment)
    before = clock.now()
    clock.follow(before - timedelta(milliseconds=20))
    assert clock.now() >= before
