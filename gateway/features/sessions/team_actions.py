"""What the team does with a session besides changing it, each on a page with a button.

Publish it, cancel it, call it back, and convert it.
"""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.sessions import displacing
from gateway.features.sessions.session_form import LABELS
from gateway.features.sessions.team import can_be_called_back, show_why
from gateway.parts import editing
from gateway.parts.edited_sessions import seen, session_of
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data, as_session
from gateway.projection.rows import SessionView
from gateway.projection.views import session_view, status_of
from gateway.web.call import Answer
from gateway.web.pages.forms import key_of, typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.catalogue import schemas as catalogue
from services.runtime import limits
from services.runtime.refusals import Invalid, KeyReused, Refusal
from services.runtime.schemas import load

routes = page_routes("team_session_actions", sign_in=for_the_team("Sessions", reason="Why is it cancelled?"))
REASON: Final = {"reason": "the reason"}
TOLD_AS: Final = {  # the codes of the catalogue's refusals, and why it is so
    "session-cancelled": "cancelled",
    "session-not-published": "draft",
    "session-not-cancelled": "published",
    "session-finished": "finished",
}
OTHERS: Final = 5
CONVERSION: Final = (
    *("delivery", "places_in_room", "places_online"),
    *("venue-name", "venue-address", "venue-access", "join_url"),
)
VENUE: Final = {"name": "the name of the venue", "address": "the address of the venue", "access": "how to get in"}
CHECKED: Final = "checked"  # what the button of the last page says


@routes.route("GET", "/team/sessions/{slug}/publish", "Publish a session", requires="team")
def show_publish(call: Call) -> Response:
    """Says what will happen, with a button."""
    session = session_of(call)
    if session["status"] != "draft":
        return show_why(call, session, session["status"])
    if session.get("template"):
        return go("team_sessions.show_session", slug=session["slug"])
    return show(call, "team_session_publish.html", **seen(call, session))


@routes.route("POST", "/team/sessions/{slug}/publish", "Publish a session", requires="team")
def publish(call: Call) -> Response:
    """Leads to the session, which everybody sees now."""
    named = {"slug": call.path["slug"], "key": key_of(call)}
    if refusal := editing.refused(lambda: call.catalogue("publish_session", **named)):
        return _in_the_way(call, refusal)
    return go("team_sessions.show_session", slug=call.path["slug"], done="published")


@routes.route("GET", "/team/sessions/{slug}/cancel", "Cancel a session", requires="team")
def show_cancel(call: Call) -> Response:
    """Says who will be told, with a form for the reason."""
    return _show_cancel(call, {"reason": ""})


@routes.route("POST", "/team/sessions/{slug}/cancel", "Cancel a session", requires="team")
def cancel(call: Call) -> Response:
    """Leads to the session, which is cancelled now."""
    form = typed(call, "reason")
    named = {"slug": call.path["slug"], "given": form, "key": key_of(call)}
    refusal = editing.refused(lambda: call.catalogue("cancel_session", **named))
    if refusal is None:
        return go("team_sessions.show_session", slug=call.path["slug"], done="cancelled")
    if refusal.code == Invalid.code:
        return _show_cancel(call, form, editing.errors_of(refusal, REASON, form))
    return _in_the_way(call, refusal)


@routes.route("GET", "/team/sessions/{slug}/reinstate", "Call a session back", requires="team")
def show_reinstate(call: Call) -> Response:
    """Says how many people will be told, with a button."""
    session = session_of(call)
    if session["status"] != "cancelled" or not can_be_called_back(session, call.now):
        return show_why(call, session, "gone" if session["status"] == "cancelled" else session["status"])
    told = displacing.returning(call, session["slug"])
    return show(call, "team_session_reinstate.html", **seen(call, session), told=told)


@routes.route("POST", "/team/sessions/{slug}/reinstate", "Call a session back", requires="team")
def reinstate(call: Call) -> Response:
    """Leads to the session, which takes place after all."""
    named = {"slug": call.path["slug"], "key": key_of(call)}
    if refusal := editing.refused(lambda: call.catalogue("reinstate_session", **named)):
        session = session_of(call)
        if refusal.code == "session-finished" and session["status"] == "cancelled":
            return show_why(call, session, "gone")
        return _in_the_way(call, refusal)
    return go("team_sessions.show_session", slug=call.path["slug"], done="called-back")


@routes.route("GET", "/team/sessions/{slug}/convert", "Convert a session", requires="team")
def show_convert(call: Call) -> Response:
    """Asks how it is to meet from now on."""
    session = session_of(call)
    if why := _not_convertible(call, session):
        return show_why(call, session, why)
    return _show_convert(call, session, _conversion_form(session))


@routes.route("POST", "/team/sessions/{slug}/convert", "Convert a session", requires="team")
def convert(call: Call) -> Response:
    """Says first what will happen to whom; once that was read, leads to the session, which meets in another way now."""
    session, form = session_of(call), typed(call, *CONVERSION)
    given = _conversion(form)
    if call.given.get("do") != CHECKED:
        if why := _not_convertible(call, session):
            return show_why(call, session, why)
        return _check(call, session, form, given)
    is_done = session["delivery"] == given["delivery"]  # the button was pressed twice
    if not is_done and str(displacing.displaced(call, session["slug"], given)) != call.given.get("displace", "0"):
        return _check(call, session, form, given)  # people booked or cancelled after they read what would happen
    made: list[Answer] = []
    named = {"slug": session["slug"], "given": given, "key": key_of(call)}
    refusal = editing.refused(lambda: made.append(call.catalogue("convert_session", **named)))
    if refusal is None:
        if made:
            displacing.follow(call, made[0].value, given)
        return go("team_sessions.show_session", slug=session["slug"], done="converted")
    if refusal.code == Invalid.code:
        return _show_convert(call, session, form, _errors(refusal, form))
    return _in_the_way(call, refusal)


def _in_the_way(call: Call, refusal: Refusal) -> Response:
    """Show why it was not done. Raises the refusal if it is none that a page explains."""
    session = session_of(call)
    why = TOLD_AS.get(refusal.code)
    if refusal.code == KeyReused.code and session["status"] == "cancelled":
        why = "cancelled"  # somebody went back to the form and wrote another reason
    if why is None:
        raise refusal
    return show_why(call, session, why)


def _show_cancel(call: Call, form: dict[str, str], errors: dict[str, str] | None = None) -> Response:
    session = session_of(call)
    stands = status_of(as_session(session), call.now)
    if stands != "published":
        return show_why(call, session, stands)
    there = displacing.forecast(call, session["slug"], {})
    context: dict[str, Any] = {"form": form, "told": there["live"], "over": sum(there.get("over", {}).values())}
    context |= {"others": _others(call, session), "errors": errors or {}}
    context["most"] = limits.most(catalogue.Cancellation, "reason")
    return show(call, "team_session_cancel.html", 422 if errors else 200, **seen(call, session), **context)


def _others(call: Call, session: Data) -> list[SessionView]:
    """Return what else is coming up: of the same programme first."""
    page = lists.sessions(call.model, {"when": "upcoming", "limit": "100"}, call.now)
    rows = [row for row in page.rows if row.data["slug"] != session["slug"] and row.data["status"] == "published"]
    rows.sort(key=lambda row: row.data["programme"] != session["programme"])
    return [session_view(call.model, row, call.now, call.app.settings.public_url) for row in rows[:OTHERS]]


def _not_convertible(call: Call, session: Data) -> str | None:
    stands = status_of(as_session(session), call.now)
    return stands if stands in ("cancelled", "finished") else None


def _conversion_form(session: Data) -> dict[str, str]:
    """Return the form as it is proposed: as many places as there are."""
    venue = session["venue"] or {}
    most = str(max(session["places_in_room"], session["places_online"]) or "")
    return {
        "delivery": "",
        "places_in_room": str(session["places_in_room"] or most),
        "places_online": str(session["places_online"] or most),
        **{f"venue-{name}": venue.get(name) or "" for name in VENUE},
        "join_url": session["join_url"] or "",
    }


def _conversion(form: dict[str, str]) -> Data:
    """Return what was typed as `schemas.Conversion` takes it; what does not go with the delivery is left out."""
    delivery = form["delivery"]
    venue = {name: form[f"venue-{name}"].strip() for name in VENUE}
    room, online = delivery not in catalogue.ONLINE or delivery in catalogue.IN_A_ROOM, delivery in catalogue.ONLINE
    return {
        "delivery": delivery,
        "places_in_room": editing.number_of(form["places_in_room"]) if room else 0,
        "places_online": editing.number_of(form["places_online"]) if online else 0,
        "venue": venue if room and any(venue.values()) else None,
        "join_url": (form["join_url"].strip() or None) if online else None,
    }


def _check(call: Call, session: Data, form: dict[str, str], given: Data) -> Response:
    """Show what will happen to whom; or what is wrong, by the schemas with which the catalogue will look at it."""
    kept = {name: session[name] for name in catalogue.NewSession().fields if name in session and name != "slug"}
    speakers = [speaker["slug"] for speaker in session["speakers"]]
    try:
        load(catalogue.Conversion(), given)
        load(catalogue.NewSession(), {**kept, "speakers": speakers, **given})
        if given["delivery"] == session["delivery"]:
            raise Invalid.field("delivery", "same-delivery")
    except Invalid as refusal:
        return _show_convert(call, session, form, _errors(refusal, form))
    forecast = displacing.forecast(call, session["slug"], given)
    context: dict[str, Any] = {"form": form, "given": given, "forecast": forecast, "checked": CHECKED}
    return show(call, "team_session_convert_check.html", **seen(call, session), **context)


def _errors(refusal: Refusal, form: dict[str, str]) -> dict[str, str]:
    places = {f"venue.{name}": (f"venue-{name}", what) for name, what in VENUE.items()}
    held = "places_in_room" if form["delivery"] in catalogue.IN_A_ROOM else "places_online"
    places |= {"venue": ("venue-name", VENUE["name"]), "held_places": (held, LABELS["held_places"])}
    return editing.errors_of(refusal, LABELS, form, places)


def _show_convert(call: Call, session: Data, form: dict[str, str], errors: dict[str, str] | None = None) -> Response:
    context: dict[str, Any] = {**seen(call, session), "form": form, "errors": errors or {}}
    return show(call, "team_session_convert.html", 422 if errors else 200, **context)
