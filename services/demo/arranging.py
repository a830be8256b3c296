"""What the team does in the demonstration: imports the programme, names facilitators, seats people, writes."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from services.catalogue import sessions
from services.catalogue.importing import import_programme
from services.catalogue.schemas import NewSession
from services.community import tables
from services.community.schemas import TablesWanted
from services.demo.cast import BODY, DRAFT, FACILITATOR, SUBJECT, TEAM
from services.demo.dates import as_of
from services.demo.town import A_DAY, Beat, Town, at
from services.notifications.causes import mailings
from services.registration.accounts import facilitators
from services.runtime.schemas import CITY, load

IN_THE_BEGINNING = 30  # weeks ago
TO_THOSE_OF = "maxims-in-practice"


def beats(town: Town) -> Iterator[Beat]:
    """Yield how it began, and what the team has done of late."""
    first = town.today - timedelta(weeks=IN_THE_BEGINNING)
    yield Beat(at(first, 9), partial(import_programme_file, town))
    yield Beat(at(first, 10), town.come_to_live_here)
    yield Beat(town.days_ago(3, 9), partial(_draft_a_session, town))
    yield Beat(town.days_ago(2, 17), partial(_write, town))


def import_programme_file(town: Town) -> None:
    """Import the programme as its file stands by now."""
    now = town.stage.now()
    with town.database("catalogue").begin() as db:
        import_programme(db, as_of(town.programme, now.astimezone(CITY).replace(tzinfo=None)), now)


def name_facilitator(town: Town, slug: str) -> None:
    """Have our facilitator facilitate the session."""
    with town.database("registration").begin() as db:
        facilitators.name(db, town.person(db, TEAM), slug, town.stage.now(), FACILITATOR.email)


def seat(town: Town, slug: str, *, size: int) -> None:
    """Draw up the tables of a session, and tell people."""
    community = town.database("community")
    with community.begin() as db:
        tables.plan(db, slug, town.stage.now(), **load(TablesWanted(), {"size": size}))
    town.stage.make_tables()
    with community.begin() as db:
        tables.publish(db, slug, town.stage.now())


def _draft_a_session(town: Town) -> None:
    day = town.today + timedelta(weeks=14) - town.today.weekday() * A_DAY
    meetings = [{"starts_at": f"{day}T13:00:00", "ends_at": f"{day}T14:30:00"}]
    with town.database("catalogue").begin() as db:
        sessions.create(db, load(NewSession(), {**DRAFT, "meetings": meetings}), town.stage.now())


def _write(town: Town) -> None:
    with town.database("notifications").begin() as db:
        mailings.send(db, TO_THOSE_OF, town.stage.now(), "confirmed", SUBJECT, BODY)
