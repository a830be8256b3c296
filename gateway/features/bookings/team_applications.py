"""The team's page of applications: who applied, who is suggested, and places given to all who were ticked at once."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.bookings.many_api import SECONDS
from gateway.features.bookings.many_words import decision_in_words
from gateway.parts.asked_questions import in_words
from gateway.parts.chosen import FIELDS, references_in
from gateway.parts.sign_ins import for_the_team, key_of, once, show
from gateway.parts.team_views import all_rows, follow_figures, name_of, sector_name, session_of
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, Errors, found, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import LARGE, page_routes
from services.registration.schemas import MOST_AT_ONCE
from services.registration.schemas.applications import Decision
from services.runtime import limits
from services.runtime.refusals import Invalid, Refusal

SIGN_IN: Final = for_the_team("Applications", message="Your message", reason="The reason")
routes = page_routes("team_applications", sign_in=SIGN_IN, private=True)
SAID: Final = ("rest", "message", "over_capacity", "reason")
DONE: Final = {"admitted": "They have a place. We have emailed them."}
NONE_SELECTED: Final = "Select at least one person, or choose to tell the others"
TOO_MANY: Final = f"Select {MOST_AT_ONCE} people at most"
WHY: Final = "Enter the reason for going over capacity"
NOT_THERE: Final = ("session-cancelled", "booking-closed")
ASKED: Final = {
    "message": Asked("your message"),
    "reason": Asked("the reason", WHY, {"reason-missing": WHY}),
}


@routes.route(
    "GET", "/team/sessions/{slug}/applications", "Applications for a session", requires="team", query=("places", "done")
)
def show_applications(call: Call) -> Response:
    """Who applied, with what the team decides by; those who are suggested are ticked."""
    said = {**dict.fromkeys(SAID, ""), "rest": "keep"}
    try:
        places = lists.number_of(call.query(), "places")
    except Invalid:
        return _show(call, said, errors={"places": "Enter a number of places, for example 10"}, status=422)
    return _show(call, said, places=places, done=DONE.get(call.query().get("done", "")))


@routes.route(
    "POST",
    "/team/sessions/{slug}/applications",
    "Decide about applications",
    requires="team",
    back="team_applications.show_applications",
    most=LARGE,
    most_fields=FIELDS,
)
def decide(call: Call) -> Response:
    """Shows what would happen to each; with the step `save` it is done, and the page says what became of each."""
    said, ticked = typed(call, *SAID), references_in(call.given)
    if call.given.get("step") == "change":
        return _show(call, said, ticked)
    if errors := _wrong(said, ticked):
        return _show(call, said, ticked, errors, 422)
    given = _given(said, ticked)
    named: dict[str, Any] = {"slug": call.path["slug"], "given": given, "timeout": SECONDS}
    try:
        if call.given.get("step") != "save":
            return _check(call, call.registration("foresee_decision", **named).value, said, ticked)
        answer = once(lambda: call.registration("decide_applications", key=key_of(call), **named))
    except Refusal as refusal:
        return _refused(call, said, ticked, refusal)
    if answer is None:
        return go("team_applications.show_applications", slug=call.path["slug"])
    follow_figures(call, answer)
    return _check(call, answer.value, None, ticked)


def _wrong(said: dict[str, str], ticked: list[str]) -> Errors:
    """Return what is wrong before the service is asked, also with a message that goes to nobody."""
    selected: Errors = {}
    if not ticked and said["rest"] != "refuse":
        selected = {"selected": NONE_SELECTED}
    elif len(ticked) > MOST_AT_ONCE:
        selected = {"selected": TOO_MANY}
    return selected | found(Decision(only=("message",)), {"message": said["message"].strip() or None}, ASKED)


def _given(said: dict[str, str], ticked: list[str]) -> Data:
    given: Data = {"give": ticked, "refuse_rest": said["rest"] == "refuse"}
    if given["refuse_rest"] and said["message"].strip():
        given["message"] = said["message"]
    if said["over_capacity"] == "yes":
        given |= {"over_capacity": True, **({"reason": said["reason"]} if said["reason"].strip() else {})}
    return given


def _refused(call: Call, said: dict[str, str], ticked: list[str], refusal: Refusal) -> Response:
    """Show what is wrong, at its field, with all that was said and ticked. Raises what no form can mend."""
    if refusal.code in NOT_THERE:
        return _show(call, said, ticked, {"selected": refusal.detail}, 409)
    if refusal.code != Invalid.code:
        raise refusal
    errors = in_form(refusal, ASKED, said)
    if "reason" not in errors:
        return _show(call, said, ticked, errors, 422)
    plain = _given({**said, "over_capacity": ""}, ticked)
    seen = call.registration("foresee_decision", slug=call.path["slug"], given=plain, timeout=SECONDS).value
    return _check(call, seen, said, ticked, errors)


def _check(
    call: Call, told: Data, said: dict[str, str] | None, ticked: list[str], errors: Errors | None = None
) -> Response:
    """Show what would become of each, with what was `said` in the form; or what has, where it was done."""
    rows = [decision_in_words(row, row["reference"] in ticked, done=said is None) for row in told["items"]]
    context: Data = {"rows": rows, "told": told, "said": said, "chosen": " ".join(ticked), "errors": errors or {}}
    context["given"] = sum(row["state"] == "confirmed" for row in rows)
    context["not_given"] = sum(row["state"] == "cancelled" for row in rows)
    context["full"] = sum((row["problem"] or {}).get("code") == "session-full" for row in rows)
    context["most"] = limits.most(Decision, "reason")
    return show(call, "team_applications_check.html", 422 if errors else 200, session=session_of(call), **context)


def _show(
    call: Call,
    said: dict[str, str],
    ticked: list[str] | None = None,
    errors: Errors | None = None,
    status: int = 200,
    *,
    places: int | None = None,
    done: str | None = None,
) -> Response:
    """Show who applied; ticked are those who are suggested, unless others were."""
    session = session_of(call)
    slug = session["slug"]
    suggested = call.registration("suggest_applicants", slug=slug, places=places).value
    questions = call.registration("questions", slug=slug).value["items"]
    rows = [_row(call, row, questions) for row in all_rows(call, "applications", slug=slug)]
    sectors = [{**one, "name": sector_name(call, one["sector"])} for one in suggested["sectors"]]
    context: Data = {
        **{"rows": rows, "sectors": sectors, "free": suggested["free"], "said": said, "done": done},
        **{"places": call.query().get("places") or str(suggested["free"]), "errors": errors or {}},
        "suggested": {*suggested["references"]},
        "ticked": {*(suggested["references"] if ticked is None else ticked)},
        "most": limits.most(Decision, "message"),
        "closed": (session["applications_until"] or session["starts_at"]) <= call.now,
        "is_coming": session["starts_at"] > call.now,
    }
    return show(call, "team_applications.html", status, session=session, **context)


def _row(call: Call, row: Data, questions: list[Data]) -> Data:
    """Return someone who applied, as the page shows them."""
    answered = [(one["text"], in_words(row["answers"][one["id"]])) for one in questions if one["id"] in row["answers"]]
    person = row["person"]
    return {**row, "shown_name": name_of(person), "sector_name": sector_name(call, person["sector"]),
            "answered": answered}  # fmt: skip
