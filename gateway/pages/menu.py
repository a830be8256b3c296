"""What stands at the top and at the bottom of every page: where one can go, and who is shown what."""

from typing import Final

from gateway.identity import Person

Link = tuple[str, str]  # the path, and the words

EVERYONE: Final[tuple[Link, ...]] = (
    ("/sessions", "Sessions"),
    ("/recordings", "Recordings"),
    ("/speakers", "Speakers"),
    ("/topics", "Topics"),
    ("/community", "Community"),
)
SIGNED_IN: Final[tuple[Link, ...]] = (("/bookings", "My places"),)
FACILITATOR: Final[tuple[Link, ...]] = (("/facilitating", "Facilitating"),)
TEAM: Final[tuple[Link, ...]] = (("/team", "Team"),)
OPERATOR: Final[tuple[Link, ...]] = (("/operator", "How it runs"),)
SMALL_PRINT: Final[tuple[Link, ...]] = (
    ("/interests", "What we tell you about"),
    ("/emails", "Emails that you get"),
    ("/feed.atom", "Feed of upcoming sessions"),
    ("/api/v1/docs", "API"),
    ("/accessibility", "Accessibility"),
    ("/privacy", "Privacy"),
    ("/cookies", "Cookies"),
    ("/contact", "Contact us"),
)


def menu(visitor: Person | None) -> list[Link]:
    """Return the links at the top, for this visitor: first what few have, as a phone shows the first ones only."""
    roles = visitor["roles"] if visitor is not None else ()
    team = TEAM if "team" in roles else ()
    facilitator = FACILITATOR if "facilitator" in roles else ()
    operator = OPERATOR if "operator" in roles else ()
    own = SIGNED_IN if visitor is not None else ()  # before what a phone has no room for
    return [*operator, *team, *facilitator, *EVERYONE[:1], *own, *EVERYONE[1:]]


def small_print(visitor: Person | None) -> list[Link]:
    """Return the links at the bottom."""
    return list(SMALL_PRINT)
