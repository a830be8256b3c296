"""The team's pages of the city: its name, how one gets involved, and the sectors that people work in."""

from collections.abc import Mapping
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.parts import editing
from gateway.parts.edit_forms import EditForm
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.catalogue.schemas import UNNAMED, NewCity
from services.runtime import limits
from services.runtime.refusals import Refusal

HEADING: Final = "City and sectors"
routes = page_routes("team_city", sign_in=for_the_team(HEADING))
MORE: Final = 2  # empty rows for ways to get involved, beside those that there are
MOST_WAYS: Final = limits.most(NewCity, "ways_to_get_involved")
WRITTEN: Final = {f"summary-{n}": f"Description of way {n}" for n in range(1, MOST_WAYS + 1)}
WAYS: Final = "ways_to_get_involved"
LABELS: Final = {
    "name": "the name of the city",
    "workforce": "the number of people",
    WAYS: "the ways to get involved",
}
SECTOR_FIELDS: Final = ("name", "hint", "workforce")
SECTOR_LABELS: Final = {"name": "the name", "hint": "what it includes", "workforce": "the number of people"}


@routes.route("GET", "/team/city", "City and sectors", requires="team", query=("done",))
def show_city(call: Call) -> Response:
    """The form, filled in, and below it the sectors."""
    city = _city(call)
    return _show_city(call, _form_of(city), city, done=call.query().get("done", ""))


@routes.route(
    "POST",
    "/team/city",
    "Change the city",
    requires="team",
    most_fields=2 * MOST_WAYS + 10,
    sign_in=for_the_team(HEADING, **WRITTEN),
)
def change_city(call: Call) -> Response:
    """Leads back; says so where someone else changed it meanwhile."""
    city = _city(call)
    form = typed(call, "name", "workforce", *_way_fields(MOST_WAYS))
    given = FORM.changes(call, city, form)
    named = {"version": editing.version_of(call), "given": given}
    if given and (refusal := editing.refused(lambda: call.catalogue("change_city", **named))):
        return _show_city(call, form, _city(call), refusal)
    return go("team_city.show_city", done="saved")


@routes.route("GET", "/team/sectors/{code}/edit", "Change a sector", requires="team")
def show_sector(call: Call) -> Response:
    """The form, filled in."""
    sector = _sector(call)
    return _show_sector(call, _sector_form(sector), sector)


@routes.route("POST", "/team/sectors/{code}/edit", "Change a sector", requires="team")
def change_sector(call: Call) -> Response:
    """Leads back to the city; says so where someone else changed it meanwhile."""
    sector, form = _sector(call), typed(call, *SECTOR_FIELDS)
    given = SECTOR_FORM.changes(call, sector, form)
    named = {"code": sector["code"], "version": editing.version_of(call), "given": given}
    if given and (refusal := editing.refused(lambda: call.catalogue("change_sector", **named))):
        return _show_sector(call, form, _sector(call), refusal)
    return go("team_city.show_city", done="sector")


def is_named(city: Mapping[str, Any] | None) -> bool:
    """Say whether the team has said what the city is called."""
    return city is not None and city["name"] != UNNAMED


def _city(call: Call) -> Data:
    return dict(call.catalogue("city").value)


def _sector(call: Call) -> Data:
    return dict(call.catalogue("sector", code=call.path["code"]).value)


def _way_fields(number: int) -> list[str]:
    return [f"{part}-{n}" for n in range(1, number + 1) for part in ("title", "summary")]


def _form_of(city: Data) -> dict[str, str]:
    ways = city["ways_to_get_involved"]
    rows = {f"{part}-{n}": way[part].replace("\r\n", "\n") for n, way in enumerate(ways, 1) for part in way}
    name = city["name"] if is_named(city) else ""
    return {**dict.fromkeys(_way_fields(MOST_WAYS), ""), "name": name, "workforce": _typed(city["workforce"]), **rows}


def _given(form: dict[str, str]) -> Data:
    """Return the city that was typed, as the catalogue takes it."""
    rows = [{part: form[f"{part}-{n}"].strip() for part in ("title", "summary")} for n in _rows(form)]
    return {"name": form["name"].strip(), "workforce": _number(form["workforce"]), "ways_to_get_involved": rows}


def _rows(form: dict[str, str]) -> list[int]:
    """Return the rows of ways to get involved in which something is typed."""
    return [n for n in range(1, MOST_WAYS + 1) if form[f"title-{n}"].strip() or form[f"summary-{n}"].strip()]


def _in_words(city: Data, name: str) -> str:
    """Return what stands in a field of the city, as it is shown to whoever changed it too."""
    form = _form_of(city)
    if name != WAYS:
        return form[name]
    return "\n".join(f"{form[f'title-{n}']}\n{form[f'summary-{n}']}".strip() for n in _rows(form))


def _field_of(part: str) -> str:
    return WAYS if "-" in part else part


def _sector_form(sector: Data) -> dict[str, str]:
    return {"name": sector["name"], "hint": sector["hint"], "workforce": _typed(sector["workforce"])}


def _sector_given(form: dict[str, str]) -> Data:
    return {"name": form["name"].strip(), "hint": form["hint"].strip(), "workforce": _number(form["workforce"])}


def _typed(number: int | None) -> str:
    return "" if number is None else str(number)


def _number(text: str) -> int | str | None:
    """Return the number that was typed; None, which nobody knows, for nothing."""
    return editing.number_of(text) if text.strip() else None


FORM: Final = EditForm(_form_of, _given, LABELS, _field_of, _in_words)
SECTOR_FORM: Final = EditForm(_sector_form, _sector_given, SECTOR_LABELS)


def _show_city(
    call: Call, form: dict[str, str], city: Data, refusal: Refusal | None = None, done: str = ""
) -> Response:
    status, shown = FORM.shown(call, form, city, refusal, places=_places(form))
    last = max(_rows(shown["form"]), default=0)
    rows = range(1, min(MOST_WAYS, last + MORE) + 1)
    return show(call, "team_city.html", status, **shown, city=city, rows=rows, done=done)


def _places(form: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return where in the form the parts of the ways to get involved are, and what they are called."""
    called = {"title": "the title", "summary": "the description"}
    return {
        f"ways_to_get_involved.{position}.{part}": (f"{part}-{n}", f"{words} of way {n}")
        for position, n in enumerate(_rows(form))
        for part, words in called.items()
    }


def _show_sector(call: Call, form: dict[str, str], sector: Data, refusal: Refusal | None = None) -> Response:
    status, shown = SECTOR_FORM.shown(call, form, sector, refusal)
    return show(call, "team_sector.html", status, **shown, sector=sector)
