"""Registration as the gateway calls it, and the calls that are the team's."""

from datetime import timedelta

from services.bus.assertions import Signer
from services.registration.accounts import people, roles, tokens
from services.registration.models import Person, Sector
from services.registration.places import bookings, sessions
from services.registration.service import Registration
from services.runtime import clock
from services.runtime.database import Transactions
from services.runtime.settings import Settings
from tests.registration.conftest import state_of

SECRET = "k" * 32
TEAMS = {
    "record_attendance": {"slug": "now", "given": {"records": [{"reference": "A", "meeting": 1, "present": True}]}},
    "read_attendance_report": {"slug": "now", "given": {"csv": "Email\namina@example.org"}},
    "take_attendance_report": {"slug": "now", "given": {"csv": "Email\namina@example.org"}},
    "attendance_reports": {"slug": "now"},
    "undo_attendance_report": {"slug": "now", "id": 1},
    "attendance": {"slug": "now", "cursor": None, "limit": 1},
    "look_up_check_in": {"token": "x"},
    "check_in": {"token": "x"},
    "take_scans": {"given": {"scans": [{"token": "x", "at": "2027-02-11T14:00:00+00:00"}]}},
}


class World:
    """Registration with a database, a session that starts in a moment, a person who has booked it, and the team."""

    def __init__(self, engine) -> None:
        self.service = Registration()
        self.service.database = Transactions(engine)
        self.service.settings = Settings(secret_key=SECRET)
        self.service.signer = Signer(self.service.settings)
        self.tokens: dict[str, dict[str, str]] = {}
        with self.service.database.begin() as db:
            db.add(Sector(code="hospital", name="Hospitals", workforce=None))
            db.flush()
            starts = clock.now() + timedelta(minutes=10)
            sessions.keep(db, state_of("now", starts, hours=1, places_in_room=5), clock.now())
            team, amina = (self._person(db, name) for name in ("team", "amina"))
            roles.give(db, team, "team", clock.now())
            self.reference = bookings.book(db, amina, clock.now(), "now")["reference"]

    def _person(self, db, name) -> Person:
        person = people.ensure_account(db, f"{name}@example.org", clock.now())
        people.change(db, person, person.version, {"name": name.title(), "sector": "hospital"}, clock.now())
        self.tokens[name] = {"token": tokens.hash_of(tokens.issue(db, person, clock.now())[0])}
        return person

    def sign_in(self, name) -> None:
        """Have someone who was signed out come in again."""
        with self.service.database.begin() as db:
            self._person(db, name)

    def ask(self, method, who=None, **named):
        """Return the reply of one call, as it would cross the bus."""
        caller = {"caller": self.tokens[who]} if who else {}
        return getattr(Registration, method)(self.service, **caller, **named)
