"""What comes next for the team of a new installation, each step ticked once it is done, until all of them are.

Anyone who does not want to see it can hide it, in their own browser.
"""

from dataclasses import dataclass
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.parts.look import is_named
from gateway.parts.sign_ins import for_the_team
from gateway.parts.team_views import all_rows
from gateway.projection.call import Call
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import Refusal, Unavailable

routes = page_routes("first_steps", sign_in=for_the_team("Team"))
COOKIE: Final = "headrow_first_steps"
LIFE: Final = 365 * 24 * 3600  # seconds
HIDDEN: Final = "hidden"


@dataclass(frozen=True)
class Step:
    """One thing to do, the name of the page where that is done, and whether it is."""

    words: str
    page: str
    detail: str
    done: bool


@routes.route("POST", "/team/first-steps", "Hide or show the first steps", requires="team", back="team_home.show_home")
def hide(call: Call) -> Response:
    """Leads back, where the list is hidden from now on, or shown again."""
    response = go("team_home.show_home")
    if call.given.get("show") == "no":
        call.app.cookies.set(response, COOKIE, HIDDEN, max_age=LIFE)
    else:
        call.app.cookies.delete(response, COOKIE)
    return response


def are_hidden(call: Call) -> bool:
    """Say whether the list is hidden in this browser."""
    return call.app.cookies.read(call.request, COOKIE) == HIDDEN


def first_steps(call: Call) -> list[Step]:
    """Return the steps, in the order in which they are best done; none where all of them are."""
    way = mail_way(call)
    programmes = bool(call.model.all("programmes"))
    new_session = "team_sessions.show_new_session" if programmes else "team_programmes.show_new_programme"
    steps = [
        Step(
            "Name your city and check its sectors",
            "team_city.show_city",
            "People choose one when they say where they work",
            is_named(call.model.city),
        ),
        Step(
            "Add a programme",
            "team_programmes.show_new_programme",
            "A course or a series, which sessions are part of",
            programmes,
        ),
        Step(
            "Add a session and publish it",
            new_session,
            "You can book a place in it yourself to try it",
            bool(call.model.sessions),
        ),
        Step(
            "Add a colleague to the team",
            "team_colleagues.show_colleagues",
            "So that you are not the only one who can do all this",
            _is_shared(call),
        ),
        Step(
            "Choose where emails go",
            "team_mail.show_mail",
            _in_short(way),
            way is not None and way["way"] != "file",
        ),
    ]
    return [] if all(step.done for step in steps) else steps


def mail_way(call: Call) -> dict[str, Any] | None:
    """Return in which way emails leave; None where that cannot be found out now."""
    try:
        return dict(call.notifications("mail_way").value)
    except Refusal as refusal:
        if refusal.code != Unavailable.code:
            raise
        return None


def _in_short(way: dict[str, Any] | None) -> str:
    if way is None:
        return "We cannot find out at the moment where they go"
    return {
        "file": "At the moment they are only written to files, and reach nobody",
        "smtp": f"They go to the mail server {way['where']}",
        "notify": "They go by GOV.UK Notify",
    }[way["way"]]


def _is_shared(call: Call) -> bool:
    return sum(bool(row["role"] == "team") for row in all_rows(call, "roles")) > 1
