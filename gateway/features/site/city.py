"""The team's page of their programme's look and words, with the city and its sectors, on one page with a preview."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.site.city_api import LARGEST_LOGO, SECONDS, logo_given
from gateway.parts import editing
from gateway.parts.edit_forms import EditForm
from gateway.parts.editing import show
from gateway.parts.look import head_of, hero_of, is_named
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Errors
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import LARGE, page_routes
from services.catalogue.schemas import ChangedCity, Identity, NewCity
from services.runtime import limits
from services.runtime.refusals import Invalid, Refusal
from services.runtime.schemas import CITY, load

HEADING: Final = "Your programme’s look and words"
routes = page_routes("team_city", sign_in=for_the_team(HEADING))
MORE: Final = 2  # empty rows for ways to get involved, beside those that there are
MOST_WAYS: Final = limits.most(NewCity, "ways_to_get_involved")
WRITTEN: Final = {f"summary-{n}": f"Description of way {n}" for n in range(1, MOST_WAYS + 1)}
LOOK: Final = tuple(Identity().fields)
OURS: Final = ("site_name", "hero_heading", "hero_text", "accent", "logo", "logo_alt")  # with something of ours instead
LONG: Final = {"contact_text": "More about how to contact you", "hero_text": "Text of the home page"}
FORM_FIELDS: Final = ("name", "workforce", *LOOK)
WAYS: Final = "ways_to_get_involved"
LABELS: Final = {
    "name": "the name of the city",
    "workforce": "the number of people",
    WAYS: "the ways to get involved",
    "site_name": "the name of the site",
    "contact_email": "the email address",
    "contact_phone": "the phone number",
    "contact_text": "the text",
    "hero_heading": "the heading",
    "hero_text": "the text",
    "accent": "the colour",
    "logo": "the logo",
    "logo_alt": "what the logo shows",
}
SECTOR_FIELDS: Final = ("name", "hint", "workforce")
SECTOR_LABELS: Final = {"name": "the name", "hint": "what it includes", "workforce": "the number of people"}


@routes.route("GET", "/team/city", HEADING, requires="team", query=("done",))
def show_city(call: Call) -> Response:
    """The form, filled in, and below it the sectors. What is left empty is ours."""
    city = _city(call)
    return _show_city(call, _form_of(city), city, done=call.query().get("done", ""))


@routes.route(
    "POST",
    "/team/city",
    HEADING,
    requires="team",
    most=LARGE,
    most_fields=2 * MOST_WAYS + len(LOOK) + 10,
    files=True,
    sign_in=for_the_team(HEADING, **LONG, **WRITTEN),
)
def change_city(call: Call) -> Response:
    """Leads back; says so where someone else changed it meanwhile. To see it before, or with ours, saves nothing."""
    city = _city(call)
    form = typed(call, *FORM_FIELDS, *_way_fields(MOST_WAYS))
    if wrong := _take_logo(call, form):
        return _show_city(call, form, city, errors=wrong)
    if call.given.get("do") == "ours":
        form |= dict.fromkeys(OURS, "")
    if call.given.get("do") in ("preview", "ours"):
        return _preview(call, form, city)
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


def _city(call: Call) -> Data:
    return dict(call.catalogue("city").value)


def _sector(call: Call) -> Data:
    return dict(call.catalogue("sector", code=call.path["code"]).value)


def _take_logo(call: Call, form: dict[str, str]) -> Errors:
    """Have the picture that the form brought be kept, and named in the form; return what is wrong with it.

    It is kept before anything is saved, so that the page can show it, and need not be chosen again.
    """
    content = call.files.get("logo_file")
    if not content:
        if call.given.get("no_logo"):
            form |= {"logo": "", "logo_alt": ""}
        return {}
    if refusal := editing.refused(lambda: form.update(logo=_kept(call, content))):
        return {"logo_file": next(iter(editing.errors_of(refusal, LABELS, {}).values()))}
    return {}


def _kept(call: Call, content: bytes) -> str:
    """Return the name of a picture, once it is kept. Raises Invalid."""
    if len(content) > LARGEST_LOGO:
        raise Invalid.field("logo", "too-many-bytes", max=LARGEST_LOGO)
    return str(call.catalogue("keep_logo", given=logo_given(content), timeout=SECONDS).value["logo"])


def _preview(call: Call, form: dict[str, str], city: Data) -> Response:
    """Show the page as all pages would look; nothing is saved by it."""
    typed_in = _given(form)
    if refusal := editing.refused(lambda: load(ChangedCity, typed_in)):
        return _show_city(call, form, city, refusal)
    seen = head_of(typed_in, call.app.settings)
    hero = hero_of(typed_in, named=bool(form["name"].strip()))
    return _page(call, 200, city, FORM.kept(call, form), preview=hero, **seen)


def _way_fields(number: int) -> list[str]:
    return [f"{part}-{n}" for n in range(1, number + 1) for part in ("title", "summary")]


def _form_of(city: Data) -> dict[str, str]:
    ways = city["ways_to_get_involved"]
    rows = {f"{part}-{n}": way[part].replace("\r\n", "\n") for n, way in enumerate(ways, 1) for part in way}
    name = city["name"] if is_named(city) else ""
    look = {field: (city.get(field) or "").replace("\r\n", "\n") for field in LOOK}
    return {
        **dict.fromkeys(_way_fields(MOST_WAYS), ""),
        "name": name,
        "workforce": _typed(city["workforce"]),
        **look,
        **rows,
    }


def _given(form: dict[str, str]) -> Data:
    """Return the city that was typed, as the catalogue takes it."""
    rows = [{part: form[f"{part}-{n}"].strip() for part in ("title", "summary")} for n in _rows(form)]
    look = {field: form[field].strip() or None for field in LOOK}
    return {"name": form["name"].strip(), "workforce": _number(form["workforce"]), WAYS: rows, **look}


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
    call: Call,
    form: dict[str, str],
    city: Data,
    refusal: Refusal | None = None,
    done: str = "",
    errors: Errors | None = None,
) -> Response:
    status, shown = FORM.shown(call, form, city, refusal, errors, places=_places(form))
    return _page(call, status, city, shown, done=done)


def _page(call: Call, status: int, city: Data, shown: Data, **more: Any) -> Response:
    last = max(_rows(shown["form"]), default=0)
    rows = range(1, min(MOST_WAYS, last + MORE) + 1)
    ours = {"site": call.app.settings.name, **hero_of(None, named=False)}
    named = {"heading": HEADING, "city": city, "rows": rows, "ours": ours, "preview": None, "done": ""}
    named |= {"time_zone": CITY.key}
    return show(call, "team_city.html", status, **{**named, **shown, **more})


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
