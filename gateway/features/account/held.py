"""All that is held on the caller, from every service: for the download, and for the page that a person can read."""

import re
from datetime import date, datetime
from typing import Any, Final

from gateway.projection.call import Call
from gateway.web import times

MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
WORD: Final = re.compile(r"[a-z]+(_[a-z]+)*")  # of ours, such as in_room
Shown = tuple[str, tuple[tuple[str, str], ...]]

# Of each part its heading, and what is shown of each row: the field, and its name. The download has all fields.
PARTS: Final[dict[str, Shown]] = {
    "bookings": (
        "Bookings",
        (
            ("reference", "Reference"),
            ("session_slug", "Session"),
            ("state", "Status"),
            ("access_needs", "Access needs"),
            ("created_at", "Made"),
        ),
    ),
    "history": (
        "What happened to your bookings",
        (("at", "When"), ("reference", "Booking"), ("what", "What"), ("state", "Status"), ("reason", "Reason")),
    ),
    "attendance": ("Attendance", (("reference", "Booking"), ("present", "Present"), ("recorded_at", "Recorded"))),
    "certificates": ("Certificates", (("reference", "Booking"), ("code", "Code"), ("issued_at", "Issued"))),
    "feedback": (
        "Feedback and pledges",
        (("reference", "Booking"), ("useful", "Useful"), ("differently", "Differently"), ("next", "Next")),
    ),
    "evaluation": (
        "Answers about your sessions, before and after",
        (("about", "About"), ("moment", "When"), ("given_at", "Given")),
    ),
    "interests": (
        "What you asked to hear about",
        (("topic", "Topic"), ("programme", "Programme"), ("session", "Session"), ("created_at", "Since")),
    ),
    "suggestions": ("Suggestions", (("kind", "Kind"), ("text", "Text"), ("created_at", "Made"))),
    "messages": (
        "Emails we sent you",
        (("queued_at", "When"), ("subject", "Subject"), ("address", "To"), ("state", "Status")),
    ),
    "preferences": ("Emails you do not want", (("unwanted", "About"), ("since", "Since"))),
    "undeliverable": ("Emails that came back", (("address", "Address"), ("since", "Since"), ("why", "Why"))),
    "addresses": ("Email addresses", (("email", "Address"), ("added_at", "Since"))),
    "employments": (
        "Where you have worked",
        (
            ("organisation", "Organisation"),
            ("sector", "Sector"),
            ("job_role", "Job role"),
            ("since", "First day"),
            ("until", "Last day"),
        ),
    ),
    "identities": (
        "Organisations you sign in with",
        (("issuer", "Organisation"), ("subject", "Your number there"), ("created_at", "Since")),
    ),
    "signed_in": ("Where you are signed in", (("device", "Device"), ("at", "Since"), ("last_used_at", "Last used"))),
    "merged_accounts": (
        "Accounts that are a part of yours",
        (("email", "Email"), ("name", "Name"), ("merged_at", "Merged"), ("undo_until", "Can be undone until")),
    ),
    "roles": ("Roles", (("role", "Role"), ("since", "Since"))),
    "coordinates": ("Organisations you coordinate", (("organisation", "Organisation"), ("since", "Since"))),
    "nominations": (
        "Sessions a coordinator nominated you for",
        (("session", "Session"), ("email", "To"), ("name", "Name"), ("nominated_at", "When")),
    ),
    "facilitates": ("Sessions you facilitate", (("session", "Session"), ("since", "Since"))),
}
OF_COMMUNITY: Final[dict[str, Shown]] = {
    "employments": (
        "Where you have worked",
        (("sector", "Sector"), ("organisation", "Organisation"), ("since", "Since")),
    ),
    "introductions": (
        "Introductions",
        (("proposed_at", "When"), ("message", "Message"), ("state", "Status"), ("expires_at", "Ends")),
    ),
    "blocked": ("Members you blocked", (("person", "Member"), ("created_at", "Since"))),
    "reports": ("What you reported", (("created_at", "When"), ("text", "Text"))),
    "tables": ("Where you sat", (("session", "Session"), ("round", "Round"), ("table", "Table"))),
    "table_wishes": (
        "What was asked for when you were seated",
        (
            ("session", "Session"),
            ("step_free", "Table without steps"),
            ("host", "Host of a table"),
            ("kept_together", "With someone"),
            ("kept_apart", "Apart from someone"),
        ),
    ),
}


def on_caller(call: Call) -> dict[str, Any]:
    """Return everything that every service holds on the caller, as one document."""
    held = dict(call.registration("export_me").value)
    person = call.who()["id"]
    told = call.notifications("messages_of", person=person).value
    ended = call.notifications("calendar_generation", person=person).value
    return {
        **held,
        "community": call.community("export_of", person=person).value,
        "messages": told["items"],
        "undeliverable": told["undeliverable"],
        "preferences": told["preferences"],
        "calendar": {"addresses_ended": ended},
    }


def readable(held: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is held as `[{heading, columns, rows}]`, with text and moments in the rows; parts with nothing go."""
    community = held["community"]
    tables = [(held.get(name), *shown) for name, shown in PARTS.items()]
    tables += [(community.get(name), *shown) for name, shown in OF_COMMUNITY.items()]
    return [
        {
            "heading": heading,
            "columns": [label for _, label in columns],
            "rows": [[_said(row.get(field)) for field, _ in columns] for row in rows],
        }
        for rows, heading, columns in tables
        if rows
    ]


def _said(value: Any) -> Any:
    """Return a value as a person reads it; a moment stays one, for the page to write out."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str):
        if MOMENT.fullmatch(value):
            return datetime.fromisoformat(value)
        if DAY.fullmatch(value):
            return times.date_in_words(date.fromisoformat(value))
        return value.replace("_", " ") if WORD.fullmatch(value) else value
    return str(value)
