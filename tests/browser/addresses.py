"""Every page of the route table, and the addresses that stand for it in the sample."""

import re
from itertools import product

from gateway.assembly import SITE
from gateway.web.routing import Route
from tests.browser.sample import Sample

LETTERS = {"/dev/mail/{id}/html", "/team/messages/previews/{template}/html"}  # they are in no page of ours
PAGES = [
    route for route in SITE.routes if (route.method, route.media) == ("GET", "text/html") and route.path not in LETTERS
]
MORE = {
    "/": ["?q=system", "?q=nothing+like+it"],
    "/sign-in/confirm": ["#email=asha@example.org&code=123456"],
    "/bookings/{reference}": ["?done=cancelled"],
}
TEAM = ("/team", "/check-in")


def paths_of(route: Route, sample: Sample) -> list[str]:
    """Return the addresses that stand for a route. Fails where nobody has said what a parameter stands for."""
    names = [f"{before}/{{{name}}}" for before, name in re.findall(r"([^/]+)/\{(\w+)\}", route.path)]
    unknown = [name for name in names if not sample.values.get(name)]
    assert not unknown, f"Say in tests/browser/sample.py, `_values`, what {unknown} of {route.path} is in the sample."
    pattern = re.sub(r"\{\w+\}", "{}", route.path)
    paths = [pattern.format(*values) for values in product(*(sample.values[name] for name in names))]
    return [*paths, *(paths[0] + more for more in MORE.get(route.path, []))]


def named(route: Route) -> str:
    """Return what a test of a route is called by."""
    return route.path
