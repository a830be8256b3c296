"""What the team's pages of an evaluation do, whether it is a programme's or a session's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from werkzeug.wrappers import Response

from gateway.features.evaluation import asked, charts
from gateway.features.evaluation.question_form import FORM
from gateway.features.evaluation.words import MOMENTS
from gateway.parts.editing import is_stale, show
from gateway.parts.question_pages import DONE, STALE, QuestionPages
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from services.runtime.refusals import NotFound, Refusal


@dataclass(frozen=True)
class EvaluationPages(QuestionPages):
    """The pages of one kind of subject: `of` is `programmes` or `sessions`, and `routes` what their routes are called.

    `about` returns what they show of the subject itself, its `title` at least. Raises NotFound.
    """

    of: str
    routes: str
    about: Callable[[Call], Data]

    form = FORM
    list_template, form_template = "team_evaluation.html", "team_evaluation_form.html"
    beside = "moments"
    done: ClassVar = {**DONE, "moments": "Saved."}

    @property
    def list_route(self) -> str:
        return f"{self.routes}.show"

    def told(self, call: Call) -> Data:
        return dict(call.registration("evaluation", of=self.of, slug=call.path["slug"]).value)

    def ask(self, call: Call, version: int, given: Data) -> None:
        self.about(call)  # also a draft, of which registration does not know
        call.registration("ask_evaluation", of=self.of, slug=call.path["slug"], version=version, given=given)

    def page(self, call: Call, template: str, status: int = 200, **context: Any) -> Response:
        about = {"of": self.of, "slug": call.path["slug"], "routes": self.routes, **self.about(call)}
        return show(call, template, status, about=about, **context)

    def of_list(self, told: Data) -> Data:
        return {"chosen": told["moments"], "moments": MOMENTS}

    def change(self, call: Call) -> Response:
        """Lead to the list, in which a question has moved or was taken off, or other moments are chosen."""
        if call.given.get("do") != "moments":
            return super().change(call)
        told = self.told(call)
        moments = [moment for moment in MOMENTS if call.given.get(f"moment-{moment}") == "yes"]
        refusal = self.refused(call, told, self.items(told), moments=moments)
        if refusal is None:
            return self.led(call, "moments")
        if is_stale(refusal):
            return self.show_list(call, self.told(call), 409, {"do": STALE})
        raise refusal

    def preview(self, call: Call) -> Response:
        """Show the form that people get."""
        questions = asked.fields_of(self.items(self.told(call)), {})
        return self.page(call, "team_evaluation_preview.html", questions=questions)

    def report(self, call: Call) -> Response:
        """Show what people answered."""
        told = None
        try:
            told = call.registration("evaluation_report", of=self.of, slug=call.path["slug"]).value
        except Refusal as refusal:
            if refusal.code != NotFound.code:
                raise
        return self.page(call, "team_evaluation_report.html", told=told and charts.seen(told))
