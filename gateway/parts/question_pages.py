"""The pages on which the team edits a list of questions: added, changed, ordered, taken off, and asked again."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from werkzeug.wrappers import Response

from gateway.parts.editing import is_stale, refused, version_of
from gateway.parts.question_form import QuestionForm, is_too_many
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Errors
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import url_for
from services.registration.schemas import MOST_QUESTIONS
from services.runtime.refusals import Invalid, NotFound, Refusal

WRITTEN: Final = {"text": "The question", "hint": "The hint", "options": "The options"}  # given back by a sign-in
DONE: Final = {
    "added": "The question is added.",
    "saved": "The question is saved.",
    "moved": "The order is changed.",
    "off": "The question is not asked any more.",
    "again": "The question is asked again.",
}
STALE: Final = "Someone else changed the questions. This is how they are now"
STALE_FORM: Final = "Someone else changed the questions since you opened this page. Save again if this one is right"


class QuestionPages(ABC):
    """The pages of one list of questions. A feature says which `form` and templates they have, and whom it asks.

    What registration tells and is given has the `items`, and `beside` them what is edited on the same page. `done` is
    what is said of changes, and `ready` are ready-made questions, by the name of the button that adds each.
    """

    form: ClassVar[QuestionForm]
    list_template: ClassVar[str]
    form_template: ClassVar[str]
    beside: ClassVar[str]
    done: ClassVar[Mapping[str, str]] = DONE
    ready: ClassVar[Mapping[str, Data]] = {}

    @property
    @abstractmethod
    def list_route(self) -> str:
        """The name of the route that shows the list."""

    @abstractmethod
    def told(self, call: Call) -> Data:
        """Return what registration tells of the questions: `items`, what is `beside` them, and `version`."""

    @abstractmethod
    def ask(self, call: Call, version: int, given: Data) -> None:
        """Have these asked. Raises Invalid, StaleVersion."""

    @abstractmethod
    def page(self, call: Call, template: str, status: int, **context: Any) -> Response:
        """Show a template, with what the pages show of the session or programme itself. Raises NotFound."""

    def of_list(self, told: Data) -> Data:
        """Return what the template of the list shows beside the questions."""
        return {}

    def show(self, call: Call) -> Response:
        """Show all questions in their order, with what can be done with each."""
        return self.show_list(call, self.told(call), done=self.done.get(call.query().get("done", "")))

    def change(self, call: Call) -> Response:
        """Lead to the list, in which a question has moved, was taken off, or was added ready-made."""
        told = self.told(call)
        what, _, id = call.given.get("do", "").partition("-")
        items, done = self._changed(told, what, id)
        refusal = self.refused(call, told, items)
        if refusal is None:
            return self.led(call, done)
        if is_stale(refusal):
            return self.show_list(call, self.told(call), 409, {"do": STALE})
        if refusal.code != Invalid.code:
            raise refusal
        first = refusal.facts["errors"][0]
        message = self.form.too_many if is_too_many(refusal) else self.form.asked["text"].told(first)
        return self.show_list(call, told, 422, {"do": message})

    def show_new(self, call: Call) -> Response:
        """Show an empty form."""
        return self._show_form(call, self.told(call), self.form.empty)

    def add(self, call: Call) -> Response:
        """Lead to the list, at the end of which the question is; or say what is wrong."""
        told, form = self.told(call), typed(call, *self.form.fields)
        items = self.items(told)
        refusal = self.refused(call, told, [*items, self.form.written(form)])
        return self._not_saved(call, told, form, refusal, len(items)) if refusal else self.led(call, "added")

    def show_question(self, call: Call) -> Response:
        """Show the form, filled in."""
        told = self.told(call)
        return self._show_form(call, told, self.form.filled(_named(told, call.path["question"])))

    def change_question(self, call: Call) -> Response:
        """Lead to the list; or say what is wrong. What was answered keeps its wording."""
        told, form, id = self.told(call), typed(call, *self.form.fields), call.path["question"]
        _named(told, id)
        items = self.items(told)
        n = [question["id"] for question in items].index(id)
        items[n] = {**self.form.written(form), "id": id}
        refusal = self.refused(call, told, items)
        return self._not_saved(call, told, form, refusal, n) if refusal else self.led(call, "saved")

    def items(self, told: Data) -> list[Data]:
        """Return the questions that are asked, as they are given again."""
        return [self.form.given_of(question) for question in told["items"] if question["asked"]]

    def refused(self, call: Call, told: Data, items: list[Data], **beside: Any) -> Refusal | None:
        """Have these questions asked, and what is `beside` them as it is or as said here; return what is in the way."""
        given = {"items": items, self.beside: told[self.beside], **beside}
        return refused(lambda: self.ask(call, version_of(call), given))

    def led(self, call: Call, done: str) -> Response:
        """Lead to the list, which says what is done."""
        return go(self.list_route, slug=call.path["slug"], done=done)

    def show_list(
        self, call: Call, told: Data, status: int = 200, errors: Errors | None = None, **context: Any
    ) -> Response:
        """Show the questions as they are `told`, and what is wrong."""
        shown = {
            "asked": [question for question in told["items"] if question["asked"]],
            "no_longer": [question for question in told["items"] if not question["asked"]],
            "kinds": self.form.kinds,
            "most": MOST_QUESTIONS,
            "version": told["version"],
            "errors": errors or {},
        }
        return self.page(call, self.list_template, status, **{**shown, **self.of_list(told), **context})

    def _changed(self, told: Data, what: str, id: str) -> tuple[list[Data], str]:
        """Return the questions as a button leaves them, and what is said of it. An unknown button changes nothing."""
        items = self.items(told)
        if what in self.ready:
            return [*items, self.ready[what]], "added"
        if what == "again":
            back = [one for one in told["items"] if one["id"] == id and not one["asked"]]
            return [*items, *map(self.form.given_of, back)], "again"
        if what == "off":
            return [question for question in items if question["id"] != id], "off"
        at = next((n for n, question in enumerate(items) if question["id"] == id), None)
        to = None if at is None else at + {"up": -1, "down": 1}.get(what, 0)
        if at is not None and to is not None and 0 <= to < len(items):
            items.insert(to, items.pop(at))
        return items, "moved"

    def _not_saved(self, call: Call, told: Data, form: dict[str, str], refusal: Refusal, n: int) -> Response:
        if is_stale(refusal):
            return self._show_form(call, told, form, 409, {"text": STALE_FORM})
        if refusal.code != Invalid.code:
            raise refusal
        return self._show_form(call, told, form, 422, self.form.errors_of(refusal, n, form))

    def _show_form(
        self, call: Call, told: Data, form: dict[str, str], status: int = 200, errors: Errors | None = None
    ) -> Response:
        id = call.path.get("question")
        answered = any(question.get("answered") for question in told["items"] if question["id"] == id)
        shown = {"form": form, "errors": errors or {}, "kinds": self.form.kinds, "version": told["version"]}
        back = url_for(self.list_route, slug=call.path["slug"])
        return self.page(call, self.form_template, status, back=back, is_new=id is None, answered=answered, **shown)


def _named(told: Data, id: str) -> Data:
    found = next((question for question in told["items"] if question["id"] == id and question["asked"]), None)
    if found is None:
        raise NotFound("This question is not asked any more.")
    return dict(found)
