"""Merging accounts, and undoing that, while people book: no booking is lost, and each goes back where it came from."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from services.bus.handover import handed_over
from services.registration import my_data
from services.registration.merging import undoing
from services.registration.models import Booking, Merge, MergeMove, Person
from tests.registration.machine.world import World, people_
from tests.registration.merging import merge, undo


class Merging(World):
    """What becomes of the bookings of people who have two accounts."""

    @rule(one=people_, other=people_, sure=st.integers(0, 3))
    def merge(self, one: int, other: int, sure: int) -> None:
        kept, merged = self.person(one), self.person(other)
        if sure or kept is merged or kept.erased_at or merged.erased_at:
            return
        theirs = self.owned(kept) | self.owned(merged)
        live = {slug for slug, state in theirs.values() if state != "cancelled"}
        made = self.attempt(merge, kept, merged, self.now)
        self.told_before = None  # each of their bookings is told of, and those who get what was let go
        if made:
            assert self.owned(kept).keys() == theirs.keys(), "no booking is lost"
            assert not self.owned(merged)
            assert {slug for slug, state in self.owned(kept).values() if state != "cancelled"} == live

    @rule(n=st.integers(0, 9))
    def undo(self, n: int) -> None:
        merges = self.db.scalars(select(Merge).where(Merge.undone_at.is_(None)).order_by(Merge.id)).all()
        if not merges:
            return
        row = merges[n % len(merges)]
        kept, merged = (self.db.get_one(Person, id) for id in (row.kept_id, row.merged_id))
        came = {key["id"] for key in handed_over(self.db, MergeMove, Booking.person_id, merged.id)}
        theirs, back = self.owned(kept), {one["reference"] for one in undoing.preview(self.db, row)["goes_back"]}
        self.attempt(undo, row, self.now, kept)
        self.told_before = None
        assert self.owned(merged).keys() == back, "what is given back is what was shown"
        assert self.owned(kept).keys() == theirs.keys() - back
        assert {booking.id for booking in self.bookings() if booking.reference in back} <= came

    @rule(n=st.integers(0, 9), sure=st.integers(0, 9))
    def erase_who_merged(self, n: int, sure: int) -> None:
        merges = self.db.scalars(select(Merge).where(Merge.undone_at.is_(None)).order_by(Merge.id)).all()
        if not sure and merges:
            row = merges[n % len(merges)]
            kept, merged = (self.db.get_one(Person, id) for id in (row.kept_id, row.merged_id))
            self.attempt(my_data.erase, kept, self.now)
            self.told_before = None
            assert (kept.email, merged.email, kept.name, merged.name) == (None,) * 4

    def owned(self, person: Person) -> dict[str, tuple[str, str]]:
        theirs = select(Booking.reference, Booking.session_slug, Booking.state).where(Booking.person_id == person.id)
        return {reference: (slug, state) for reference, slug, state in self.db.execute(theirs)}
