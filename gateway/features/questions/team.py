"""The team's pages of the questions of a session: added, changed, ordered, taken off; and how long answers are kept."""

from typing import Any, ClassVar, Final

from werkzeug.wrappers import Response

from gateway.features.questions.question_form import ASKED, FOOD, FORM
from gateway.parts.edited_sessions import seen, session_of
from gateway.parts.editing import is_stale, number_of, show
from gateway.parts.question_pages import DONE, STALE, WRITTEN, QuestionPages
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import in_form
from gateway.web.pages.forms import typed
from gateway.web.routing import page_routes
from services.registration.schemas import MOST_DAYS
from services.runtime.refusals import Invalid

routes = page_routes("team_questions", sign_in=for_the_team("Questions", **WRITTEN))


class SessionQuestions(QuestionPages):
    """The pages of what a session asks those who book it, and of how many days their answers are kept."""

    form = FORM
    list_template, form_template = "team_questions.html", "team_question_form.html"
    list_route = "team_questions.show_questions"
    beside = "kept_days"
    done: ClassVar = {**DONE, "kept": "Saved."}
    ready: ClassVar = {"food": FOOD}

    def told(self, call: Call) -> Data:
        return dict(call.registration("questions", slug=call.path["slug"]).value)

    def ask(self, call: Call, version: int, given: Data) -> None:
        slug = session_of(call)["slug"]  # a draft too, of which registration does not know
        call.registration("ask_questions", slug=slug, version=version, given=given)

    def page(self, call: Call, template: str, status: int, **context: Any) -> Response:
        return show(call, template, status, **context, **seen(call, session_of(call)))

    def of_list(self, told: Data) -> Data:
        has_food = any(question["text"] == FOOD["text"] for question in told["items"] if question["asked"])
        return {"has_food": has_food, "form": {"kept_days": str(told["kept_days"])}, "most_days": MOST_DAYS}

    def keep(self, call: Call) -> Response:
        """Lead to the list; or say what is wrong with the number of days."""
        told, form = self.told(call), typed(call, "kept_days")
        refusal = self.refused(call, told, self.items(told), kept_days=number_of(form["kept_days"]))
        if refusal is None:
            return self.led(call, "kept")
        if is_stale(refusal):
            return self.show_list(call, self.told(call), 409, {"kept_days": STALE}, form=form)
        if refusal.code != Invalid.code:
            raise refusal
        return self.show_list(call, told, 422, in_form(refusal, ASKED, form), form=form)


PAGES: Final = SessionQuestions()


@routes.route("GET", "/team/sessions/{slug}/questions", "Questions of a session", requires="team", query=("done",))
def show_questions(call: Call) -> Response:
    """All of them in their order, with what can be done with each."""
    return PAGES.show(call)


@routes.route("POST", "/team/sessions/{slug}/questions", "Change the questions of a session", requires="team")
def change_questions(call: Call) -> Response:
    """Leads to the list, in which one has moved, was taken off, or was added ready-made."""
    return PAGES.change(call)


@routes.route("POST", "/team/sessions/{slug}/questions/kept", "How long answers are kept", requires="team",
              back="team_questions.show_questions")  # fmt: skip
def keep_answers(call: Call) -> Response:
    """Leads to the list; or says what is wrong with the number of days."""
    return PAGES.keep(call)


@routes.route("GET", "/team/sessions/{slug}/questions/new", "New question", requires="team")
def show_new_question(call: Call) -> Response:
    """An empty form."""
    return PAGES.show_new(call)


@routes.route("POST", "/team/sessions/{slug}/questions/new", "Add a question", requires="team")
def add_question(call: Call) -> Response:
    """Leads to the list, at the end of which it is; or says what is wrong."""
    return PAGES.add(call)


@routes.route("GET", "/team/sessions/{slug}/questions/{question}/change", "Change a question", requires="team")
def show_question(call: Call) -> Response:
    """The form, filled in."""
    return PAGES.show_question(call)


@routes.route("POST", "/team/sessions/{slug}/questions/{question}/change", "Change a question", requires="team")
def change_question(call: Call) -> Response:
    """Leads to the list; or says what is wrong. What was answered keeps its wording."""
    return PAGES.change_question(call)
