"""The team's pages of sessions: all of them, all about one, a new one, one to be changed, and a preview."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.sessions import displacing, session_form
from gateway.features.sessions.pages import shown
from gateway.features.sessions.session_form import Form
from gateway.parts import editing, topic_choice
from gateway.parts.edit_forms import EditForm
from gateway.parts.edited_sessions import CHOICES, seen, session_of
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Session, as_session
from gateway.projection.rows import SessionRow
from gateway.projection.views import status_of
from gateway.web.call import Answer
from gateway.web.pages.forms import key_of
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime import search
from services.runtime.refusals import Refusal

routes = page_routes("team_sessions", sign_in=for_the_team("Sessions", summary="Summary", topics="Topics"))
VIEWS: Final = ("upcoming", "drafts", "past")
MOST_BYTES: Final = 256 * 1024
MOST_FIELDS: Final = 800  # as many as the rows of a form can have, and all others
DRAFTS_AT_ONCE, DRAFT_PAGES = 100, 10
CONFIRM: Final = {
    "displace": "Say whether to take the place of {people}",
    "remove_attendance": "Say whether to remove the meeting: for {people} it is recorded whether they were there",
}
NOT_ANY_MORE: Final = "session-cancelled"
HAS_BOOKINGS: Final = "has-bookings"
KIND_FIXED: Final = "People have booked or applied already, so how places are given cannot change"


@routes.route("GET", "/team/sessions", "Sessions", requires="team", query=("when", "q", "cursor", "done"))
def show_sessions(call: Call) -> Response:
    """Upcoming ones, drafts or past ones, and a form to search them."""
    call.model.require_ready()
    query = call.query()
    when = query.get("when", "") if query.get("when") in VIEWS else VIEWS[0]
    if when == "drafts":
        drafts = _drafts(call, query.get("q", ""))
        page = lists.Page(drafts, None, len(drafts))
    else:
        page = lists.sessions(call.model, {**query, "when": when, "limit": "50"}, call.now)
    asked = {"when": when, "q": query.get("q", ""), "later": "cursor" in query, "next": page.next}
    rows = [_row(call, thing) for thing in page.rows]
    return show(call, "team_sessions.html", sessions=rows, asked=asked, done=query.get("done"))


@routes.route("GET", "/team/sessions/new", "New session", requires="team", query=("programme",))
def show_new_session(call: Call) -> Response:
    """An empty form; where there is no programme that it could be part of, the way to one."""
    call.model.require_ready()
    if not call.model.all("programmes"):
        return show(call, "team_session_no_programme.html")
    form = {**session_form.empty_form(), "programme": call.query().get("programme", "")}
    there = call.catalogue("templates", limit=DRAFTS_AT_ONCE).value["items"]
    return _show_form(call, *FORM.shown(call, form), session_templates=there)


@routes.route(
    "POST", "/team/sessions/new", "Draft a session", requires="team", most=MOST_BYTES, most_fields=MOST_FIELDS
)
def add_session(call: Call) -> Response:
    """Leads to the session, which nobody else sees until it is published; or previews it, or adds a row to the form."""
    form = session_form.read_form(call.given)
    if editing.asks_for_preview(call):
        return _show_form(call, *FORM.shown(call, form), is_preview=True)
    if stepped := session_form.step(form, call.given.get("do", "")):
        return _show_form(call, *FORM.shown(call, stepped[0]), goes_on=stepped[1])
    wanted, places = session_form.wanted_of(form)
    slug = form["slug"].strip()
    given = {**wanted, **({"slug": slug} if slug else {})}
    made: list[Answer] = []
    refusal = editing.refused(lambda: made.append(call.catalogue("create_session", given=given, key=key_of(call))))
    if refusal:
        return _show_form(call, *FORM.shown(call, form, None, refusal, places=places))
    if not made:
        return go("team_sessions.show_sessions", when="drafts")
    return go("team_sessions.show_session", slug=made[0].value["slug"], done="added")


@routes.route("GET", "/team/sessions/{slug}", "A session, for the team", requires="team", query=("done",))
def show_session(call: Call) -> Response:
    """What it is, how full it is, and what can be done with it."""
    session = session_of(call)
    context = {**seen(call, session), "can_be_called_back": can_be_called_back(session, call.now)}
    return show(call, "team_session.html", **context, done=call.query().get("done"))


@routes.route("GET", "/team/sessions/{slug}/edit", "Change a session", requires="team")
def show_edit(call: Call) -> Response:
    """The form, filled in; for one that was cancelled, that it cannot change any more."""
    session = session_of(call)
    if session["status"] == "cancelled":
        return show_why(call, session, "cancelled")
    return _show_form(call, *FORM.shown(call, session_form.form_of(session), session), session)


@routes.route(
    "POST", "/team/sessions/{slug}/edit", "Change a session", requires="team", most=MOST_BYTES, most_fields=MOST_FIELDS
)
def change_session(call: Call) -> Response:
    """Leads to the session; or previews it, or adds a row; or says that somebody else changed it meanwhile."""
    session = session_of(call)
    form = {**session_form.read_form(call.given), "slug": session["slug"], "delivery": session["delivery"]}
    if editing.asks_for_preview(call):
        return _show_form(call, 200, FORM.kept(call, form), session, is_preview=True)
    if stepped := session_form.step(form, call.given.get("do", "")):
        return _show_form(call, 200, FORM.kept(call, stepped[0]), session, goes_on=stepped[1])
    given = FORM.changes(call, session, form)
    costs = {word: number for word, number in displacing.costs(call, session["slug"], given).items() if number}
    if any(call.given.get(word) != str(number) for word, number in costs.items()):
        return _show_form(call, 422, FORM.kept(call, form), session, costs=costs)
    named = {"slug": session["slug"], "version": editing.version_of(call), "given": given}
    made: list[Answer] = []

    def change() -> None:
        displacing.check_kind(call, session["slug"], given)
        made.append(call.catalogue("change_session", **named))

    if given and (refusal := editing.refused(change)):
        return _not_saved(call, form, refusal)
    if made:
        displacing.follow(call, made[0].value, given)
    return go("team_sessions.show_session", slug=session["slug"], done="saved")


@routes.route("GET", "/team/sessions/{slug}/preview", "Preview of a session", requires="team")
def show_preview(call: Call) -> Response:
    """The page as people will see it, drafts included."""
    session = session_of(call)
    context = shown(call, as_session(session))
    return show(call, "team_session_preview.html", **context, status_now=session["status"])


def show_why(call: Call, session: Data, why: str) -> Response:
    """Show what is so now, and that a thing cannot be done any more."""
    back = can_be_called_back(session, call.now)
    return show(call, "team_session_refused.html", 409, **seen(call, session), why=why, can_be_called_back=back)


def can_be_called_back(session: Data, now: datetime) -> bool:
    """Tell whether the session is cancelled, and would not be over by now."""
    return session["status"] == "cancelled" and now < as_session(session).ends_at


def _row(call: Call, session: Session) -> Data:
    places = call.model.places(session.data)
    return {
        "slug": session.data["slug"],
        "title": session.data["title"],
        "status": status_of(session, call.now),
        "starts_at": session.starts_at,
        "dates": len(session.data["meetings"]),
        "delivery": session.data["delivery"],
        "places": {"in_room": places.in_room, "online": places.online},
        "over": places.over,
        "waiting": places.waiting,
    }


def every_draft(call: Call) -> list[Session]:
    """Return the drafts as the catalogue holds them, a thousand at most."""
    every = lists.pages(lambda cursor: call.catalogue("drafts", cursor=cursor, limit=DRAFTS_AT_ONCE).value)
    return [as_session(session) for page in islice(every, DRAFT_PAGES) for session in page["items"]]


def _drafts(call: Call, wanted: str) -> list[Session]:
    """Return the drafts that fit, the soonest first."""
    asked = search.words_of(wanted)
    fitting = [draft for draft in every_draft(call) if search.matches(_index(draft.data), asked)]
    return sorted(fitting, key=lambda draft: (draft.starts_at, draft.data["slug"]))


def _index(draft: SessionRow) -> str:
    names = [speaker["name"] for speaker in draft["speakers"]]
    return search.index_of([draft["title"], draft["summary"], *names, *draft["topics"]])


def _not_saved(call: Call, form: Form, refusal: Refusal) -> Response:
    session = session_of(call)
    if editing.is_stale(refusal) and not FORM.changes(call, session, form):
        return go("team_sessions.show_session", slug=session["slug"], done="saved")  # the button was pressed twice
    if refusal.code == NOT_ANY_MORE:
        return show_why(call, session, "cancelled")
    places = session_form.wanted_of(form)[1]
    errors = {"by_application": KIND_FIXED} if refusal.code == HAS_BOOKINGS else None
    return _show_form(call, *FORM.shown(call, form, session, refusal, errors, places), session)


def _in_words(session: Data, name: str) -> str:
    value = session[name]
    told = as_session(session).data
    if name == "meetings":
        return "\n".join(session_form.span(meeting) for meeting in told["meetings"])
    if name == "held_places":
        return "\n".join(session_form.held_in_words(held) for held in told["held_places"])
    if name == "speakers":
        return "\n".join(speaker["name"] for speaker in value)
    if name == "topics":
        return editing.topics_in_words(value)
    if name == "venue":
        return "\n".join(text for text in (value or {}).values() if text)
    if name == "booking_opens_at":
        return session_form.moment_in_words(value)
    if name == "applications_until":
        return session_form.moment_in_words(value) if value else ""
    return CHOICES.get(name, {}).get(str(value), str(value or ""))


FORM: Final = EditForm(
    session_form.form_of,
    lambda form: session_form.wanted_of(form)[0],
    session_form.LABELS,
    session_form.field_of,
    _in_words,
)


def _show_form(
    call: Call,
    status: int,
    shown: Data,
    session: Data | None = None,
    *,
    goes_on: str = "",
    is_preview: bool = False,
    costs: Mapping[str, int] | None = None,
    session_templates: Sequence[Data] = (),
) -> Response:
    """Show the form; `goes_on` is the field that whoever added a row writes in next; `costs` are to be confirmed."""
    call.model.require_ready()
    people = {word: "1 person" if number == 1 else f"{number} people" for word, number in (costs or {}).items()}
    errors = {word: CONFIRM[word].format(people=whose) for word, whose in people.items()} or shown["errors"]
    context: dict[str, Any] = {
        **shown,
        "errors": session_form.in_order(errors),
        "rows": {kind: session_form.rows(shown["form"], kind) for kind in session_form.ROWS},
        "most": session_form.MOST,
        "session": session,
        "programmes": _named(call, "programmes", "title"),
        "speakers": _named(call, "speakers", "name"),
        "sectors": [{"value": code, "text": name} for code, name in call.model.sector_names.items()],
        "topics": topic_choice.offered(call, shown["form"]),
        "choices": CHOICES,
        "goes_on": goes_on,
        "is_preview": is_preview,
        "costs": costs or {},
        "session_templates": session_templates,
    }
    return show(call, "team_session_form.html", status, **context)


def _named(call: Call, kind: str, name: str) -> list[dict[str, str]]:
    items = [{"value": thing.data["slug"], "text": thing.data[name]} for thing in call.model.all(kind).values()]
    return sorted(items, key=lambda item: item["text"].casefold())
