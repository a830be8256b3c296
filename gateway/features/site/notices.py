"""What a site says about itself: how accessible it is, what it holds on people, its cookies, and whom to write to."""

from typing import Any, Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from gateway.features.site import first_steps
from gateway.parts import asked_here, provider_ways
from gateway.parts.look import contact_of
from gateway.projection.call import Call
from gateway.web import identity, own_changes
from gateway.web.pages import forms, return_url
from gateway.web.routing import page_routes

routes = page_routes("notices")
# Each by its name, what it is for, and when it goes.
COOKIES: Final = (
    (identity.COOKIE, "Keeps you signed in", "When you sign out, or after 30 days"),
    (forms.COOKIE, "Makes sure that a form was sent by you, and not by another website", "After 24 hours"),
    (own_changes.COOKIE, "Lets the team see what they have just changed", "After a minute"),
    (first_steps.COOKIE, "Remembers that you have hidden the first steps of a new site", "After a year"),
    (return_url.COOKIE, "Remembers where you go after signing in", "When you have signed in, or after 10 minutes"),
    (asked_here.COOKIE, "Remembers who you are signing in as", "When you have signed in, or after 10 minutes"),
    (
        provider_ways.COOKIE,
        "Makes sure that it is you who comes back from the organisation that you sign in with",
        "When you sign out, or after 10 minutes",
    ),
)  # fmt: skip
# What is done with what is held, and what of the law it rests on: as docs/privacy/record-of-processing.md has it.
TASK: Final = "A task in the public interest"
CONSENT: Final = "Your consent"
DUTY: Final = "A duty that the law gives us"
HEALTH: Final = f"{TASK}, and your explicit consent"
PURPOSES: Final = (
    ("Keep accounts", TASK),
    ("Give out places", TASK),
    ("Meet access needs", HEALTH),
    ("Record who came", TASK),
    ("Write to people about their bookings", TASK),
    ("Tell people about future sessions", CONSENT),
    ("Ask what people think", TASK),
    ("Run the community", CONSENT),
    ("Keep the community safe", TASK),
    ("Seat people together", TASK),
    ("Know who we reach", TASK),
    ("Run the programme", TASK),
    ("Let an organisation look after its people", CONSENT),
    ("Keep evidence and security", DUTY),
    ("Respect choices and rights", DUTY),
    ("Keep copies so that nothing is lost", TASK),
)


@routes.route("GET", "/accessibility", "Accessibility statement", requires="anyone")
def show_accessibility(call: Call) -> Response:
    """In the form that public bodies in the UK use (the model statement of the 2018 regulations)."""
    return call.app.pages.show(call, "accessibility.html", lambda: _about(call))


@routes.route("GET", "/privacy", "Privacy", requires="anyone")
def show_privacy(call: Call) -> Response:
    """What is held on people, why, for how long, who sees it, and what they can have done about it."""
    return call.app.pages.show(call, "privacy.html", lambda: {**_about(call), "purposes": PURPOSES})


@routes.route("GET", "/cookies", "Cookies", requires="anyone")
def show_cookies(call: Call) -> Response:
    """All of them: only those that it does not work without."""
    rows = [(call.app.cookies.called(name), *told) for name, *told in COOKIES]
    return call.app.pages.show(
        call, "cookies.html", lambda: {"cookies": rows, "players": called(call.app.settings.players)}
    )


@routes.route("GET", "/contact", "Contact us", requires="anyone")
def show_contact(call: Call) -> Response:
    """Where letters come from is where answers go."""
    return call.app.pages.show(call, "contact.html", lambda: _about(call))


def called(players: tuple[str, ...]) -> list[str]:
    """Return what people call those whose players the pages can show."""
    return [{"youtube": "YouTube", "vimeo": "Vimeo"}.get(name, name) for name in players]


def _about(call: Call) -> dict[str, Any]:
    settings = call.app.settings
    return {**contact_of(call.model.city, settings), "host": urlsplit(settings.public_url).netloc}
