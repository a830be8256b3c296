"""A change that costs people something, a place or what was recorded of them: shown first, and confirmed by number."""

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields

from gateway.projection.call import Call
from gateway.projection.read_model import Data
from services.catalogue import schemas as catalogue
from services.runtime.limits import Range
from services.runtime.refusals import Invalid, NotFound, Refusal
from services.runtime.schemas import load

PLANNED: Final = ("places_in_room", "places_online", "meetings")
COSTS: Final = {"displace": "wait", "remove_attendance": "attendance_removed"}  # the word for it, and what it does
FIGURES: Final = (
    "places_in_room",
    "places_online",
    "held_places",
    "waiting_list",
    "by_application",
)  # figures follow from these
NOBODY: Final[Data] = {
    "live": {"confirmed": 0, "offered": 0, "waiting": 0},
    **{outcome: {} for outcome in ("stay", "wait_again", "moved", "moved_waiting", "free", "over", "over_then")},
    "plan": {"stay": 0, "change_mode": 0, "wait": 0, "offered": 0, "attendance_removed": 0, "people": []},
}


class WouldDisplace(Refusal):
    """People would lose their place. To do it all the same, send how many as `displace`."""

    code = "would-displace"


class WouldRemoveAttendance(Refusal):
    """It is recorded who was at a meeting that would go. To go on, send for how many people as `remove_attendance`."""

    code = "would-remove-attendance"


class SessionChange(catalogue.NewSession):
    """What is to change of a session; `displace` is how many people lose their place by it, where it is so.

    `remove_attendance` is of how many people it is recorded that they were at a meeting, or were not, which is to go.
    """

    displace = fields.Integer(strict=True, validate=Range(0, 100_000))
    remove_attendance = fields.Integer(strict=True, validate=Range(0, 100_000))


class SessionConversion(catalogue.Conversion):
    """How a session is to meet from now on; `displace` is how many people lose their place by it, where it is so."""

    displace = fields.Integer(strict=True, validate=Range(0, 100_000))


def forecast(call: Call, slug: str, given: Mapping[str, Any]) -> Data:
    """Return what becomes of a session's bookings if it has what is given: what is not said stays."""
    planned = {name: given[name] for name in PLANNED if name in given}
    try:
        return dict(call.registration("forecast_change", slug=slug, given=planned).value)
    except Refusal as refusal:
        if refusal.code == NotFound.code:  # registration knows no draft
            return NOBODY
        raise


def returning(call: Call, slug: str) -> Data:
    """Return how many bookings would stand again, by state, were the cancelled session called back."""
    try:
        found: Data = call.registration("forecast_reinstatement", slug=slug).value
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
        found = NOBODY  # registration has not heard of it yet
    return dict(found["live"])


def costs(call: Call, slug: str, given: Mapping[str, Any]) -> dict[str, int]:
    """Return of how many people a change takes what, by the word that confirms it: `displace`, `remove_attendance`.

    Nothing, where neither places nor meetings change, or are wrong.
    """
    if not {*PLANNED} & given.keys():
        return dict.fromkeys(COSTS, 0)
    try:
        plan = forecast(call, slug, given)["plan"]
    except Refusal as refusal:
        if refusal.code == Invalid.code:  # the catalogue says all that is wrong
            return dict.fromkeys(COSTS, 0)
        raise
    return {word: int(plan.get(what, 0)) for word, what in COSTS.items()}


def displaced(call: Call, slug: str, given: Mapping[str, Any]) -> int:
    """Return how many people would lose the place that they have."""
    return costs(call, slug, given)["displace"]


def check_kind(call: Call, slug: str, given: Mapping[str, Any]) -> None:
    """Raise HasBookings (registration's) where someone has booked, and places would be given in another way."""
    there = call.model.sessions.get(slug)
    wanted = given.get("by_application")
    if there is not None and isinstance(wanted, bool) and wanted != there.data["by_application"]:
        call.registration("check_unbooked", slug=slug)


def follow(call: Call, session: Data, given: Mapping[str, Any]) -> None:
    """Have what comes after a change wait for the figures of the session as it is now, if those follow from the change.

    The plan is carried out by registration, a moment after the catalogue has answered; it knows no draft.
    """
    if session["status"] == "published" and {*FIGURES} & given.keys():
        call.announced = (f"places/{session['slug']}", session["version"])


def confirmed(call: Call) -> Data:
    """Return the change that was sent, without what confirms it.

    Raises WouldDisplace, WouldRemoveAttendance, registration's HasBookings, Invalid, where that is wrong.
    """
    given = {name: value for name, value in call.given.items() if name not in COSTS}
    said = load(SessionChange(only=tuple(COSTS)), {name: call.given[name] for name in COSTS if name in call.given})
    check_kind(call, call.path["slug"], given)
    number = costs(call, call.path["slug"], given)
    if number["displace"] and said.get("displace") != number["displace"]:
        raise WouldDisplace(displaces=number["displace"])
    if number["remove_attendance"] and said.get("remove_attendance") != number["remove_attendance"]:
        raise WouldRemoveAttendance(people=number["remove_attendance"])
    return given
