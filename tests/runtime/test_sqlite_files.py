"""Copies of several SQLite files: as of one moment, sound, and without locking anyone out."""

import itertools
import sqlite3
import threading
from contextlib import closing, contextmanager

import pytest

from services.runtime import clock, sqlite_files
from services.runtime.sqlite_files import CannotCopy, copy_all

COPIES = 30


@pytest.fixture
def files(tmp_path):
    """Two databases that each hold a number."""
    files = [tmp_path / name for name in ("first.db", "second.db")]
    for file in files:
        with connected(file) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE counted (number INTEGER)")
            database.execute("INSERT INTO counted VALUES (0)")
    return files


@pytest.fixture
def copied(tmp_path):
    """Copy files into a new folder, and return where the copies are."""
    numbers = itertools.count()

    def copied(files, **how):
        folder = tmp_path / f"copies-{next(numbers)}"
        folder.mkdir()
        copies = {file: folder / file.name for file in files}
        copy_all(copies, **how)
        assert sorted(folder.iterdir()) == sorted(copies.values())
        return list(copies.values())

    return copied


@contextmanager
def connected(file):
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as database:
        database.execute("PRAGMA synchronous=OFF")  # to commit as often as can be
        yield database


@contextmanager
def counting(*files):
    """Count up in one file after the other, over and over, as a service tells its readers."""
    ended = threading.Event()

    def count():
        with connected(files[0]) as first, connected(files[1]) as second:
            for database in itertools.cycle((first, second)):
                database.execute("UPDATE counted SET number = number + 1")
                if ended.wait(0.0002):
                    return

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def number_in(file):
    with connected(file) as database:
        return database.execute("SELECT number FROM counted").fetchone()[0]


@pytest.mark.parametrize("turned", [False, True])
def test_copies_are_of_one_moment_while_the_files_are_written_to(files, copied, turned):
    """In whatever order they are copied, the second file is never ahead of the first, and at most one behind."""
    seen = []
    with counting(*files):
        for _ in range(COPIES):
            copies = {copy.name: number_in(copy) for copy in copied(files[::-1] if turned else files)}
            seen.append((copies["first.db"], copies["second.db"]))
    assert {first - second for first, second in seen} <= {0, 1}
    assert seen[-1][0] > seen[0][0] + COPIES, "too little was written for this to show anything"


def test_what_is_being_written_and_not_committed_is_not_in_the_copy(files, copied):
    with connected(files[0]) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE counted SET number = 7")
        copies = copied(files)
        database.execute("COMMIT")
    assert [number_in(copy) for copy in copies] == [0, 0]
    assert number_in(files[0]) == 7


def test_others_write_while_it_copies(files, tmp_path, monkeypatch):
    copy = sqlite_files._copy

    def while_writing(reader, file, place):
        with connected(file) as database:
            database.execute("PRAGMA busy_timeout=0")
            database.execute("UPDATE counted SET number = 9")
        copy(reader, file, place)

    monkeypatch.setattr(sqlite_files, "_copy", while_writing)
    places = {file: tmp_path / f"copy-of-{file.name}" for file in files}
    copy_all(places)
    assert [number_in(file) for file in files] == [9, 9]
    assert [number_in(copy) for copy in places.values()] == [0, 0]


def test_what_is_committed_while_it_looks_has_it_look_again(files, copied, monkeypatch):
    commits = iter(files)
    now = clock.now

    def while_it_looks():
        for file in itertools.islice(commits, 1):  # to one file at the first look, to the other at the second
            with connected(file) as database:
                database.execute("UPDATE counted SET number = number + 1")
        return now()

    monkeypatch.setattr(clock, "now", while_it_looks)
    assert [number_in(copy) for copy in copied(files)] == [1, 1]


def test_it_gives_up_where_something_is_committed_all_the_time(files, copied, monkeypatch):
    numbers = itertools.count()
    monkeypatch.setattr(sqlite_files, "_versions", lambda watchers: [next(numbers)])
    with pytest.raises(CannotCopy):
        copied(files, patience=0.1)


def test_a_file_that_is_not_there_is_not_made(files, copied, tmp_path):
    with pytest.raises(CannotCopy, match=r"third\.db"):
        copied([*files, tmp_path / "third.db"])
    assert not (tmp_path / "third.db").exists()


def test_what_is_no_database_is_named(files, copied):
    files[1].write_bytes(b"no database" * 1000)
    with pytest.raises(CannotCopy, match=r"second\.db"):
        copied(files)


def test_a_damaged_database_is_named(files, copied):
    """A backup that shows only when it is needed that it is of no use is worse than none."""
    with connected(files[1]) as database:
        database.execute("CREATE INDEX by_number ON counted (number)")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(files[1].read_bytes())
    content[size : 2 * size] = b"\xff" * size
    files[1].write_bytes(content)
    with pytest.raises(CannotCopy, match=r"second\.db"):
        copied(files)
