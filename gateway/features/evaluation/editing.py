"""What the team's pages of an evaluation do, whether it is a programme's or a session's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.evaluation import asked, charts, question_form
from gateway.features.evaluation.question_form import ASKED, EMPTY, FIELDS, TOO_MANY, given_of
from gateway.features.evaluation.words import KINDS, MOMENTS
from gateway.parts.editing import is_stale, show, version_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Errors
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from services.registration.schemas import MOST_QUESTIONS
from services.runtime.refusals import Invalid, NotFound, Refusal

WRITTEN: Final = {"text": "The question", "hint": "The hint", "options": "The options"}
DONE: Final = {
    "added": "The question is added.",
    "saved": "The question is saved.",
    "moments": "Saved.",
    "moved": "The order is changed.",
    "off": "The question is not asked any more.",
    "again": "The question is asked again.",
}
STALE: Final = "Someone else changed the questions. This is how they are now"
STALE_FORM: Final = "Someone else changed the questions since you opened this page. Save again if this one is right"


@dataclass(frozen=True)
class Pages:
    """The pages of one kind of subject: `of` is `programmes` or `sessions`, and `routes` what their routes are called.

    `about` returns what they show of the subject itself, its `title` at least. Raises NotFound.
    """

    of: str
    routes: str
    about: Callable[[Call], Data]

    def show(self, call: Call) -> Response:
        """Show all questions in their order, with what can be done with each, and when they are asked."""
        return self._show(call, self._told(call), done=DONE.get(call.query().get("done", "")))

    def change(self, call: Call) -> Response:
        """Lead to the list, in which a question has moved or was taken off, or other moments are chosen."""
        told = self._told(call)
        what, _, id = call.given.get("do", "").partition("-")
        items, done = _changed(told, what, id)
        moments = [moment for moment in MOMENTS if call.given.get(f"moment-{moment}") == "yes"]
        refusal = self._asked(call, items, moments if what == "moments" else told["moments"])
        if refusal is None:
            return self._led(call, done)
        if is_stale(refusal):
            return self._show(call, self._told(call), 409, errors={"do": STALE})
        too_many = any(error["code"] == "too-many" for error in refusal.facts.get("errors", []))
        if refusal.code != Invalid.code or not too_many:
            raise refusal
        return self._show(call, told, 422, errors={"do": TOO_MANY})

    def show_new(self, call: Call) -> Response:
        """Show an empty form."""
        return self._show_form(call, self._told(call), {**EMPTY})

    def add(self, call: Call) -> Response:
        """Lead to the list, at the end of which the question is; or say what is wrong."""
        told, form = self._told(call), typed(call, *FIELDS)
        items = _items(told)
        refusal = self._asked(call, [*items, question_form.written(form)], told["moments"])
        return self._not_saved(call, told, form, refusal, len(items)) if refusal else self._led(call, "added")

    def show_question(self, call: Call) -> Response:
        """Show the form, filled in."""
        told = self._told(call)
        return self._show_form(call, told, question_form.filled(_named(told, call.path["question"])))

    def change_question(self, call: Call) -> Response:
        """Lead to the list; or say what is wrong. What was answered keeps its wording."""
        told, form, id = self._told(call), typed(call, *FIELDS), call.path["question"]
        _named(told, id)
        there = _items(told)
        n = [question["id"] for question in there].index(id)
        there[n] = {**question_form.written(form), "id": id}
        refusal = self._asked(call, there, told["moments"])
        return self._not_saved(call, told, form, refusal, n) if refusal else self._led(call, "saved")

    def preview(self, call: Call) -> Response:
        """Show the form that people get."""
        questions = asked.fields_of(_items(self._told(call)), {})
        return self._page(call, "team_evaluation_preview.html", questions=questions)

    def report(self, call: Call) -> Response:
        """Show what people answered."""
        told = None
        try:
            told = call.registration("evaluation_report", of=self.of, slug=call.path["slug"]).value
        except Refusal as refusal:
            if refusal.code != NotFound.code:
                raise
        return self._page(call, "team_evaluation_report.html", told=told and charts.seen(told))

    def _told(self, call: Call) -> Data:
        return dict(call.registration("evaluation", of=self.of, slug=call.path["slug"]).value)

    def _asked(self, call: Call, items: list[Data], moments: list[str]) -> Refusal | None:
        """Have these asked; return what is in the way."""
        self.about(call)
        named = {"of": self.of, "slug": call.path["slug"], "version": version_of(call)}
        try:
            call.registration("ask_evaluation", **named, given={"items": items, "moments": moments})
        except Refusal as refusal:
            return refusal
        return None

    def _led(self, call: Call, done: str) -> Response:
        questions = f"{self.routes}.show"
        return go(questions, slug=call.path["slug"], done=done)

    def _not_saved(self, call: Call, told: Data, form: dict[str, str], refusal: Refusal, n: int) -> Response:
        if is_stale(refusal):
            return self._show_form(call, told, form, 409, {"text": STALE_FORM})
        if refusal.code != Invalid.code:
            raise refusal
        return self._show_form(call, told, form, 422, question_form.errors_of(refusal, n, form))

    def _show_form(
        self, call: Call, told: Data, form: dict[str, str], status: int = 200, errors: Errors | None = None
    ) -> Response:
        id = call.path.get("question")
        answered = any(question["answered"] for question in told["items"] if question["id"] == id)
        shown = {"form": form, "errors": errors or {}, "kinds": KINDS, "version": told["version"]}
        return self._page(
            call, "team_evaluation_form.html", status, is_new=id is None, answered=answered, fields=ASKED, **shown
        )

    def _show(
        self, call: Call, told: Data, status: int = 200, errors: Errors | None = None, done: str | None = None
    ) -> Response:
        shown: Data = {
            "asked": [question for question in told["items"] if question["asked"]],
            "no_longer": [question for question in told["items"] if not question["asked"]],
            "chosen": told["moments"],
            "moments": MOMENTS,
            **{"kinds": KINDS, "most": MOST_QUESTIONS, "version": told["version"], "errors": errors or {}},
        }
        return self._page(call, "team_evaluation.html", status, done=done, **shown)

    def _page(self, call: Call, template: str, status: int = 200, **context: Any) -> Response:
        about = {"of": self.of, "slug": call.path["slug"], "routes": self.routes, **self.about(call)}
        return show(call, template, status, about=about, **context)


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
    if what == "moments":
        return items, "moments"
    if what == "again":
        back = [given_of(question) for question in told["items"] if question["id"] == id and not question["asked"]]
        return [*items, *back], "again"
    if what == "off":
        return [question for question in items if question["id"] != id], "off"
    to = None if at is None else at + {"up": -1, "down": 1}.get(what, 0)
    if at is not None and to is not None and 0 <= to < len(items):
        items.insert(to, items.pop(at))
    return items, "moved"
