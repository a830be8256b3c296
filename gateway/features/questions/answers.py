"""What people answered at a session, for the team and who facilitates it: counted, and by person as a sheet."""

from collections.abc import Iterator

from werkzeug.wrappers import Response

from gateway.parts.asked_questions import in_words
from gateway.parts.sign_ins import FOR_FACILITATORS, show
from gateway.parts.team_views import all_rows, name_without_address, sector_name, session_of
from gateway.projection.call import Call
from gateway.projection.views import words
from gateway.web import conditional, responses
from gateway.web.documents.sheets import Cell, sheet_of
from gateway.web.routing import Routes, page_routes

routes = page_routes("team_answers", sign_in=FOR_FACILITATORS, private=True)
sheets = Routes("api.answer_sheets", "Questions")
COLUMNS = ("reference", "name", "organisation", "sector", "mode")
YES_NO = {"yes": "Yes", "no": "No"}


@routes.route("GET", "/team/sessions/{slug}/answers", "Answers at a session", requires="facilitator")
def show_answers(call: Call) -> Response:
    """Each question with how many of those who have a place gave which answer."""
    session, totals = session_of(call), call.registration("answer_totals", slug=call.path["slug"]).value
    items = [
        {**item, "answers": [(_answer(item["kind"], row["answer"]), row["people"]) for row in item["answers"]]}
        for item in totals["items"]
    ]
    return show(call, "team_answers.html", session=session, people=totals["people"], items=items)


def _answer(kind: str, answer: str) -> str:
    return YES_NO[answer] if kind == "yes_no" else answer


@sheets.route(
    "GET",
    "/sessions/{slug}/answers.csv",
    "Download the answers at a session",
    requires="facilitator",
    media="text/csv",
)
def download_answers(call: Call) -> Response:
    """A line for each person who has a place, with nobody's address; a column for each question."""
    call.model.require_ready()
    slug = call.path["slug"]
    questions = call.registration("answer_totals", slug=slug).value["items"]
    said = {row["reference"]: row["answers"] for row in all_rows(call, "session_answers", slug=slug)}

    def rows() -> Iterator[list[Cell]]:
        for row in all_rows(call, "expected", slug=slug):
            person, answers = row["person"], said.get(row["reference"], {})
            about = [name_without_address(person, row["reference"]), person["organisation"]]
            where = [sector_name(call, person["sector"]) if person["sector"] else None, words(row["mode"])]
            yield [row["reference"], *about, *where, *(in_words(answers.get(one["id"])) for one in questions)]

    content = sheet_of([*COLUMNS, *(question["text"] for question in questions)], rows())
    media = "text/csv; charset=utf-8; header=present"
    response = responses.single(call, content, conditional.tag(content), personal=True, media=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-answers.csv"'
    return response
