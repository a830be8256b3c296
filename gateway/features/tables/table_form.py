"""The form that says how people are to be seated: what is typed, what it means, and what is wrong in it."""

import itertools
from typing import Any, Final

from gateway.parts.editing import number_of
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, Errors
from services.community.schemas import TablesWanted
from services.runtime import limits
from services.runtime.refusals import Refusal

Form = dict[str, Any]
PAIRS: Final = {"apart": "keep_apart", "together": "keep_together"}
MOST_ROWS: Final = 30
SIZE, ROUNDS = limits.of(TablesWanted, "size"), limits.of(TablesWanted, "rounds")
NUMBERS: Final = {
    "size": f"Enter how many people sit together, from {SIZE['min']} to {SIZE['max']}",
    "rounds": f"Enter how many rounds there are, from {ROUNDS['min']} to {ROUNDS['max']}",
    "step_free_tables": "Enter how many tables can be reached without steps, or leave it empty",
}
CHOSEN: Final = Asked(
    "this", but={"out-of-range": "Must be a number from {min} to {max}", "too-many": "Choose {max} people at most"}
)


def empty_form() -> Form:
    """Return the form as it is before anything is chosen."""
    numbers = {"size": "6", "rounds": "1", "step_free_tables": "", "seed": "1"}
    return {**numbers, "who": "booked", "hosts": set(), "step_free": set(), **{name: [("", "")] for name in PAIRS}}


def form_of(view: Data) -> Form:
    """Return the form that says what tables were made by; another try at the same is another plan."""
    wishes = view["wishes"]
    rows = {
        name: [pair for group in wishes[wish] for pair in itertools.pairwise(group)] or [("", "")]
        for name, wish in PAIRS.items()
    }
    flat = wishes["step_free_tables"]
    numbers = {"size": str(view["size"]), "rounds": str(len(view["rounds"]) or 1), "seed": str(wishes["seed"] + 1)}
    people = {name: {*wishes[name]} for name in ("hosts", "step_free")}
    return {**numbers, "step_free_tables": "" if flat is None else str(flat), "who": view["who"], **people, **rows}


def read_form(given: dict[str, str]) -> Form:
    """Return what was sent."""
    form: Form = {name: given.get(name, "").strip() for name in ("size", "rounds", "step_free_tables", "seed", "who")}
    for name, short in (("hosts", "host"), ("step_free", "flat")):
        form[name] = {field.removeprefix(f"{short}-") for field in given if field.startswith(f"{short}-")}
    for name in PAIRS:
        count = number_of(given.get(f"{name}-rows", "1"))
        rows = range(min(count, MOST_ROWS) if isinstance(count, int) else 1)
        form[name] = [(given.get(f"{name}-{n}-a", ""), given.get(f"{name}-{n}-b", "")) for n in rows]
    return form


def with_a_row(form: Form, do: str) -> Form | None:
    """Return the form with a row more, where that is what the button was for."""
    if do not in PAIRS:
        return None
    return {**form, do: [*form[do], ("", "")][:MOST_ROWS]}


def wanted_of(form: Form) -> tuple[Data, Errors]:
    """Return what the service is to be asked for, and what is wrong before that."""
    errors: Errors = {}
    wanted: Data = {"who": form["who"] or "booked"}
    for name, message in NUMBERS.items():
        if form[name] == "" and name == "step_free_tables":
            continue
        number = number_of(form[name])
        if not isinstance(number, int):
            errors[name] = message
        wanted[name] = number
    seed = number_of(form["seed"])
    wanted["seed"] = seed if isinstance(seed, int) else 1
    wanted |= {name: sorted(form[name]) for name in ("hosts", "step_free")}
    for name, wish in PAIRS.items():
        wanted[wish] = [list(pair) for pair in form[name] if any(pair)]
        for n, (one, other) in enumerate(form[name]):
            if (one or other) and (not one or not other or one == other):
                errors[f"{name}-{n}-{'a' if not one else 'b'}"] = "Choose two people"
    return wanted, errors


def errors_of(refusal: Refusal, form: Form) -> Errors:
    """Return what the service found wrong, by the id of the field to mend it in."""
    errors: Errors = {}
    for error in refusal.facts["errors"]:
        name, _, rest = error["field"].partition(".")
        errors.setdefault(_field(name, rest, form), NUMBERS.get(name) or CHOSEN.told(error))
    return errors


def _field(name: str, rest: str, form: Form) -> str:
    short = next((short for short, wish in PAIRS.items() if wish == name), None)
    if short is None:
        return {"hosts": "people", "step_free": "people"}.get(name, name)
    filled = [n for n, pair in enumerate(form[short]) if any(pair)] or [0]
    place, _, which = rest.partition(".")
    row = filled[min(int(place), len(filled) - 1)] if place.isdigit() else filled[0]
    return f"{short}-{row}-{'b' if which == '1' else 'a'}"
