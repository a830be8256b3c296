"""The team's pages to copy a session into drafts, and to delete a draft: each says first what will be."""

import re
from datetime import date, datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.sessions.copying_api import delete as delete_draft
from gateway.features.sessions.copying_api import export_session, take_along
from gateway.features.sessions.team import show_why
from gateway.parts import editing
from gateway.parts.edited_sessions import seen, session_of
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.call import Answer
from gateway.web.pages.field_errors import Errors
from gateway.web.pages.forms import key_of, typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from gateway.web.times import typed_day
from services.catalogue import schemas as catalogue
from services.runtime.refusals import Invalid, KeyReused

routes = page_routes("team_copying", sign_in=for_the_team("Sessions", title="Title", dates="First days"))
PARTS: Final = {  # as the catalogue calls what a copy may take, and as the page does
    "texts": "Summary and topics",
    "speakers": "Speakers",
    "venue": "Venue and time to travel",
    "join_url": "Link to join",
    "places": "Numbers of places",
    "held_places": "Places held for sectors",
    "facilitators": "Facilitators, who are told when the copy is published",
    "questions": "Questions to those who book",
    "materials": "Materials, but no recordings",
}
SHIFTS: Final = {"days": 1, "weeks": 7}
LABELS: Final = {
    "title": "the title",
    "programme": "the programme",
    "dates": "the first day",
    "days": "how much later",
}
FIELDS: Final = ("how", "dates", "days", "title", "programme", *(f"part-{part}" for part in PARTS))
MAKE: Final = "make"


@routes.route("GET", "/team/sessions/{slug}/copy", "Copy a session", requires="team")
def show_copy(call: Call) -> Response:
    """Asks when the copies take place, and what comes along."""
    session = session_of(call)
    form = {**dict.fromkeys(FIELDS, "yes"), "how": "dates", "dates": "", "days": ""}
    return _show_form(call, session, form | {"title": session["title"], "programme": session["programme"]})


@routes.route("POST", "/team/sessions/{slug}/copy", "Copy a session", requires="team")
def copy(call: Call) -> Response:
    """Shows first what would be made; once that was read, leads to the drafts."""
    session, form = session_of(call), typed(call, *FIELDS)
    named: dict[str, Any] = {"slug": session["slug"], "given": _given(form)}
    plans: list[Answer] = []
    made: list[Answer] = []
    if call.given.get("do") == MAKE:
        refusal = editing.refused(lambda: made.append(call.catalogue("copy_session", **named, key=key_of(call))))
    else:
        refusal = editing.refused(lambda: plans.append(call.catalogue("plan_copies", **named)))
    if refusal:
        if refusal.code not in (Invalid.code, KeyReused.code):
            raise refusal
        return _show_form(call, session, form, editing.errors_of(refusal, LABELS, form))
    if plans:
        return _show_plan(call, session, form, plans[0].value["items"])
    take_along(call, session["slug"], [item["slug"] for item in made[0].value["items"]], named["given"])
    if len(made[0].value["items"]) == 1:
        return go("team_sessions.show_session", slug=made[0].value["items"][0]["slug"], done="added")
    return go("team_sessions.show_sessions", when="drafts", done="copied")


@routes.route(
    "GET",
    "/team/sessions/{slug}/export",
    "A session, as a file",
    requires="team",
    media="application/json",
    back="team_sessions.show_session",
)
def show_export(call: Call) -> Response:
    """The same file as the API's."""
    return export_session(call)


@routes.route("GET", "/team/sessions/{slug}/delete", "Delete a draft", requires="team")
def show_delete(call: Call) -> Response:
    """Says what will be gone, with a button."""
    session = session_of(call)
    if session["status"] != "draft":
        return show_why(call, session, "not-draft")
    return show(call, "team_session_delete.html", **seen(call, session))


@routes.route("POST", "/team/sessions/{slug}/delete", "Delete a draft", requires="team")
def delete(call: Call) -> Response:
    """Leads to the drafts that are left."""
    refusal = editing.refused(lambda: delete_draft(call, call.path["slug"]))
    if refusal and refusal.code == "session-not-draft":
        return show_why(call, session_of(call), "not-draft")
    if refusal and refusal.code != "not-found":  # the button was pressed twice
        raise refusal
    return go("team_sessions.show_sessions", when="drafts", done="deleted")


def _given(form: dict[str, str]) -> Data:
    """Return what was typed, as the catalogue takes it."""
    given: Data = parts_of(form)
    given |= {name: form[name] for name in ("title", "programme")}
    if form["how"] in SHIFTS:
        number = editing.number_of(form["days"]) if form["days"].strip() else None
        return given | {"days": number * SHIFTS[form["how"]] if isinstance(number, int) else number}
    return given | {"dates": [day_of(line) for line in editing.lines_of(form["dates"])]}


def parts_of(form: dict[str, str]) -> Data:
    """Return which parts were ticked, as the catalogue takes it."""
    ticked = {part for part in PARTS if form[f"part-{part}"]}
    return {
        "parts": [part for part in catalogue.PARTS if part in ticked],
        "leave_out": [part for part in catalogue.TEXTS if part not in ticked],
    }


def day_of(line: str) -> str:
    """Return the day that was typed in one line, “Tuesday 9 March 2027” or 9/3/27; as it is, to be refused, if none."""
    try:
        return date.fromisoformat(line).isoformat()
    except ValueError:
        pass
    words = re.split(r"[\s/.,-]+", line.strip(" .,"))
    try:
        return typed_day(*words[-3:]).isoformat()
    except (TypeError, ValueError):
        return line


def _show_form(call: Call, session: Data, form: dict[str, str], errors: Errors | None = None) -> Response:
    programmes = [
        {"value": thing.data["slug"], "text": thing.data["title"]} for thing in call.model.all("programmes").values()
    ]
    context: Data = {
        "form": form,
        "errors": errors or {},
        "parts": PARTS,
        "programmes": sorted(programmes, key=lambda item: str(item["text"]).casefold()),
    }
    return show(call, "team_session_copy.html", 422 if errors else 200, **seen(call, session), **context)


def _show_plan(call: Call, session: Data, form: dict[str, str], plans: list[Data]) -> Response:
    copies = [
        {
            **plan,
            "meetings": [times_of(meeting) for meeting in plan["meetings"]],
            "held_places": [{**held, "until": datetime.fromisoformat(held["until"])} for held in plan["held_places"]],
            "booking_opens_at": plan["booking_opens_at"] and datetime.fromisoformat(plan["booking_opens_at"]),
        }
        for plan in plans
    ]
    has = {**dict.fromkeys(PARTS, True), **session, "texts": session["summary"] or session["topics"]}
    takes = [words for part, words in PARTS.items() if form[f"part-{part}"] and has[part]]
    context: Data = {"form": form, "copies": copies, "takes": takes, "make": MAKE, "sectors": call.model.sector_names}
    return show(call, "team_session_copy_check.html", **seen(call, session), **context)


def times_of(meeting: Data) -> Data:
    """Return when a meeting that is planned begins and ends."""
    return {name: datetime.fromisoformat(meeting[name]) for name in ("starts_at", "ends_at")}
