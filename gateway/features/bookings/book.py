"""The way to a place, one thing a page: about you, what you need, check your answers, done.

What is said of oneself is kept with the account on the way, so that neither Back nor an error loses it; how one comes
travels in the address. Whoever has said it all before goes straight to the last page before the place.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.bookings import pages
from gateway.features.bookings.pages import CLASH, own_booking
from gateway.parts import asked_questions, details
from gateway.parts.own_bookings import NOT_YOURS, held, held_and_asked
from gateway.parts.reading import known
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.rows import SessionView
from gateway.projection.views import session_view
from gateway.web import guards
from gateway.web.pages.forms import key_of, new_key, typed
from gateway.web.pages.layout import go, led_to
from gateway.web.pages.return_url import with_way_back
from gateway.web.routing import SignIn, page_routes, url_for
from services.runtime.refusals import Invalid, KeyInUse, KeyReused, Refusal

WAYS: Final = ("in_room", "online", "either")
LIVE: Final = ("confirmed", "waiting", "offered")
INCOMPLETE, BOOKED_ALREADY, FULL = "profile-incomplete", "already-booked", "session-full"
CLOSED, CANCELLED = "booking-closed", "session-cancelled"
NOT_ANY_MORE: Final = "applications-closed"
SIGN_IN: Final = SignIn(
    "Book a place",
    "to book a place",
    then="Then you can go on.",
    keeps={**details.called_in_words(*details.ABOUT_YOU, *details.NEEDS), **asked_questions.KEEPS},
)


def _ask_to_sign_in(call: Call) -> Response:
    """Say first why nobody can book the session, if nobody can; and lead whoever has written nothing to sign in."""
    session = _session(call)
    if call.request.method == "POST":
        return guards.ask_to_sign_in(call, SIGN_IN, back=_page(call))
    if why := _closed(session):
        return _refuse(call, session, why)
    return led_to(with_way_back("sign_in.show_sign_in", _page(call)))


routes = page_routes("book", sign_in=_ask_to_sign_in, keeps=SIGN_IN.keeps)


@routes.route("GET", "/sessions/{slug}/book", "Check and book", requires="person", query=("mode",))
def show_check(call: Call) -> Response:
    """What was answered, with a way to change each of it; or the first page where something is still to be said."""

    def answer(session: SessionView) -> Response:
        stands = held_and_asked(call, call.path["slug"])
        if stands["booking"]:
            return _refuse(call, session, "booked", stands["booking"])
        if not _is_complete(call):
            return led_to(_page(call, "book.show_about_you"))
        way = _way(session, call.query().get("mode", ""))
        return _check(call, session, way, asks=stands["asks"], full=_is_full(call, session, way))

    return _on_the_way(call, answer)


@routes.route(
    "POST",
    "/sessions/{slug}/book",
    "Book a place",
    requires="person",
    one_call=True,
    most_fields=asked_questions.MOST_FIELDS,
)
def book(call: Call) -> Response:
    """Leads to the page that says that it is done; or says what is in the way."""

    def answer(session: SessionView) -> Response:
        way = _way(session, call.given.get("mode", ""))
        if session["delivery"] == "hybrid" and way is None:
            return _check(call, session, None, 422, errors={"mode": "Choose how you will come"})
        key = key_of(call)
        try:
            with call.app.turns.taken(session["slug"], key):
                booking = call.registration("book", given=_wanted(call, way), key=key).value
        except Refusal as refusal:
            return _not_booked(call, session, way, refusal)
        return go("book.show_done", reference=booking["reference"])

    return _on_the_way(call, answer)


@routes.route("GET", "/sessions/{slug}/book/about-you", "About you", requires="person", query=("mode", "check"))
def show_about_you(call: Call) -> Response:
    """Name, sector, organisation and job role."""

    def answer(session: SessionView) -> Response:
        return _about_you(call, session, details.saved(call.who(), details.ABOUT_YOU), {})

    return _on_the_way(call, answer)


@routes.route("POST", "/sessions/{slug}/book/about-you", "About you", requires="person")
def keep_about_you(call: Call) -> Response:
    """Keeps it, and leads on."""

    def answer(session: SessionView) -> Response:
        said = typed(call, *details.ABOUT_YOU)
        if errors := details.keep(call, said):
            return _about_you(call, session, said, errors)
        return led_to(_page(call, "book.show_check" if _asked(call, "check") else "book.show_needs"))

    return _on_the_way(call, answer)


@routes.route(
    "GET", "/sessions/{slug}/book/needs", "How you come, and what you need", requires="person", query=("mode",)
)
def show_needs(call: Call) -> Response:
    """Whether one comes in person or online, where there is a choice; and access needs."""

    def answer(session: SessionView) -> Response:
        said = {"mode": _asked(call, "mode"), **details.saved(call.who(), details.NEEDS)}
        return _needs(call, session, said, {})

    return _on_the_way(call, answer)


@routes.route("POST", "/sessions/{slug}/book/needs", "How you come, and what you need", requires="person")
def keep_needs(call: Call) -> Response:
    """Keeps it, and leads to the page before the place."""

    def answer(session: SessionView) -> Response:
        way = _way(session, call.given.get("mode", ""))
        said = typed(call, *details.NEEDS)
        lacking = session["delivery"] == "hybrid" and way is None
        errors = {"mode": "Choose how you will come"} if lacking else {}
        if errors := {**errors, **details.keep(call, said)}:
            return _needs(call, session, {"mode": way or "", **said}, errors)
        return led_to(_page(call))

    return _on_the_way(call, answer)


@routes.route(
    "GET",
    "/bookings/{reference}/booked",
    "Your place",
    requires="person",
    sign_in=pages.SIGN_IN,
    explains=NOT_YOURS,
)
def show_done(call: Call) -> Response:
    """That it is done, and what happens next."""
    seen = own_booking(call)
    if seen["state"] not in LIVE or seen["session_status"] != "published":
        return go("bookings.show_booking", reference=seen["reference"])
    return call.app.pages.show_form(call, "book_done.html", seen=seen, email=call.who()["email"])


def _on_the_way(call: Call, answer: Callable[[SessionView], Response]) -> Response:
    """Answer with the session, if it can be booked at all."""
    session = _session(call)
    acts = call.request.method == "POST"  # then registration says what is in the way: a second press is answered again
    if not acts and (why := _closed(session)):
        booking = held(call, call.path["slug"]) if why in ("full", "closed", "applications_closed") else None
        return _refuse(call, session, "booked", booking) if booking else _refuse(call, session, why)
    return answer(session)


def _session(call: Call) -> SessionView:
    """Return the session that the address names. Raises NotFound, NotReady."""
    thing = known(call, "sessions", call.path["slug"])
    return session_view(call.model, thing, call.now, call.app.settings.public_url)


def _closed(session: SessionView) -> str | None:
    """Return why nobody can book the session now; None if somebody can: where it is full, those places are held for."""
    if session["status"] == "cancelled":
        return "cancelled"
    if session["booking"] == "full":
        return None if any(hold["left"] for hold in session["held_places"]) else "full"
    if session["booking"] == "closed" and session["by_application"]:
        return "applications_closed"
    return session["booking"] if session["booking"] in ("closed", "not_yet") else None


def _asked(call: Call, name: str) -> str:
    """Return what the address says, or the form that was sent."""
    return call.given.get(name) or call.query().get(name, "")


def _page(call: Call, name: str = "book.show_check") -> str:
    """Return the address of another page of this way, which knows what this one was told of how one comes."""
    mode = _asked(call, "mode")
    return url_for(name, slug=call.path["slug"], mode=mode if mode in WAYS else None)


def _way(session: SessionView, wanted: str) -> str | None:
    """Return how the person comes, where the session leaves a choice and they have made it."""
    return wanted if session["delivery"] == "hybrid" and wanted in WAYS else None


def _is_full(call: Call, session: SessionView, way: str | None) -> bool:
    """Say whether the session has places for everyone, but none for this person and this way to come."""
    if session["booking"] != "open" or way not in ("in_room", "online"):
        return False
    places = call.model.places(known(call, "sessions", session["slug"]).data)
    return not places.open_at(call.now)[way] and not (way == "in_room" and _is_held_for(session, call.who()))


def _is_held_for(session: SessionView, person: Data) -> bool:
    return any(hold["left"] and hold["sector"] == person["sector"] for hold in session["held_places"])


def _is_complete(call: Call) -> bool:
    person = call.who()
    return bool(person["name"] and person["sector"])


def _wanted(call: Call, way: str | None) -> Data:
    """Return the booking as registration takes it. Only those who were told that there is a waiting list join it."""
    wanted: Data = {
        "session": call.path["slug"],
        "if_full": "wait" if call.given.get("if_full") == "wait" else "refuse",
    }
    if way is not None:
        wanted |= {"mode": "in_room", "either": True} if way == "either" else {"mode": way}
    needs = typed(call, "access_needs")["access_needs"]
    if needs.strip():
        wanted["access_needs"] = needs
    if answers := asked_questions.answers_in(call.given):
        wanted["answers"] = answers
    return wanted | ({"allow_clash": True} if call.given.get("allow_clash") == "yes" else {})


def _not_booked(call: Call, session: SessionView, way: str | None, refusal: Refusal) -> Response:
    """Show what is in the way. Raises the refusal if it is none of those that a page explains."""
    if refusal.code in (KeyInUse.code, KeyReused.code):  # the first press is under way, or was for something else
        booking = held(call, call.path["slug"])
        return go("book.show_done", reference=booking["reference"]) if booking else led_to(_page(call))
    if refusal.code == INCOMPLETE:
        return led_to(_page(call, "book.show_about_you"))
    if refusal.code == BOOKED_ALREADY:
        return _refuse(call, session, "booked", refusal.facts)
    if refusal.code == CANCELLED:
        return _refuse(call, session, "cancelled")
    if refusal.code == CLOSED:
        return _refuse(call, session, "not_yet" if "opens_at" in refusal.facts else "closed")
    if refusal.code == NOT_ANY_MORE:
        return _refuse(call, session, "applications_closed")
    if refusal.code == FULL and session["waiting_list"] == "none" and session["delivery"] != "hybrid":
        return _refuse(call, session, "full")
    if refusal.code == FULL:
        return _check(call, session, way, 409, full=True)
    if refusal.code == CLASH:
        return _check(call, session, way, 409, clash=refusal.detail)
    if refusal.code == Invalid.code and asked_questions.is_of_answers(refusal):
        return _check(call, session, way, 422, wrong=refusal)
    fields = {error["field"] for error in refusal.facts["errors"]} if refusal.code == Invalid.code else set()
    if fields == {"mode"}:
        return _check(call, session, None, 422, errors={"mode": "Choose how you will come"})
    raise refusal


def _check(
    call: Call,
    session: SessionView,
    way: str | None,
    status: int = 200,
    *,
    asks: bool | None = None,
    wrong: Refusal | None = None,
    **more: Any,
) -> Response:
    """Show what was answered, and the button. Its form holds a key, so that pressing it twice is once.

    Where it `asks` something, or that is not known, there are the session's questions; `wrong` is why the answers to
    them were not taken.
    """
    person = call.who()
    asked = {"full": False, "clash": None, "errors": {}, **_questions(call, asks, wrong), **more}
    none_left = session["booking"] == "waiting_list" and not _is_held_for(session, person)
    waits = session["by_application"] or none_left or asked["full"] or call.given.get("if_full") == "wait"
    context = {
        **{"session": session, "person": person, "way": way, "waits": waits, "key": new_key(), **asked},
        "sector": details.sectors(call).get(person["sector"], person["sector"]),
    }
    return call.app.pages.show_form(call, "book_check.html", status, **context)


def _questions(call: Call, asks: bool | None, wrong: Refusal | None) -> Data:
    """Return the session's questions as the form asks them, with what was answered and is wrong."""
    if asks is None:
        asks = held_and_asked(call, call.path["slug"])["asks"]
    if not asks:
        return {"questions": []}
    told, said = call.registration("questions", slug=call.path["slug"]).value, asked_questions.answers_in(call.given)
    errors = {"errors": asked_questions.errors_in(wrong, told["items"], said)} if wrong else {}
    return {"questions": asked_questions.asked_in(told["items"], said), "kept_days": told["kept_days"], **errors}


def _about_you(call: Call, session: SessionView, said: details.Said, errors: dict[str, str]) -> Response:
    context = {**details.around(call, said, errors), "mode": _asked(call, "mode"), "check": _asked(call, "check")}
    status = 422 if errors else 200
    return call.app.pages.show_form(call, "book_about_you.html", status, session=session, **context)


def _needs(call: Call, session: SessionView, said: details.Said, errors: dict[str, str]) -> Response:
    context = details.around(call, said, errors)
    return call.app.pages.show_form(call, "book_needs.html", 422 if errors else 200, session=session, **context)


def _refuse(call: Call, session: SessionView, why: str, booking: Mapping[str, Any] | None = None) -> Response:
    """Show why there is no place to be had, and what can be done. Of `booking` only a reference may be known."""
    known_of = {"reference": None, "state": None, **(booking or {})}
    return call.app.pages.show_form(call, "book_refused.html", 409, session=session, why=why, booking=known_of)
