"""Who may do what: all that registration decides about that.

`service.py` says at each method who may call it. What a caller sees of something depends on the rest.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts.coordinators import coordinated
from services.registration.accounts.facilitators import facilitated
from services.registration.errors import SecondFactorRequired
from services.registration.models import Booking, Person
from services.runtime.refusals import NotAllowed, Refusal

TEAM: Final = "team"
STAFF: Final = {TEAM, "operator"}
TO_SET_UP: Final = "Your role counts once you sign in with an authenticator app. Set it up at /account/second-factor."
Named = Mapping[str, Any]  # the arguments of a call


def team(db: OrmSession, caller: Person, now: datetime, named: Named) -> None:
    """Raise NotAllowed unless the caller is of the team, SecondFactorRequired where that does not count here."""
    if not is_of_team(caller):
        raise _kept_out(caller, {TEAM})


def staff(db: OrmSession, caller: Person, now: datetime, named: Named) -> None:
    """Raise NotAllowed unless the caller is of the team, or an operator; SecondFactorRequired as above."""
    if STAFF.isdisjoint(caller.roles):
        raise _kept_out(caller, STAFF)


def operator(db: OrmSession, caller: Person, now: datetime, named: Named) -> None:
    """Raise NotAllowed unless the caller is an operator; SecondFactorRequired as above."""
    if "operator" not in caller.roles:
        raise _kept_out(caller, {"operator"})


def check_reads_audit(caller: Person, person: str | None) -> None:
    """Raise NotAllowed unless the caller may read the audit record: an operator all of it, the team of one person."""
    if not ("operator" in caller.roles or (person and is_of_team(caller))):
        raise NotAllowed


def facilitator(db: OrmSession, caller: Person, now: datetime, named: Named) -> None:
    """Raise NotAllowed unless the caller is of the team, or facilitates the session that the call names by `slug`."""
    check_open(named["slug"], sessions_open_to(db, caller, now))


def coordinator(db: OrmSession, caller: Person, now: datetime, named: Named) -> None:
    """Raise NotAllowed unless the caller coordinates the organisation by the `id` that the call names.

    The team has pages of its own: what people let a coordinator see, they let nobody else see here.
    """
    if named["id"] not in coordinated(db, caller):
        raise NotAllowed


def sessions_open_to(db: OrmSession, person: Person, now: datetime) -> set[str] | None:
    """Return the sessions whose people the person may look after; None: all, for the team. Raises NotAllowed: none."""
    if is_of_team(person):
        return None
    theirs = {*facilitated(db, person, now)}
    if not theirs:
        raise _kept_out(person, {TEAM})
    return theirs


def check_open(slug: str, sessions: set[str] | None) -> None:
    """Raise NotAllowed unless the session is one of these, which `sessions_open_to` returned."""
    if sessions is not None and slug not in sessions:
        raise NotAllowed


def _kept_out(person: Person, roles: set[str]) -> Refusal:
    """Return why someone has none of these roles."""
    return NotAllowed() if roles.isdisjoint(person.roles_withheld) else SecondFactorRequired(TO_SET_UP)


def is_of_team(person: Person) -> bool:
    """Say whether the person sees all that there is of a session's people, and of a booking's history."""
    return TEAM in person.roles


def owns(person: Person, booking: Booking) -> bool:
    """Say whether a booking is the person's own: only they answer an offer, check in with it, and give feedback."""
    return booking.person_id == person.id


def sees(person: Person, booking: Booking) -> bool:
    """Say whether the person may see, cancel and move a booking; to everyone else it is not there."""
    return owns(person, booking) or is_of_team(person)
