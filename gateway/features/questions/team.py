"""The team's pages of the questions of a session: added, changed, ordered, taken off; and how long answers are kept."""

from collections.abc import Callable
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.questions import question_form
from gateway.features.questions.question_form import ASKED, EMPTY, FIELDS, FOOD, KINDS, TOO_MANY, given_of
from gateway.parts.edited_sessions import seen, session_of
from gateway.parts.editing import is_stale, number_of, show, version_of
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Errors, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.registration.schemas import KEPT_DAYS, MOST_DAYS, MOST_QUESTIONS
from services.runtime.refusals import Invalid, NotFound, Refusal

routes = page_routes(
    "team_questions", sign_in=for_the_team("Questions", text="The question", hint="The hint", options="The options")
)
DONE: Final = {
    "added": "The question is added.",
    "saved": "The question is saved.",
    "kept": "Saved.",
    "moved": "The order is changed.",
    "off": "The question is not asked any more.",
    "again": "The question is asked again.",
}
STALE: Final = "Someone else changed the questions. This is how they are now"
STALE_FORM: Final = "Someone else changed the questions since you opened this page. Save again if this one is right"


@routes.route("GET", "/team/sessions/{slug}/questions", "Questions of a session", requires="team", query=("done",))
def show_questions(call: Call) -> Response:
    """All of them in their order, with what can be done with each."""
    return _show(call, _told(call), done=DONE.get(call.query().get("done", "")))


@routes.route("POST", "/team/sessions/{slug}/questions", "Change the questions of a session", requires="team")
def change_questions(call: Call) -> Response:
    """Leads to the list, in which one has moved, was taken off, or was added ready-made."""
    told = _told(call)
    what, _, id = call.given.get("do", "").partition("-")
    items, done = _changed(told, what, id)
    refusal = _asked(call, items, told["kept_days"])
    if refusal is None:
        return _led(call, done)
    if is_stale(refusal):
        return _show(call, _told(call), 409, errors={"do": STALE})
    if refusal.code != Invalid.code:
        raise refusal
    too_many = any(error["code"] == "too-many" for error in refusal.facts["errors"])
    message = TOO_MANY if too_many else ASKED["text"].told(refusal.facts["errors"][0])
    return _show(call, told, 422, errors={"do": message})


@routes.route("POST", "/team/sessions/{slug}/questions/kept", "How long answers are kept", requires="team",
              back="team_questions.show_questions")  # fmt: skip
def keep_answers(call: Call) -> Response:
    """Leads to the list; or says what is wrong with the number of days."""
    told, days = _told(call), typed(call, "kept_days")["kept_days"]
    refusal = _asked(call, _items(told), number_of(days))
    if refusal is None:
        return _led(call, "kept")
    if is_stale(refusal):
        return _show(call, _told(call), 409, days, {"kept_days": STALE})
    if refusal.code != Invalid.code:
        raise refusal
    return _show(call, told, 422, days, in_form(refusal, ASKED, {"kept_days": days}))


@routes.route("GET", "/team/sessions/{slug}/questions/new", "New question", requires="team")
def show_new_question(call: Call) -> Response:
    """An empty form."""
    return _show_form(call, _told(call), {**EMPTY})


@routes.route("POST", "/team/sessions/{slug}/questions/new", "Add a question", requires="team")
def add_question(call: Call) -> Response:
    """Leads to the list, at the end of which it is; or says what is wrong."""
    told, form = _told(call), typed(call, *FIELDS)
    items = _items(told)
    refusal = _asked(call, [*items, question_form.written(form)], told["kept_days"])
    return _not_saved(call, told, form, refusal, len(items)) if refusal else _led(call, "added")


@routes.route("GET", "/team/sessions/{slug}/questions/{question}/change", "Change a question", requires="team")
def show_question(call: Call) -> Response:
    """The form, filled in."""
    told = _told(call)
    return _show_form(call, told, question_form.filled(_named(told, call.path["question"])))


@routes.route("POST", "/team/sessions/{slug}/questions/{question}/change", "Change a question", requires="team")
def change_question(call: Call) -> Response:
    """Leads to the list; or says what is wrong. What was answered keeps its wording."""
    told, form, id = _told(call), typed(call, *FIELDS), call.path["question"]
    _named(told, id)
    ids = [question["id"] for question in _items(told)]
    items = [{**question_form.written(form), "id": id} if one["id"] == id else one for one in _items(told)]
    refusal = _asked(call, items, told["kept_days"])
    return _not_saved(call, told, form, refusal, ids.index(id)) if refusal else _led(call, "saved")


def _told(call: Call) -> Data:
    return dict(call.registration("questions", slug=call.path["slug"]).value)


def _items(told: Data) -> list[Data]:
    """Return the questions that are asked, as they are given again."""
    return [given_of(question) for question in told["items"] if question["asked"]]


def _named(told: Data, id: str) -> Data:
    found = next((question for question in told["items"] if question["id"] == id and question["asked"]), None)
    if found is None:
        raise NotFound("This question is not asked any more.")
    return dict(found)


def _changed(told: Data, what: str, id: str) -> tuple[list[Data], str]:
    """Return the questions as a button leaves them, and what is said of it. A button that is none changes nothing."""
    items = _items(told)
    at = next((n for n, question in enumerate(items) if question["id"] == id), None)
    if what == "food":
        return [*items, FOOD], "added"
    if what == "again":
        back = [given_of(question) for question in told["items"] if question["id"] == id and not question["asked"]]
        return [*items, *back], "again"
    if what == "off":
        return [question for question in items if question["id"] != id], "off"
    to = None if at is None else at + {"up": -1, "down": 1}.get(what, 0)
    if at is not None and to is not None and 0 <= to < len(items):
        items.insert(to, items.pop(at))
    return items, "moved"


def _asked(call: Call, items: list[Data], kept_days: Any) -> Refusal | None:
    """Have the session ask these; return what is in the way."""
    slug = session_of(call)["slug"]  # a draft too, of which registration does not know
    named = {"slug": slug, "version": version_of(call), "given": {"items": items, "kept_days": kept_days}}
    return _refusal_of(lambda: call.registration("ask_questions", **named))


def _refusal_of(act: Callable[[], Any]) -> Refusal | None:
    try:
        act()
    except Refusal as refusal:
        return refusal
    return None


def _led(call: Call, done: str) -> Response:
    return go("team_questions.show_questions", slug=call.path["slug"], done=done)


def _not_saved(call: Call, told: Data, form: dict[str, str], refusal: Refusal, n: int) -> Response:
    if is_stale(refusal):
        return _show_form(call, told, form, 409, {"text": STALE_FORM})
    if refusal.code != Invalid.code:
        raise refusal
    return _show_form(call, told, form, 422, question_form.errors_of(refusal, n, form))


def _show_form(
    call: Call, told: Data, form: dict[str, str], status: int = 200, errors: Errors | None = None
) -> Response:
    id = call.path.get("question")
    answered = next((question.get("answered", 0) for question in told["items"] if question["id"] == id), 0)
    shown = {"form": form, "errors": errors or {}, "kinds": KINDS, "version": told["version"], "answered": answered}
    return show(call, "team_question_form.html", status, is_new=id is None, **shown, **seen(call, session_of(call)))


def _show(
    call: Call,
    told: Data,
    status: int = 200,
    days: str | None = None,
    errors: Errors | None = None,
    done: str | None = None,
) -> Response:
    asked = [question for question in told["items"] if question["asked"]]
    shown: Data = {
        "asked": asked,
        "no_longer": [question for question in told["items"] if not question["asked"]],
        "has_food": any(question["text"] == FOOD["text"] for question in asked),
        "kinds": KINDS,
        "form": {"kept_days": str(told["kept_days"]) if days is None else days},
        **{"most": MOST_QUESTIONS, "most_days": MOST_DAYS, "usual_days": KEPT_DAYS, "version": told["version"]},
    }
    return show(
        call, "team_questions.html", status, errors=errors or {}, done=done, **shown, **seen(call, session_of(call))
    )
