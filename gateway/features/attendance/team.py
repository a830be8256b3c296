"""Taking attendance: one list for a phone, which is saved by one button.

What is sent is what was changed in the list: who was checked in meanwhile by somebody else stays checked in.
"""

from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.parts.sign_ins import FOR_FACILITATORS, key_of, once, show
from gateway.parts.team_views import all_rows, name_shown, session_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import times
from gateway.web.call import Answer
from gateway.web.pages.layout import go
from gateway.web.routing import LARGE, page_routes
from services.registration.schemas import MOST_RECORDS
from services.runtime import search
from services.runtime.refusals import Invalid, Refusal
from services.runtime.schemas import CITY

routes = page_routes("team_attendance", sign_in=FOR_FACILITATORS, private=True)
SECONDS: Final = 30.0  # for as many records as are taken at once
FIELDS: Final = MOST_RECORDS + 50
WORDS: Final = {"yes": True, "no": False}
SOURCES: Final = {"list": "noted in the list", "csv": "from a sheet", "check_in": "by their code"}
ANOTHER_NAME: Final = "another-name"  # saved for one person, whose account has another name than was given


@routes.route(
    "GET",
    "/team/sessions/{slug}/attendance",
    "Who is here?",
    requires="facilitator",
    query=("meeting", "tick", "saved", "q"),
)
def show_attendance(call: Call) -> Response:
    """Everybody who has a place, with what is known of them; `tick=all` marks the rest as here, to be saved."""
    query = call.query()
    return _show(call, tick=query.get("tick") == "all", saved=query.get("saved", ""))


@routes.route(
    "POST", "/team/sessions/{slug}/attendance", "Who is here?", requires="facilitator", most_fields=FIELDS, most=LARGE
)
def save_attendance(call: Call) -> Response:
    """Saves what was changed, and shows the list again."""
    session = session_of(call)
    meeting = meeting_shown(call.given.get("meeting", ""), session, call.now)
    records = _changed(call.given, meeting)
    if not records:
        return _show(call, 422, errors={"people": "Choose here or not here for at least one person"})
    named = {"slug": session["slug"], "key": key_of(call), "timeout": SECONDS}
    try:
        taken = once(lambda: call.registration("record_attendance", given={"records": records}, **named))
    except Refusal as refusal:
        if refusal.code not in (Invalid.code, "attendance-too-early"):
            raise
        status = 422 if refusal.code == Invalid.code else 409
        return _show(call, status, errors={"people": told(refusal)})
    return go("team_attendance.show_attendance", slug=session["slug"], meeting=meeting, saved=saved_of(taken))


def _show(
    call: Call, status: int = 200, *, tick: bool = False, saved: str = "", errors: dict[str, str] | None = None
) -> Response:
    session = session_of(call)
    wanted = call.given.get("meeting") or call.query().get("meeting", "")
    meeting = meeting_shown(wanted, session, call.now)
    people = [_row(row, meeting) for row in all_rows(call, "attendance", slug=session["slug"])]
    people.sort(key=lambda person: (person["shown_name"].casefold(), person["reference"]))
    q = (call.given.get("q") or call.query().get("q", "")).strip()[:120]
    plain = " ".join(search.folded(q).split())
    everyone, people = people, [person for person in people if plain in search.folded(person["shown_name"])]
    for person in people:
        said = call.given.get(f"p-{person['reference']}")
        person["chosen"] = said or person["known"] or ("yes" if tick else "")
    context: Data = {
        "people": people,
        "meeting": meeting,
        "known": ",".join(f"{person['reference']}:{person['known']}" for person in people if person["known"]),
        "q": q,
        "everyone": len(everyone),
        "are_here": sum(person["known"] == "yes" for person in everyone),
        "not_here": sum(person["known"] == "no" for person in everyone),
        "kept_name": saved == ANOTHER_NAME,
        "saved": 1
        if saved == ANOTHER_NAME
        else int(saved)
        if saved.isascii() and saved.isdigit() and len(saved) < 6
        else None,
        "errors": errors or {},
        "tick": tick,
    }
    return show(call, "team_attendance.html", status, session=session, **context)


def meeting_shown(text: str, session: Data, now: datetime) -> int:
    """Return the number of the meeting that was asked for, or else of the one that is under way, or the last begun."""
    count = len(session["meetings"])
    if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= count:
        return int(text)
    begun = [n for n, meeting in enumerate(session["meetings"], 1) if meeting["starts_at"] <= now]
    return begun[-1] if begun else 1


def _row(told: Data, meeting: int) -> Data:
    """Return somebody who has a place, with what stands recorded of them for that meeting."""
    standing = (r for r in told["records"] if r["meeting"] == meeting and r["replaced_at"] is None)
    record = next(standing, None)
    known = "" if record is None else "yes" if record["present"] else "no"
    person = told["person"]
    return {
        "reference": told["reference"],
        "shown_name": name_shown(person, told["reference"]),
        "organisation": person["organisation"],
        "known": known,
        "how": _how(record) if record else None,
    }


def _how(record: Data) -> str:
    """Return how and when it was recorded: “by their code, 9:05am by Asha”."""
    at = datetime.fromisoformat(record["scanned_at"] or record["recorded_at"])
    local = at.astimezone(CITY)
    when = f"{local.day} {times.MONTHS[local.month - 1]}, {times.time_in_words(at)}"
    by = record["recorded_by"]["name"]
    return f"{SOURCES.get(record['source'], '')}, {when}{f', {by}' if by else ''}"


def _changed(given: dict[str, str], meeting: int) -> list[dict[str, Any]]:
    """Return the records that say something else than the list said when it was shown."""
    known = dict(pair.split(":", 1) for pair in given.get("known", "").split(",") if ":" in pair)
    said = {name.removeprefix("p-"): text for name, text in given.items() if name.startswith("p-") and text in WORDS}
    return [
        {"reference": reference, "meeting": meeting, "present": WORDS[text]}
        for reference, text in said.items()
        if known.get(reference) != text
    ]


def saved_of(taken: Answer | None) -> str:
    """Return how many records said something new, for the address of the page that follows."""
    return str(taken.value["recorded"]) if taken else ""


def told(refusal: Refusal) -> str:
    """Return why attendance was not taken."""
    if refusal.code == "attendance-too-early":
        opens_at = datetime.fromisoformat(refusal.facts["opens_at"])
        return f"It is too early. You can take attendance for this meeting from {times.in_words(opens_at)}"
    return " ".join(dict.fromkeys(error["message"] for error in refusal.facts["errors"]))
