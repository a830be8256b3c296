"""What has happened, by the day of the demonstration, around the sessions that are to come: who has booked them."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from services.demo import arranging
from services.demo.cast import ASHA
from services.demo.town import Beat, Town
from services.registration.models import Session
from services.registration.places import bookings

IN_PRACTICE, BOUNDARIES = "maxims-in-practice", "leading-across-boundaries"
COHORT, ONLINE_COHORT = "slp-cohort", "slp-virtual-cohort"
WAVES = (24, 17, 11, 5, 2)  # days ago, on which people booked


def beats(town: Town) -> Iterator[Beat]:
    """Yield them. One session is nearly full; one has a full room, where people wait and Asha is offered a place."""
    for ago in WAVES:
        yield Beat(town.days_ago(ago, 10), partial(_book_some, town))
    yield Beat(town.days_ago(12, 12), partial(town.book_as, ASHA, IN_PRACTICE))
    yield Beat(town.days_ago(12, 12), partial(town.book_as, ASHA, COHORT))
    yield Beat(town.days_ago(12, 12), partial(town.book_as, ASHA, ONLINE_COHORT))
    yield Beat(town.days_ago(4, 17), lambda: town.cancel(ONLINE_COHORT, [town.ids[ASHA]]))
    yield Beat(town.days_ago(8, 9), partial(arranging.name_facilitator, town, IN_PRACTICE))
    yield Beat(town.days_ago(1, 11), partial(arranging.seat, town, COHORT, size=5))
    yield Beat(town.days_ago(2, 14), partial(_fill_the_room, town))
    yield Beat(town.days_ago(2, 15), partial(town.book_as, ASHA, BOUNDARIES, mode="in_room"))
    yield Beat(town.days_ago(2, 16), partial(town.book, BOUNDARIES, 4, mode="in_room"))
    yield Beat(town.now - timedelta(hours=3), lambda: town.cancel(BOUNDARIES, town.strangers, "in_room"))


def _book_some(town: Town) -> None:
    town.book(IN_PRACTICE, 7)
    town.book(COHORT, 5, needs=1)
    town.book(BOUNDARIES, 4, mode="in_room", needs=1)
    town.book(BOUNDARIES, 3, mode="online")
    town.book(ONLINE_COHORT, 3)


def _fill_the_room(town: Town) -> None:
    with town.database("registration").begin() as db:
        room = Session.locked(db, BOUNDARIES)
        while room.left("in_room"):
            bookings.book(db, town.stranger(db, BOUNDARIES), town.stage.now(), BOUNDARIES, mode="in_room")
