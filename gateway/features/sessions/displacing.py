"""A change that leaves too few places: shown first, and confirmed by the number of people who lose theirs."""

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields

from gateway.projection.call import Call
from gateway.projection.read_model import Data
from services.catalogue import schemas as catalogue
from services.runtime.limits import Range
from services.runtime.refusals import Invalid, NotFound, Refusal
from services.runtime.schemas import load

PLACES: Final = ("places_in_room", "places_online")
FIGURES: Final = (*PLACES, "held_places", "waiting_list")  # of a session: what the figures of its places follow from
NOBODY: Final[Data] = {
    "live": {"confirmed": 0, "offered": 0, "waiting": 0},
    **{outcome: {} for outcome in ("stay", "wait_again", "moved", "moved_waiting", "free", "over", "over_then")},
    "plan": {"stay": 0, "change_mode": 0, "wait": 0, "offered": 0, "people": []},
}


class WouldDisplace(Refusal):
    """People would lose their place. To do it all the same, send how many as `displace`."""

    code = "would-displace"


class SessionChange(catalogue.NewSession):
    """What is to change of a session; `displace` is how many people lose their place by it, where it is so."""

    displace = fields.Integer(strict=True, validate=Range(0, 100_000))


class SessionConversion(catalogue.Conversion):
    """How a session is to meet from now on; `displace` is how many people lose their place by it, where it is so."""

    displace = fields.Integer(strict=True, validate=Range(0, 100_000))


def forecast(call: Call, slug: str, given: Mapping[str, Any]) -> Data:
    """Return what becomes of a session's bookings if it has the places that are given: what is not said stays."""
    places = {name: given[name] for name in PLACES if name in given}
    try:
        return {**NOBODY, **call.registration("forecast_change", slug=slug, given=places).value}
    except Refusal as refusal:
        if refusal.code == NotFound.code:  # registration knows no draft
            return NOBODY
        raise


def displaced(call: Call, slug: str, given: Mapping[str, Any]) -> int:
    """Return how many people would lose the place that they have; 0 where the number of places stays, or is wrong."""
    if not {*PLACES} & given.keys():
        return 0
    try:
        return int(forecast(call, slug, given)["plan"]["wait"])
    except Refusal as refusal:
        if refusal.code == Invalid.code:  # the catalogue says all that is wrong
            return 0
        raise


def follow(call: Call, session: Data, given: Mapping[str, Any]) -> None:
    """Have what comes after a change wait for the figures of the session as it is now, if those follow from the change.

    The plan is carried out by registration, a moment after the catalogue has answered; it knows no draft.
    """
    if session["status"] == "published" and {*FIGURES} & given.keys():
        call.announced = (f"places/{session['slug']}", session["version"])


def confirmed(call: Call) -> Data:
    """Return the change that was sent, without `displace`. Raises WouldDisplace, Invalid, where that is wrong."""
    given = {name: value for name, value in call.given.items() if name != "displace"}
    said = load(
        SessionChange(only=("displace",)), {name: value for name, value in call.given.items() if name == "displace"}
    )
    number = displaced(call, call.path["slug"], given)
    if number and said.get("displace") != number:
        raise WouldDisplace(displaces=number)
    return given
