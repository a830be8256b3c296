"""`check_outbox` notices every way in which an announcement can differ from its contract."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.bus import models, outbox
from tests.contracts.announced import check_outbox, contract, contract_files

TYPE = contract_files()[0].stem


@pytest.fixture
def db(make_engine):
    with OrmSession(make_engine(models.metadata)) as db:
        yield db


@pytest.fixture
def example():
    return dict(contract(TYPE)["examples"][0])


def announce(db, data, type_=TYPE, subject="things/1", version=1):
    outbox.announce(db, type_, subject, version, data)


def test_passes_what_keeps_its_contract(db, example):
    announce(db, example)
    check_outbox(db)


def test_sees_what_is_not_committed_yet_and_what_is(db, example):
    announce(db, {**example, "invented": 1})
    with pytest.raises(AssertionError, match="invented"):
        check_outbox(db)
    db.commit()
    with pytest.raises(AssertionError, match="invented"):
        check_outbox(db)


def test_notices_a_field_that_is_missing(db, example):
    gone = contract(TYPE)["required"][0]
    announce(db, {name: value for name, value in example.items() if name != gone})
    with pytest.raises(AssertionError, match=f"'{gone}' is a required property"):
        check_outbox(db)


def test_notices_an_event_without_a_contract(db):
    announce(db, {}, type_="catalogue.nobody_wrote_this_down.v1")
    with pytest.raises(AssertionError, match="has no contract"):
        check_outbox(db)


@pytest.mark.parametrize("type_", ["catalogue.session_published", "catalogue.SessionPublished.v1", "session.v1"])
def test_notices_a_type_that_is_not_named_as_the_others(db, type_):
    announce(db, {}, type_=type_)
    with pytest.raises(AssertionError, match="is not named"):
        check_outbox(db)


@pytest.mark.parametrize(("wrong", "fault"), [({"version": 0}, "count from 1"), ({"subject": ""}, "no reader could")])
def test_notices_an_envelope_that_tells_no_stale_event_from_a_new_one(db, example, wrong, fault):
    announce(db, example, **wrong)
    with pytest.raises(AssertionError, match=fault):
        check_outbox(db)


def test_notices_a_row_that_hides_a_sensitive_event(db, example):
    announce(db, example)
    db.execute(update(models.outbox).values(sensitive=True))
    with pytest.raises(AssertionError, match="its row says otherwise"):
        check_outbox(db)


def test_leaves_out_what_was_blanked(db):
    announce(db, {}, type_="catalogue.nobody_wrote_this_down.v1")
    db.execute(update(models.outbox).values(envelope=None))
    check_outbox(db)


def test_leaves_out_what_a_failed_transaction_announced(db, example):
    announce(db, {**example, "invented": 1})
    with pytest.raises(IntegrityError):
        db.execute(update(models.outbox).values(type=None))
    db.rollback()
    check_outbox(db)
