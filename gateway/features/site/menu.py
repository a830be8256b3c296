"""What stands at the top and at the bottom of every page: where one can go, and who is shown what."""

from typing import Final

from gateway.web.identity import Person
from gateway.web.routing import url_for

Link = tuple[str, str]  # the name of a route, or its path, and the words

EVERYONE: Final[tuple[Link, ...]] = (
    ("sessions.show_sessions", "Sessions"),
    ("recordings.show_recordings", "Recordings"),
    ("speakers.show_speakers", "Speakers"),
    ("topics.show_topics", "Topics"),
    ("community.show_community", "Community"),
)
SIGNED_IN: Final[tuple[Link, ...]] = (("places.show_places", "My places"),)
FACILITATOR: Final[tuple[Link, ...]] = (("facilitating.show_facilitating", "Facilitating"),)
COORDINATOR: Final[tuple[Link, ...]] = (("coordinating.show_organisations", "Your organisation"),)
TEAM: Final[tuple[Link, ...]] = (("team_home.show_home", "Team"),)
OPERATOR: Final[tuple[Link, ...]] = (("operator.show_operator", "How it runs"),)
SMALL_PRINT: Final[tuple[Link, ...]] = (
    ("interests.show_interests", "What we tell you about"),
    ("emails.show_choices", "Emails that you get"),
    ("feeds.read_atom", "Feed of upcoming sessions"),
    ("api.about.docs", "API"),
    ("notices.show_accessibility", "Accessibility"),
    ("notices.show_privacy", "Privacy"),
    ("notices.show_cookies", "Cookies"),
    ("notices.show_contact", "Contact us"),
)


def menu(visitor: Person | None) -> list[Link]:
    """Return the links at the top, for this visitor: first what few have, as a phone shows the first ones only."""
    roles = visitor["roles"] if visitor is not None else ()
    team = TEAM if "team" in roles else ()
    facilitator = FACILITATOR if "facilitator" in roles else ()
    coordinator = COORDINATOR if "coordinator" in roles else ()
    operator = OPERATOR if "operator" in roles else ()
    own = SIGNED_IN if visitor is not None else ()  # before what a phone has no room for
    return _addressed(*operator, *team, *facilitator, *coordinator, *EVERYONE[:1], *own, *EVERYONE[1:])


def small_print(visitor: Person | None) -> list[Link]:
    """Return the links at the bottom."""
    return _addressed(*SMALL_PRINT)


def _addressed(*links: Link) -> list[Link]:
    return [(url_for(name), words) for name, words in links]
