"""An inbox beside what others have published: what is missing is found and published again, and nothing else is."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from services.bus import housekeeping, models, reconciliation
from services.bus.envelope import Envelope
from services.bus.housekeeping import PUBLISHED, REMEMBERED
from services.bus.inbox import row_of
from services.bus.outbox import announce, erase
from services.bus.reconciliation import PAGE, UNDER_WAY
from services.bus.relay import _MARK
from tests.bus.scenarios.system import an_event

NOTED, WHISPERED = "echo.noted.v1", "echo.whispered.v1"


@pytest.fixture
def published(db, now):
    """Announce an event and publish it, long enough ago; return its id."""

    def published(type=NOTED, at=now - UNDER_WAY, **said):
        id = announce(db, type, "notes", 1, {}, **said)
        position = db.scalar(select(models.outbox.c.position).where(models.outbox.c.event_id == id))
        db.execute(_MARK, {"positions": [position], "now": at})
        return id

    return published


@pytest.fixture
def look(db, now):
    """Compare the inbox with the outbox, as a service and its reader would; return what is missing."""

    def look(types=(NOTED,)):
        told = reconciliation.published_after(db, types, reconciliation.up_to(db, "echo"), now)
        return reconciliation.compare(db, "echo", told, now)

    return look


def take_in(db, id):
    db.execute(insert(models.inbox).values(row_of(an_event(id=id).to_json())))


def numbers(db):
    return list(db.scalars(select(models.outbox.c.number).order_by(models.outbox.c.position)))


def test_what_is_published_is_numbered_in_the_order_of_publishing(db, now):
    """A position is given before the commit: a lower one may be published later."""
    for _ in range(4):
        announce(db, NOTED, "notes", 1, {})
    first, *others = db.scalars(select(models.outbox.c.position).order_by(models.outbox.c.position)).all()
    db.execute(_MARK, {"positions": others, "now": now})
    db.execute(_MARK, {"positions": [first], "now": now})
    assert numbers(db) == [4, 1, 2, 3]


def test_what_is_missing_is_found_and_looked_for_until_it_is_here(db, published, look):
    here, lost, also_here = published(), published(), published()
    for id in (here, also_here):
        take_in(db, id)
    assert look() == [lost]
    assert reconciliation.up_to(db, "echo") == 1
    assert look() == [lost]
    take_in(db, lost)
    assert look() == []
    assert reconciliation.up_to(db, "echo") == 3
    row = db.execute(select(models.compared)).one()
    assert (row.source, row.missing) == ("echo", 0)


def test_what_may_be_under_way_is_not_missing_yet(db, now, published, look):
    announce(db, NOTED, "notes", 1, {})
    published(at=now - UNDER_WAY + timedelta(seconds=1))
    assert look() == []
    assert reconciliation.up_to(db, "echo") == 0


def test_only_what_the_reader_reads_is_looked_for(db, published, look):
    published(WHISPERED)
    noted = published()
    assert look([NOTED]) == [noted]


def test_what_cannot_be_published_again_is_not_missing(db, published, look):
    published(sensitive=True)
    published(erase_key="ann")
    erase(db, "ann")
    assert look() == []
    assert reconciliation.up_to(db, "echo") == 2


def test_much_is_looked_through_page_by_page(db, published, look):
    ids = [published() for _ in range(PAGE + 1)]
    for id in ids[:-1]:
        take_in(db, id)
    assert look() == []
    assert reconciliation.up_to(db, "echo") == PAGE
    assert look() == ids[-1:]


def test_what_is_published_again_is_the_same_event_for_one_reader(db, now, published):
    id = published(erase_key="ann")
    assert reconciliation.publish_again(db, "hear", [id, "unknown"], now) == 1
    row = db.execute(select(models.outbox).where(models.outbox.c.published_at.is_(None))).one()
    assert (Envelope.from_json(row.envelope).id, row.type, row.erase_key) == (id, "to.hear", "ann")
    assert row.event_id != id, "two rows cannot have one id"


def test_what_was_published_again_is_compared_as_what_it_was(db, now, published, look):
    id = published()
    reconciliation.publish_again(db, "hear", [id], now)
    (position,) = db.scalars(select(models.outbox.c.position).where(models.outbox.c.published_at.is_(None)))
    db.execute(_MARK, {"positions": [position], "now": now - UNDER_WAY})
    assert look() == [id]
    take_in(db, id)
    assert look() == []


@pytest.mark.parametrize(
    ("number", "first", "cut_off"),
    [(0, 1, False), (0, 0, False), (8, 9, False), (9, 9, False), (7, 9, True), (0, 9, True)],
)
def test_who_was_away_for_longer_than_the_outbox_keeps_is_told_so(number, first, cut_off):
    assert reconciliation.is_cut_off({"events": [], "up_to": 20, "first": first}, number) == cut_off


def test_an_inbox_remembers_for_longer_than_an_outbox_keeps():
    """It would else ask for what it has forgotten, and that would take effect again."""
    assert PUBLISHED + timedelta(hours=12) < REMEMBERED


def test_numbers_go_on_where_they_were_when_all_is_forgotten(db, now, published):
    published(), published()
    db.execute(update(models.outbox).values(published_at=now - REMEMBERED))
    housekeeping.forget_what_is_over(db, now)
    published()
    assert numbers(db) == [2, 3]


def test_what_was_published_before_it_was_numbered_is_forgotten_in_its_time(db, now):
    announce(db, NOTED, "notes", 1, {})
    db.execute(update(models.outbox).values(published_at=now - REMEMBERED))
    housekeeping.forget_what_is_over(db, now)
    assert numbers(db) == []
