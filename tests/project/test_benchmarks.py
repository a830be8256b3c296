"""Every benchmark still runs, and says what it measured. How fast anything is does not matter here."""

import os
import re
import subprocess
import sys
from itertools import product

import pytest

from services.headrow.names import SERVICES
from tests.project.tracked import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgresql,
    pytest.mark.rabbitmq,
    pytest.mark.timeout(900),  # one run of all parts, which starts three dozen processes one after the other
]

FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
MAY_BE_NOTHING = {"others' CPU", "load's CPU", "all told after", "all mailed after", "took", "calls", "CPU"}
MAY_BE_NOTHING |= {"its own", "beside it", "PostgreSQL", "RabbitMQ", "503s"}
MAY_BE_NOTHING |= {*SERVICES, "gateway", "registration, each", "load", "kinds", "rows", "ms"}
PARTLY_EMPTY = ("smtplib alone", "SQLite, counting", "SQLite, an event", "PostgreSQL, counting", "PostgreSQL, an event")
PARTLY_EMPTY += ("the last was answered",)

SITES, DATABASES = ("embedded", "distributed"), ("SQLite", "PostgreSQL")
OVER_SESSIONS = ["over 20 sessions", "in one session"]
REACH = [
    "counting a session",
    "an event of a booking",
    *(
        f"{period}, {programme}"
        for programme in ("all programmes", "programme-7")
        for period in ("all time", "a year", "a quarter", "any days")
    ),
]
RUSH = ["the last was answered, they came within 0.5 s", "an answer", "a person's booking, with all their attempts"]
ROWS = {  # by the beginning of the table's title
    "RPC over RabbitMQ": ["call, reply", "HTTP, call, reply, HTTP"],
    "Reading": [f"{site}, GET /sessions{one}" for site, one in product(SITES, ("", "/{slug}"))],
    "POST /bookings, 32 connections": [f"{site}, {where}" for site, where in product(SITES, OVER_SESSIONS)],
    "POST /bookings, distributed, beside its own": OVER_SESSIONS,
    "Pages": [f"embedded, GET /sessions{one}{who}" for who, one in product(("", ", signed in"), ("", "/{slug}"))],
    "One booking's work": ["500 bookings in the table, or 10", "50 people waiting, or 10"],
    "Bookings in groups": [*(f"groups of {size}" for size in (1, 8, 32)), "groups of 32, in one session"],
    "Tables: pairs who meet": ["3-3-4", "4-4-5"],
    "Tables of a session: first meetings": [
        f"12 people, 5 rounds at tables of 6, {asked}" for asked in ("plain", "asked for much")
    ],
    "100 confirmations": ["smtplib alone, so many ready-made letters", "notifications"],
    "A conversion of": ["virtual to face to face"],
    "What follows 40 bookings": [
        "published by the relay",
        "handled by the community",
        "handled and mailed by notifications",
    ],
    "A gateway that holds 50 sessions": ["memory", "a list of those to come", "an event of the places left in 10"],
    "Announcing the places left in one session": ["among 50 sessions", "among 100 sessions"],
    "2,000 bookings, 300 people": [
        "a booking",
        "a page of one's own bookings",
        "a page of a session's bookings",
        "search by a part of a name",
        "search by a name that many have",
        "search by an address",
        "search for a name that nobody has",
        "reach, a year",
    ],
    "Bookings, as ratios": [
        f"distributed, {where}, {number} bookings" for where, number in zip(OVER_SESSIONS, (20, 10), strict=True)
    ],
    "Processes of registration": [f"{number}, {where}" for number, where in product((1, 2, 4), OVER_SESSIONS)],
    "Statements of 20 bookings": [*SERVICES, "all services"],
    "A rush: 40 people": RUSH,
    "What others feel of a rush": ["book other sessions", "GET /sessions", "GET /sessions/{slug}, signed in"],
    "Reach of 570 people": [f"{database}, {what}" for database, what in product(DATABASES, REACH)],
}
PAGES = "Every page"  # its rows are the pages that cost most
STATEMENTS = "One statement after the other"
CAPACITY = "Capacity"  # tests/project/test_capacity.py looks at those

Rows = list[tuple[str, dict[str, str]]]  # the label of each, and its cells by column


@pytest.fixture(scope="module")
def printed(postgresql_server) -> str:
    """What `make bench` prints where it is to measure next to nothing."""
    command = [sys.executable, "-m", "benchmarks", "--tiny"]
    theirs = {**os.environ, "HEADROW_TEST_POSTGRESQL": postgresql_server.url}
    run = subprocess.run(command, cwd=ROOT, env=theirs, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, ""), run.stdout + run.stderr
    return run.stdout


@pytest.mark.parametrize("title", ROWS)
def test_a_table_has_all_its_rows(printed, title):
    assert [label for label, _ in _rows(printed, title)] == ROWS[title]


def test_the_pages_that_cost_most_are_shown(printed):
    labels = [label for label, _ in _rows(printed, PAGES)]
    assert len(labels) >= 10
    assert [label for label in labels if not label.startswith("GET /")] == []


def test_the_statements_that_take_most_are_shown(printed):
    labels = [label for label, _ in _rows(printed, STATEMENTS)]
    assert {label.partition(":")[0] for label in labels} >= {"registration", "notifications", "community"}


@pytest.mark.parametrize("title", [*ROWS, PAGES, STATEMENTS])
def test_a_table_has_a_figure_in_each_place(printed, title):
    assert [wrong for label, cells in _rows(printed, title) for wrong in _wrong(label, cells)] == []


def test_every_table_is_looked_at_here(printed):
    titles = [block.splitlines()[0] for block in printed.strip().split("\n\n")[1:]]
    assert [title for title in titles if not title.startswith((*ROWS, PAGES, STATEMENTS, CAPACITY))] == []


@pytest.mark.parametrize("cell", ["", "0.00 ms", "nan", "inf ms", "-1"])
def test_what_is_no_figure_is_noticed(cell):
    assert _wrong("embedded, GET /sessions", {"p50": cell})


@pytest.mark.parametrize("cell", ["0.01", "1,024 (≥ 2,000 ✗)", "1.0000 (≥ 1.0 ✓)", "12 of 30", "4.30 4.05 4.20"])
def test_a_figure_is_one_whatever_was_expected(cell):
    assert _wrong("embedded, GET /sessions", {"p50": cell}) == []


def _rows(printed: str, title: str) -> Rows:
    """Return the rows of the table whose title begins so; its notes, which have no cells, are left out."""
    [table] = [block for block in printed.strip().split("\n\n") if block.startswith(title)]
    _, heads, *lines = table.splitlines()
    columns = list(re.finditer(r"\S+(?: \S+)*", heads))  # right-aligned, with three spaces between them at least
    return [_row(line, columns) for line in lines if "   " in line.strip()]


def _row(line: str, columns: list[re.Match[str]]) -> tuple[str, dict[str, str]]:
    label = line.strip().partition("   ")[0]
    starts = [line.index(label) + len(label), *(column.end() for column in columns)]
    return label, {
        column[0]: line[start : column.end()].strip() for start, column in zip(starts, columns, strict=False)
    }


def _wrong(label: str, cells: dict[str, str]) -> list[str]:
    """Say of each cell that is no figure above nothing, and ought to be one, where it is and what is in it."""
    return [
        f"{label}, {column}: {cell!r}"
        for column, cell in cells.items()
        if (cell or not label.startswith(PARTLY_EMPTY))
        and not _is_figure(cell, may_be_nothing=column in MAY_BE_NOTHING)
    ]


def _is_figure(cell: str, may_be_nothing: bool) -> bool:
    found = FIGURE.match(cell)
    return found is not None and (may_be_nothing or float(found[0].replace(",", "")) > 0)
