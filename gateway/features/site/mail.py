"""The team's page of where emails go, and how that is changed."""

from werkzeug.wrappers import Response

from gateway.features.site.first_steps import mail_way
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.web.developer import is_developer
from gateway.web.routing import page_routes

routes = page_routes("team_mail", sign_in=for_the_team("Where emails go"))


@routes.route("GET", "/team/mail", "Where emails go", requires="team")
def show_mail(call: Call) -> Response:
    """In which way emails leave, without a password, and what to set for another one."""
    return show(call, "team_mail.html", way=mail_way(call), shows_mail=is_developer(call.request, call.app.settings))
