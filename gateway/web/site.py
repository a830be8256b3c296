"""What a site is made of: what the framework is given, and knows nothing of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.web.openapi import Describe
from gateway.web.routing import Route


@dataclass(frozen=True, eq=False)
class Site:
    """The routes; where `templates` are, and the `filters` and `words` that they use besides those of the framework.

    `require_member` raises what is in the way of someone who is not a member of the community. `look` returns what
    every page is written with, by the model and the settings: what the site is called, and what it looks like.
    """

    routes: tuple[Route, ...]
    templates: tuple[Path, ...]
    filters: Mapping[str, Callable[..., Any]]
    words: Mapping[str, Any]
    describe: Describe
    require_member: Callable[[Any], None]
    look: Callable[[Any, Any], Mapping[str, Any]]

    @property
    def api(self) -> list[Route]:
        """The routes that the OpenAPI document describes."""
        return [route for route in self.routes if route.tag]
