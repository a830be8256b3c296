"""The setting of whose players the pages may show."""

import re
from typing import Final

HOST: Final = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


def read_players(text: str) -> tuple[str, ...]:
    """Return the players of a list such as `youtube, video.example.org`; `none` has none. Raises ValueError."""
    named = tuple(part.strip().casefold() for part in text.split(",") if part.strip())
    if named == ("none",):
        return ()
    for name in named:
        if name not in ("youtube", "vimeo") and not HOST.fullmatch(name):
            raise ValueError(repr(name))
    return named
