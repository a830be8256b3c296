"""The team's page to copy a programme with its sessions: it says first what would be made."""

import re
from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.sessions.programme_copying_api import take_all_along
from gateway.features.sessions.team_copying import MAKE, PARTS, SHIFTS, day_of, parts_of, times_of
from gateway.parts import editing
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.call import Answer
from gateway.web.pages.field_errors import Errors
from gateway.web.pages.forms import key_of, typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import Invalid, KeyReused, Refusal

routes = page_routes("team_programme_copying", sign_in=for_the_team("Programmes"))
FIELDS: Final = ("how", "days", "title", "slug", *(f"part-{part}" for part in PARTS))
LABELS: Final = {"title": "the title", "slug": "the name in the address", "days": "how much later", "sessions": "a day"}
MOST_FIELDS: Final = 300


@routes.route("GET", "/team/programmes/{slug}/copy", "Copy a programme", requires="team")
def show_copy(call: Call) -> Response:
    """Asks when the sessions of the copy take place, and what comes along."""
    programme, sessions = _of(call)
    form = {**dict.fromkeys(FIELDS, "yes"), "how": "weeks", "days": "", "slug": "", "title": programme["title"]}
    return _show_form(call, programme, sessions, form | {_field(one): "" for one in sessions})


@routes.route("POST", "/team/programmes/{slug}/copy", "Copy a programme", requires="team", most_fields=MOST_FIELDS)
def copy(call: Call) -> Response:
    """Shows first what would be made; once that was read, leads to the drafts."""
    programme, sessions = _of(call)
    form = typed(call, *FIELDS, *(_field(one) for one in sessions))
    given, places = _given(form, sessions)
    named: dict[str, Any] = {"slug": programme["slug"], "given": given}
    plans: list[Answer] = []
    made: list[Answer] = []
    if call.given.get("do") == MAKE:
        refusal = editing.refused(lambda: made.append(call.catalogue("copy_programme", **named, key=key_of(call))))
    else:
        refusal = editing.refused(lambda: plans.append(call.catalogue("plan_programme_copy", **named)))
    if refusal:
        if refusal.code not in (Invalid.code, KeyReused.code):
            raise refusal
        return _show_form(call, programme, sessions, form, editing.errors_of(refusal, LABELS, form, places))
    if plans:
        return _show_plan(call, programme, form, plans[0].value["items"])
    take_all_along(call, made[0].value, given)
    return go("team_sessions.show_sessions", when="drafts", done="copied")


def _of(call: Call) -> tuple[Data, list[Data]]:
    """Return the programme, and its sessions, the soonest first: what a copy on the same days would have."""
    call.model.require_ready()
    programme = dict(call.catalogue("programme", slug=call.path["slug"]).value)
    try:
        as_it_is = {"title": programme["title"], "days": 0}
        plan = call.catalogue("plan_programme_copy", slug=programme["slug"], given=as_it_is).value["items"]
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        plan = []  # so many that the form cannot ask for each: all of them, some days later, is refused too
    return programme, [_shown(one) for one in plan]


def _field(session: Data) -> str:
    return f"first-{session['session']}"


def _given(form: dict[str, str], sessions: list[Data]) -> tuple[Data, dict[str, tuple[str, str]]]:
    """Return what was typed, as the catalogue takes it, and where the form has what it may refuse."""
    given: Data = {**parts_of(form), "title": form["title"]}
    if slug := form["slug"].strip():
        given["slug"] = slug
    if form["how"] in SHIFTS:
        number = editing.number_of(form["days"]) if form["days"].strip() else None
        return given | {"days": number * SHIFTS[form["how"]] if isinstance(number, int) else number}, {}
    listed: list[Data] = []
    places = {"sessions": ("how", "the sessions")}
    for session in sessions:
        field, path = _field(session), f"sessions.{len(listed)}"
        if days := [day.strip() for day in re.split(r"[,;\n]", form[field]) if day.strip()]:
            places |= {f"{path}.{rest}": (field, "the first days") for rest in ("session", "dates")}
            places |= {f"{path}.dates.{n}": (field, f"day {n + 1} of the list") for n in range(len(days))}
            listed.append({"session": session["session"], "dates": [day_of(day) for day in days]})
    return given | {"sessions": listed}, places


def _shown(item: Data) -> Data:
    return {**item["copy"], "session": item["session"], "meetings": [times_of(one) for one in item["copy"]["meetings"]]}


def _show_form(
    call: Call, programme: Data, sessions: list[Data], form: dict[str, str], errors: Errors | None = None
) -> Response:
    context: Data = {"programme": programme, "sessions": sessions, "form": form, "errors": errors or {}, "parts": PARTS}
    return show(call, "team_programme_copy.html", 422 if errors else 200, **context)


def _show_plan(call: Call, programme: Data, form: dict[str, str], plan: list[Data]) -> Response:
    copies = [
        {
            **_shown(item),
            "booking_opens_at": (opens := item["copy"]["booking_opens_at"]) and datetime.fromisoformat(opens),
        }
        for item in plan
    ]
    takes = [words for part, words in PARTS.items() if form[f"part-{part}"]]
    context: Data = {"programme": programme, "form": form, "copies": copies, "takes": takes, "make": MAKE}
    return show(call, "team_programme_copy_check.html", **context)
