"""Rows that pass from one owner to another go back to where they came from, and nothing else does."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Integer, String, UniqueConstraint, delete, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm import Session as OrmSession

from services.bus import handover


class Base(DeclarativeBase):
    """A table of things, each of which an owner has once, and the journal."""


class Thing(Base):
    __tablename__ = "things"
    __table_args__ = (UniqueConstraint("owner", "kind"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(10))


class Journal(handover.HandedOver, Base):
    __tablename__ = "journal"


KINDS = st.sets(st.sampled_from("abcd"))


def things(db):
    return {(owner, kind) for owner, kind in db.execute(select(Thing.owner, Thing.kind))}


def hand_over(db):
    return handover.hand_over(db, Journal, Thing.owner, "old", "new", once=(Thing.kind,))


def test_what_was_handed_over_goes_back_and_what_was_done_since_stays(make_engine):
    engine = make_engine(Base.metadata)

    @given(old=KINDS, new=KINDS, gone=KINDS, made=KINDS)
    def check(old, new, gone, made):
        with OrmSession(engine) as db:
            for owner, kinds in (("old", old), ("new", new), ("else", old)):
                if kinds:
                    db.execute(insert(Thing), [{"owner": owner, "kind": kind} for kind in sorted(kinds)])
            before = things(db)
            aside = hand_over(db)
            assert {row["kind"] for row in aside} == old & new
            assert Counter(owner for owner, _ in things(db))["old"] == 0
            db.execute(delete(Thing).where(Thing.owner == "new", Thing.kind.in_(gone)))
            fresh = made - {kind for owner, kind in things(db) if owner == "new"}
            if fresh:
                db.execute(insert(Thing), [{"owner": "new", "kind": kind} for kind in sorted(fresh)])
            back = handover.give_back(db, Journal, "old", "new")
            lost = {("old", kind) for kind in gone & (old - new)}
            assert things(db) == (before - lost - {("new", kind) for kind in gone & new}) | {("new", k) for k in fresh}
            assert len(back) == len(old) - len(lost)
            assert db.scalar(select(Journal)) is None
            db.rollback()

    check()


def test_what_stands_in_the_place_of_a_row_stays_there(make_engine):
    with OrmSession(make_engine(Base.metadata)) as db:
        db.execute(insert(Thing), [{"owner": "old", "kind": "a"}, {"owner": "new", "kind": "a"}])
        hand_over(db)
        db.execute(update(Thing).where(Thing.owner == "new").values(owner="old"))
        handover.give_back(db, Journal, "old", "new")
        assert things(db) == {("old", "a")}


def test_once_it_is_forgotten_nothing_goes_back(make_engine):
    with OrmSession(make_engine(Base.metadata)) as db:
        db.execute(insert(Thing), [{"owner": "old", "kind": "a"}])
        hand_over(db)
        handover.forget(db, Journal, "old")
        assert handover.give_back(db, Journal, "old", "new") == []
        assert things(db) == {("new", "a")}


def test_who_is_named_in_a_row_that_was_set_aside_can_be_forgotten(make_engine):
    with OrmSession(make_engine(Base.metadata)) as db:
        rows = [(owner, kind) for owner in ("old", "new") for kind in ("mine", "theirs")]
        db.execute(insert(Thing), [{"owner": owner, "kind": kind} for owner, kind in rows])
        hand_over(db)
        handover.forget_naming(db, Journal, "theirs")
        handover.give_back(db, Journal, "old", "new")
        assert things(db) == {("old", "mine"), ("new", "mine"), ("new", "theirs")}
