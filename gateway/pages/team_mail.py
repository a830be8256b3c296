"""The team's page of where emails go, and how that is changed."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.call import Call
from gateway.pages import dev_mail
from gateway.pages.editing import show, team_only
from gateway.pages.first_steps import mail_way
from gateway.routing import Routes

routes = Routes("Pages", prefix="")
HEADING: Final = "Where emails go"


@routes.route("GET", "/team/mail", "anyone", HEADING, media="text/html")
@team_only(HEADING)
def show_mail(call: Call) -> Response:
    """In which way emails leave, without a password, and what to set for another one."""
    return show(call, "team_mail.html", way=mail_way(call), shows_mail=dev_mail.is_shown_to(call))
