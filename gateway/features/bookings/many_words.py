"""What becomes of one of many bookings, in words: of a line of a list, and of a booking that was selected."""

from collections.abc import Mapping
from typing import Final

from gateway.parts.team_views import STATES, name_shown
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import WORDS

WHY: Final[Mapping[str, str]] = {
    "already-booked": "They have a booking for this session already",
    "session-full": "The session is full",
    "name-missing": "They are new to us. Add their name to the line",
    "not-an-email": "This is not an email address",
    "has-a-link": "Leave out links and email addresses from the name",
    "too-long": "The name is too long",
    "not-found": "This session has no such booking",
    "booking-closed": "There is nothing to cancel any more",
    **{code: str(WORDS[code]) for code in ("not-a-mail-domain", "address-changed")},
}
WHY_NOT_MOVED: Final[Mapping[str, str]] = {
    "session-full": "The other session is full. They keep what they have",
    "already-booked": "They have a booking for the other session already",
    "clash": "They have another session at that time",
    "not-found": "This session has no such booking",
}
NOT_INVITED: Final[Mapping[str, str]] = {
    "already_booked": "They have a booking for that session already",
    "no_such_mode": "That session has no places of the kind that they want",
    "clash": "They have another session at that time",
    "no_place_left": "Next, if someone says no or does not answer",
}
WHY_NOT_DECIDED: Final[Mapping[str, str]] = {
    "session-full": "There is no free place for them. They stay an applicant",
    "not-waiting": "They no longer apply",
    "not-found": "This session has no such booking",
}


def line_in_words(row: Data, *, done: bool) -> Data:
    """Return a line of a list with what happens, or has been `done`, as the page shows it."""
    who = row["name"] or row["email"] or f"Line {row['line']}"
    shown: Data = {**row, "who": who, "link": bool(row["reference"]), "notes": []}
    if row["problem"]:
        return {**shown, "tag": "Not booked", "colour": "red", "notes": [_why(row["problem"], WHY)]}
    if row["state"] == "waiting":
        words = "On the waiting list" if done else "Goes on the waiting list"
        shown |= {"tag": f"{words}, number {row['position']}", "colour": "yellow"}
    else:
        shown |= {"tag": "Booked" if done else "Gets a place", "colour": "green"}
    if row["new_account"]:
        shown["notes"].append("We made an account for them" if done else "We make an account for them")
    if row["name_used"] is False:
        shown["notes"].append("Their account has this name, not the one on the list")
    if row["clash"]:
        shown["notes"].append(f"At that time they have {row['clash']['title']} as well")
    return shown


def booking_in_words(row: Data, moved: bool, *, done: bool) -> Data:
    """Return a booking with what happens, or has been `done`, as the page shows it."""
    person = row["person"]
    who = name_shown(person, row["reference"]) if person else row["reference"]
    shown: Data = {**row, "who": who, "email": person["email"] if person else None, "link": bool(person)}
    still = row["problem"] or not done
    shown["notes"] = [STATES[row["was"]]] if still and row["was"] in STATES else []
    if row["problem"]:
        stays = "Not moved" if moved else "Not cancelled"
        why = _why(row["problem"], WHY_NOT_MOVED if moved else WHY)
        return {**shown, "tag": stays, "colour": "red", "notes": [*shown["notes"], why]}
    if moved:
        return {**shown, "tag": "Moved" if done else "Moves", "colour": "green"}
    return {**shown, "tag": "Cancelled" if done else "Is cancelled", "colour": "grey"}


def invited_in_words(row: Data, *, done: bool) -> Data:
    """Return someone on the waiting list with whether they are invited, or were where it is `done`."""
    person = row["person"]
    shown: Data = {**row, "who": name_shown(person, row["reference"]), "email": person["email"], "link": True}
    if row["invited"]:
        return {**shown, "tag": "Invited" if done else "Is invited", "colour": "green", "notes": []}
    colour = "yellow" if row["why"] == "no_place_left" else "grey"
    return {**shown, "tag": "Not now", "colour": colour, "notes": [NOT_INVITED[row["why"]]]}


def decision_in_words(row: Data, given: bool, *, done: bool) -> Data:
    """Return an application with what happens, or has been `done`: a place `given`, or none, as the page shows it."""
    person = row["person"]
    who = name_shown(person, row["reference"]) if person else row["reference"]
    shown: Data = {**row, "who": who, "email": person["email"] if person else None, "link": bool(person), "notes": []}
    if row["problem"]:
        return {**shown, "tag": "Stays as it is", "colour": "red", "notes": [_why(row["problem"], WHY_NOT_DECIDED)]}
    if given:
        return {**shown, "tag": "Has a place" if done else "Gets a place", "colour": "green"}
    return {**shown, "tag": "Not given a place" if done else "Gets no place", "colour": "grey"}


def _why(problem: Data, words: Mapping[str, str]) -> str:
    return words.get(problem["code"]) or str(problem["detail"]).rstrip(".")
