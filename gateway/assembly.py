"""The gateway put together: the routes of all features, and what their pages have in common."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

from gateway import features, parts
from gateway.features.operations.query_parameters import describe
from gateway.features.site.menu import menu, small_print
from gateway.parts.membership import require_member
from gateway.projection.views import topic_in_words, words
from gateway.web.pages import static_files
from gateway.web.routing import Routes
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


SITE: Final = Site(
    routes=tuple(route for routes in dict.fromkeys(_declared()) for route in routes.table),
    templates=tuple(_templates()),
    filters={"words": words, "topic": topic_in_words},
    words={"menu": menu, "small_print": small_print, "most_of_email": limits.most(SignIn, "email")},
    describe=describe,
    require_member=require_member,
)
