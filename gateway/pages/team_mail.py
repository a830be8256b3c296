"""The team's page of where emails go, and how that is changed."""

from werkzeug.wrappers import Response

from gateway.call import Call
from gateway.pages import dev_mail
from gateway.pages.doors import for_the_team
from gateway.pages.editing import show
from gateway.pages.first_steps import mail_way
from gateway.routing import page_routes

routes = page_routes("team_mail", sign_in=for_the_team("Where emails go"))


@routes.route("GET", "/team/mail", "Where emails go", requires="team")
def show_mail(call: Call) -> Response:
    """In which way emails leave, without a password, and what to set for another one."""
    return show(call, "team_mail.html", way=mail_way(call), shows_mail=dev_mail.is_shown_to(call))
