"""What the OpenAPI document says besides the routes: the order of its parts, and what parameters of queries mean."""

from typing import Final

from gateway.projection import lists
from gateway.web.openapi import Parameter
from services.community import schemas as community
from services.notifications import schemas as notifications
from services.registration import schemas as registration

# The routes of a part have its name as their tag; a tag that is not here stops the start.
TAGS: Final = (
    *("Sign-in", "Me", "People", "City", "Sectors", "Organisations", "Programmes", "Sessions", "Speakers", "Materials"),
    "Topics",
    *("Import and export", "Bookings", "Questions", "Evaluation", "Messages", "Interests", "Suggestions", "Attendance"),
    *("Facilitators", "Roles", "Audit", "Learning"),
    *("Addresses", "Certificates", "Feedback", "Community", "Introductions", "Reports", "Tables", "Feeds", "Reach"),
    *("About", "Operations"),
)
QUERY: Final[dict[str, Parameter]] = {
    "dry_run": (
        "`true` does nothing, and answers `{plan}`: what would become of whom",
        {"type": "string", "enum": ["true", "false"]},
    ),
    "limit": ("How many items.", {"type": "integer", "minimum": 1, "maximum": lists.MOST, "default": lists.USUAL}),
    "cursor": ("`next` of the page before.", {"type": "string"}),
    "when": (
        "Which of them, by their last meeting’s end.",
        {"enum": list(lists.CHOICES["when"]), "default": "upcoming"},
    ),
    "delivery": ("How it is delivered.", {"enum": list(lists.CHOICES["delivery"])}),
    "kind": ("What kind of material.", {"enum": list(lists.CHOICES["kind"])}),
    "q": ("Words, each of which begins a word of title, summary, speakers or topics.", {"type": "string"}),
    "topic": ("A topic’s slug.", {"type": "string"}),
    "programme": ("A programme’s slug.", {"type": "string"}),
    "speaker": ("A speaker’s slug.", {"type": "string"}),
    "session": ("A session’s slug.", {"type": "string"}),
    "state": ("A booking’s state.", {"type": "string"}),
    "sector": ("A sector’s code: people of it are counted, and not all.", {"type": "string"}),
    "alt": ("What the picture shows, for people who do not see it.", {"type": "string"}),
    "places": ("How many places to give; all that are free, unless you say.", {"type": "integer", "minimum": 1}),
    "meeting": ("A meeting’s number, as its UID ends with before the @.", {"type": "integer", "minimum": 1}),
}
QUERY_OF: Final[dict[tuple[str, str], Parameter]] = {  # where a parameter means something else under one tag
    ("Organisations", "organisation"): ("Its name; case and spaces make no other.", {"type": "string"}),
    ("Organisations", "q"): ("How the name begins, in any case.", {"type": "string"}),
    ("Reach", "from"): ("The first day.", {"type": "string", "format": "date"}),
    ("Reach", "to"): ("The last day.", {"type": "string", "format": "date"}),
    ("Reach", "shared"): ("Rounded, as it may leave the house.", {"type": "boolean", "default": False}),
    ("Learning", "from"): ("The first day on which sessions ended.", {"type": "string", "format": "date"}),
    ("Learning", "to"): ("The last day on which sessions ended.", {"type": "string", "format": "date"}),
    ("Audit", "person"): ("A person’s id: what they did, and what was done with their data.", {"type": "string"}),
    ("Audit", "action"): ("What was done.", {"enum": list(registration.AUDIT_ACTIONS)}),
    ("Audit", "from"): ("The first day.", {"type": "string", "format": "date"}),
    ("Audit", "to"): ("The last day.", {"type": "string", "format": "date"}),
    ("Suggestions", "kind"): ("What kind of suggestion.", {"enum": list(registration.SUGGESTION_KINDS)}),
    ("Attendance", "by"): ("What to count by.", {"enum": list(registration.GROUPS), "default": registration.GROUPS[0]}),
    ("Attendance", "from"): ("The first day on which sessions started.", {"type": "string", "format": "date"}),
    ("Attendance", "to"): ("The last day on which sessions started.", {"type": "string", "format": "date"}),
    ("Attendance", "meeting"): ("The number of a meeting, counted from 1.", {"type": "integer", "minimum": 1}),
    ("Attendance", "minutes"): ("For how long people must have been there.", {"type": "integer", "minimum": 0}),
    ("Attendance", "others"): (
        "Those who wait or have cancelled, and not those who are expected.",
        {"type": "boolean"},
    ),
    ("Tables", "status"): ("The draft, or what is published.", {"enum": ["draft", "published"]}),
    ("Bookings", "state"): ("Which of them.", {"enum": list(registration.STATES_TO_FIND)}),
    ("Bookings", "mode"): ("How they take part, where the session has both.", {"enum": list(registration.MODES)}),
    ("Bookings", "if_full"): ("What to do where there is no place.", {"enum": ["wait", "refuse"], "default": "wait"}),
    ("Import and export", "people"): (
        "With people, their bookings and their attendance, for operators.",
        {"type": "boolean", "default": False},
    ),
    ("Messages", "person"): ("Whom it is to: an email address or a person’s id.", {"type": "string"}),
    ("Messages", "state"): ("What became of it.", {"enum": list(notifications.MESSAGE_STATES)}),
    ("Messages", "template"): ("What kind of message, as in `template`.", {"type": "string"}),
    ("Messages", "q"): ("Words in the person’s name or address, or in the session’s title.", {"type": "string"}),
    ("Community", "sector"): ("A sector’s code.", {"type": "string"}),
    ("Community", "q"): ("Words that all stand in a member’s profile.", {"type": "string"}),
    ("Introductions", "which"): ("Which of them.", {"enum": list(community.KINDS_OF_INTRODUCTIONS)}),
    ("Reports", "status"): ("Which of them.", {"enum": list(community.REPORT_STATUSES)}),
}


def describe(tag: str, name: str) -> Parameter:
    """Return what a parameter of a route with this tag is, and its JSON schema."""
    return QUERY_OF.get((tag, name)) or QUERY[name]
