"""The team's page of what someone said about themselves, to correct it. They are told which of it was changed."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.parts import editing
from gateway.parts.details import sectors
from gateway.parts.edit_forms import EditForm
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.parts.team_views import name_of, sector_name
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import Refusal

routes = page_routes("team_corrections", sign_in=for_the_team("Correct details"), private=True)
FIELDS: Final = ("name", "email", "sector", "organisation", "job_role")
LABELS: Final = {
    "name": "the name",
    "email": "the email address",
    "sector": "where they work",
    "organisation": "the organisation",
    "job_role": "the job role",
}


@routes.route("GET", "/team/people/{id}/details", "Correct someone’s details", requires="team")
def show_details(call: Call) -> Response:
    """A form with what they said."""
    person = _person(call)
    return _show(call, person, _form_of(person))


@routes.route("POST", "/team/people/{id}/details", "Correct someone’s details", requires="team")
def correct(call: Call) -> Response:
    """Leads to the person; says so where someone else changed it meanwhile."""
    person, form = _person(call), typed(call, *FIELDS)
    given = FORM.changes(call, person, form)
    if given.keys() & {"sector", "organisation"} and call.given.get("moved") == "yes":
        given["was_wrong"] = False
    named = {"id": call.path["id"], "version": editing.version_of(call), "given": given}
    if given and (refusal := editing.refused(lambda: call.registration("correct_person", **named))):
        return _show(call, _person(call), form, refusal)
    return go("team_people.show_person", id=call.path["id"], done="corrected" if given else None)


def _person(call: Call) -> Data:
    return dict(call.registration("person", id=call.path["id"]).value)


def _form_of(person: Data) -> dict[str, str]:
    return {name: person[name] or "" for name in FIELDS}


def _given(form: dict[str, str]) -> Data:
    """Return what was typed, as registration takes it."""
    return {"name": form["name"].strip(), **{name: form[name].strip() or None for name in FIELDS[1:]}}


FORM: Final = EditForm(_form_of, _given, LABELS)


def _show(call: Call, person: Data, form: dict[str, str], refusal: Refusal | None = None) -> Response:
    status, shown = FORM.shown(call, form, person, refusal)
    there = {**sectors(call), **({person["sector"]: sector_name(call, person["sector"])} if person["sector"] else {})}
    items = [{"value": code, "text": name} for code, name in there.items()]
    about: Data = {
        "shown_name": name_of(person),
        "is_guest": person["email"] is None,
        "id": person["id"],
        "sectors": items,
        "moved": "yes" if call.given.get("moved") == "yes" else "no",
    }
    return show(call, "team_person_details.html", status, **shown, **about)
