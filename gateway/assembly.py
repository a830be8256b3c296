"""The gateway put together: the routes of all features, and what their pages have in common."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

from gateway import features, parts
from gateway.features.operations.api_document import TAGS, describe
from gateway.features.site.menu import menu, small_print
from gateway.parts.formatted import formatted, in_one_line
from gateway.parts.look import look_of
from gateway.parts.membership import require_member
from gateway.projection.views import topic_in_words, words
from gateway.web.pages import static_files
from gateway.web.routing import Route, Routes
from gateway.web.site import Site
from services.registration.schemas import SignIn
from services.runtime import limits


def _declared() -> Iterator[Routes]:
    """Yield what each file declares, in the order of their names."""
    yield static_files.routes
    for module in pkgutil.walk_packages(features.__path__, f"{features.__name__}."):
        there = vars(import_module(module.name)).values()
        yield from (routes for routes in there if isinstance(routes, Routes))


def _templates() -> Iterator[Path]:
    """Yield the folders of templates. Each template has a name of its own."""
    for package in (*parts.__path__, *features.__path__):
        yield from sorted(Path(package).glob("**/templates"))


def _routes() -> Iterator[Route]:
    """Yield the routes of the API in the order of the OpenAPI document, and then all others."""
    declared = [route for routes in dict.fromkeys(_declared()) for route in routes.table]
    yield from sorted((route for route in declared if route.tag), key=lambda route: TAGS.index(route.tag))
    yield from (route for route in declared if not route.tag)


SITE: Final = Site(
    routes=tuple(_routes()),
    templates=tuple(_templates()),
    filters={"words": words, "topic": topic_in_words, "formatted": formatted, "one_line": in_one_line},
    words={"menu": menu, "small_print": small_print, "most_of_email": limits.most(SignIn, "email")},
    describe=describe,
    require_member=require_member,
    look=look_of,
)
