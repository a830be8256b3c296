"""The team's pages of programmes: all of them, a new one, and one to be changed."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.programmes import interest
from gateway.parts import editing, topic_choice
from gateway.parts.edit_forms import EditForm
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.views import status_of
from gateway.web.call import Answer
from gateway.web.pages.forms import key_of, typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.catalogue.schemas import NewProgramme
from services.runtime import limits
from services.runtime.refusals import Refusal

WRITTEN: Final = {
    "summary": "Summary",
    "audience": "Who it is for",
    "outcomes": "What people take away",
    "ambition": "The ambition that it serves",
    "topics": "Topics",
}
routes = page_routes("team_programmes", sign_in=for_the_team("Programmes", **WRITTEN))
PLAIN: Final = ("title", "format", "summary", "audience", "ambition", "hand_on")
FIELDS: Final = (*PLAIN, "outcomes", "topics", "cancel_days", "by_application")
LABELS: Final = {
    "slug": "the name in the address",
    "title": "the title",
    "format": "the format",
    "summary": "the summary",
    "audience": "who it is for",
    "outcomes": "what people take away",
    "ambition": "the ambition that it serves",
    "topics": "the topics",
    "hand_on": "when a place can be given to a colleague",
    "cancel_days": "the days until which people cancel in time",
    "by_application": "how the places of new sessions are given",
}


@routes.route("GET", "/team/programmes", "Programmes", requires="team", query=("done",))
def show_programmes(call: Call) -> Response:
    """All of them by title, with how many sessions each has, and how many people want to hear of it."""
    call.model.require_ready()
    programmes = sorted(call.model.all("programmes").values(), key=lambda thing: thing.data["title"].casefold())
    of = [session.data["programme"] for session in call.model.sessions.values()]
    coming = {s.data["programme"] for s in call.model.sessions.values() if status_of(s, call.now) == "published"}
    asked = interest.known(call) if programmes else None
    items = [
        {**thing.data, "sessions": of.count(slug), "has_dates": slug in coming, "interest": asked and asked(slug)}
        for thing in programmes
        for slug in [thing.data["slug"]]
    ]
    return show(call, "team_programmes.html", programmes=items, done=call.query().get("done"))


@routes.route("GET", "/team/programmes/new", "New programme", requires="team")
def show_new_programme(call: Call) -> Response:
    """An empty form."""
    return _show_form(
        call, {**dict.fromkeys(("slug", *FIELDS), ""), "hand_on": "if_nobody_waits", "by_application": "no"}
    )


@routes.route("POST", "/team/programmes/new", "Add a programme", requires="team")
def add_programme(call: Call) -> Response:
    """Leads to the list, which has it."""
    form = {**typed(call, "slug", *FIELDS), **topic_choice.ticked(call.given)}
    if editing.asks_for_preview(call):
        return _show_form(call, form, is_preview=True)
    slug = form["slug"].strip()
    given = {**_given(form), **({"slug": slug} if slug else {})}

    def act() -> Answer:
        return call.catalogue("create_programme", given=given, key=key_of(call))

    if refusal := editing.refused(act):
        return _show_form(call, form, refusal=refusal)
    return go("team_programmes.show_programmes", done="added")


@routes.route("GET", "/team/programmes/{slug}/edit", "Change a programme", requires="team")
def show_programme(call: Call) -> Response:
    """The form, filled in."""
    programme = _programme(call)
    return _show_form(call, _form_of(programme), programme)


@routes.route("POST", "/team/programmes/{slug}/edit", "Change a programme", requires="team")
def change_programme(call: Call) -> Response:
    """Leads to the list; says so where somebody else changed it meanwhile."""
    programme, form = _programme(call), {**typed(call, *FIELDS), **topic_choice.ticked(call.given)}
    if editing.asks_for_preview(call):
        return _show_form(call, form, programme, is_preview=True)
    given = FORM.changes(call, programme, form)
    named = {"slug": call.path["slug"], "version": editing.version_of(call), "given": given}
    if given and (refusal := editing.refused(lambda: call.catalogue("change_programme", **named))):
        return _show_form(call, form, _programme(call), refusal)
    return go("team_programmes.show_programmes", done="saved")


def _programme(call: Call) -> Data:
    return dict(call.catalogue("programme", slug=call.path["slug"]).value)


def _form_of(programme: Data) -> dict[str, str]:
    return {
        **{name: (programme[name] or "").replace("\r\n", "\n") for name in PLAIN},
        "cancel_days": "" if programme["cancel_days"] is None else str(programme["cancel_days"]),
        "by_application": "yes" if programme.get("by_application") else "no",
        "outcomes": "\n".join(programme["outcomes"]),
        **topic_choice.fields_of(programme["topics"]),
    }


def _given(form: dict[str, str]) -> Data:
    """Return the programme that was typed, as the catalogue takes it."""
    lines = {"outcomes": editing.lines_of(form["outcomes"]), "topics": topic_choice.wanted(form)[0]}
    days = editing.number_of(form["cancel_days"]) if form["cancel_days"].strip() else None
    plain = {name: form[name] for name in PLAIN if form[name] or name != "hand_on"}  # a form of before has none
    applied = {"by_application": form["by_application"] == "yes"} if form["by_application"] else {}
    return {**plain, **lines, **applied, "cancel_days": days}


def _field_of(part: str) -> str:
    return "topics" if part.startswith("topic-") else part


def _in_words(programme: Data, name: str) -> str:
    return editing.topics_in_words(programme["topics"]) if name == "topics" else _form_of(programme)[name]


FORM: Final = EditForm(_form_of, _given, LABELS, _field_of, _in_words)


def _show_form(
    call: Call,
    form: dict[str, str],
    programme: Data | None = None,
    refusal: Refusal | None = None,
    *,
    is_preview: bool = False,
) -> Response:
    call.model.require_ready()
    status, shown = FORM.shown(call, form, programme, refusal, places=topic_choice.wanted(form)[1])
    if is_preview and programme:
        shown = FORM.kept(call, form)
    topics = topic_choice.offered(call, shown["form"])
    most = limits.most(NewProgramme, "summary")
    more = {"programme": programme, "most": most, "topics": topics, "is_preview": is_preview}
    return show(call, "team_programme.html", status, **shown, **more)
