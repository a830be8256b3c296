"""What people say about themselves, as forms ask for it: on the way to a place, and in the account."""

from typing import Final

from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.identity import Person
from gateway.web.pages.field_errors import Asked, found, in_form
from services.registration.schemas import ProfileChange
from services.runtime.refusals import Invalid, Refusal, StaleVersion
from services.runtime.visible_text import caseless

Said = dict[str, str]  # by field, as it stands in the form

ABOUT_YOU: Final = ("name", "sector", "organisation", "job_role")
NEEDS: Final = ("access_needs",)
CALLED: Final = {
    "name": "Your name",
    "sector": "Where you work",
    "organisation": "Your organisation",
    "job_role": "Your job role",
    "access_needs": "What you need",
}
ASKED: Final = {
    "name": Asked("“Your name”", "Enter your name"),
    "sector": Asked(ask="Choose where you work"),
    **{name: Asked(f"“{CALLED[name]}”") for name in ("organisation", "job_role", "access_needs")},
}


def called_in_words(*names: str) -> dict[str, str]:
    """Return what those of the fields are called into which people type."""
    return {name: CALLED[name] for name in names if name != "sector"}


def saved(person: Person, names: tuple[str, ...]) -> Said:
    """Return what is kept of the person."""
    return {name: person[name] or "" for name in names}


def around(call: Call, said: Said, errors: dict[str, str]) -> Data:
    """Return what the form needs besides: the version that it changes, and the sectors to choose from."""
    return {"said": said, "errors": errors, "version": call.who()["version"], **_sectors(call)}


def _sectors(call: Call) -> Data:
    return {"sectors": sectors(call), "hints": {sector["code"]: sector["hint"] for sector in call.model.sectors}}


def sectors(call: Call) -> dict[str, str]:
    """Return the names of the city's sectors by code. Raises NotReady."""
    call.model.require_ready()
    return call.model.sector_names


def is_elsewhere(call: Call, said: Said) -> bool:
    """Say whether that is another place of work than the one that was said before, and nothing is wrong with it.

    Where the details were changed since the form was shown, that is told first.
    """
    person, given = call.who(), _given(said)
    if call.given.get("version") != str(person["version"]):
        return False
    said_before = [name for name in ("sector", "organisation") if person[name]]
    other = any(caseless(given[name] or "") != caseless(person[name]) for name in said_before)
    return other and not found(ProfileChange(), given, ASKED)


def keep(call: Call, said: Said, *, was_wrong: bool = False) -> dict[str, str]:
    """Keep what was said; return what is wrong, by field, in which case nothing was kept.

    Another place of work is where they work from today, unless the one before `was_wrong`.
    What was changed elsewhere since the form was shown is not overwritten: it is told, and the form is shown anew.
    """
    given = _given(said)
    if errors := found(ProfileChange(), given, ASKED):
        return errors
    if _is_kept(call, given):
        return {}
    version, put_right = call.given.get("version", ""), {"was_wrong": True} if was_wrong else {}
    try:
        version = int(version) if _is_number(version) else 0
        call.registration("change_me", version=version, given={**given, **put_right})
    except Refusal as refusal:
        if refusal.code == Invalid.code:
            return in_form(refusal, ASKED, given)
        if refusal.code != StaleVersion.code:
            raise
        call.person = None
        return {} if _is_kept(call, given) else _changed_meanwhile(call, given)
    call.person = None  # who asks for them again is told the new details, and given an assertion of them
    return {}


def _given(said: Said) -> dict[str, str | None]:
    return {name: text.strip() or None for name, text in said.items()}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def _is_kept(call: Call, given: dict[str, str | None]) -> bool:
    person = call.who()
    return all(person[name] == text for name, text in given.items())


def _changed_meanwhile(call: Call, given: dict[str, str | None]) -> dict[str, str]:
    person = call.who()
    errors = {}
    for name, text in given.items():
        if person[name] != text:
            now = sectors(call).get(person[name], person[name]) if name == "sector" else person[name]
            change = f"now “{now}”" if now else "now empty"
            told = f"“{CALLED[name]}” was changed since you opened this page. It is {change}."
            errors[name] = f"{told} Save again if what you see here is right"
    return errors
