"""A session as search engines read it: a schema.org Event (https://schema.org/Event), in JSON-LD."""

import json
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup

from gateway.parts.formatted import in_plain_text
from gateway.projection.read_model import Data
from gateway.projection.rows import Meeting, SessionView
from services.runtime.schemas import CITY

ATTENDED: Final = {"face_to_face": "Offline", "virtual": "Online", "hybrid": "Mixed"}
# So that nothing in it ends the element that holds it, or begins another: these mean the same in JSON.
ESCAPED: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


def event_data(session: SessionView, site: str, public_url: str) -> Markup:
    """Return what stands in `<script type="application/ld+json">`, for a session as everybody may see it."""
    page, meetings = session["share"]["page"], session["meetings"]
    places = (session["places"]["in_room"], session["places"]["online"])
    event: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": session["title"],
        "description": in_plain_text(session["summary"]) or session["title"],
        "url": page,
        "startDate": _in_the_city(min(meeting["starts_at"] for meeting in meetings)),
        "endDate": _in_the_city(max(meeting["ends_at"] for meeting in meetings)),
        "eventStatus": f"https://schema.org/Event{'Cancelled' if session['status'] == 'cancelled' else 'Scheduled'}",
        "eventAttendanceMode": f"https://schema.org/{ATTENDED[session['delivery']]}EventAttendanceMode",
        "location": _locations(session, page),
        "organizer": {"@type": "Organization", "name": site, "url": public_url},
        "maximumAttendeeCapacity": sum(mode["capacity"] for mode in places),
        "remainingAttendeeCapacity": sum(mode["left"] for mode in places),
    }
    if session["speakers"]:
        event["performer"] = [{"@type": "Person", "name": speaker["name"]} for speaker in session["speakers"]]
    if len(meetings) > 1:
        event["subEvent"] = [_meeting(session["title"], meeting) for meeting in meetings]
    return Markup(json.dumps(event).translate(ESCAPED))


def _in_the_city(moment: datetime) -> str:
    return moment.astimezone(CITY).isoformat()


def _locations(session: SessionView, page: str) -> list[Data]:
    found: list[Data] = []
    if session["venue"] and session["delivery"] != "virtual":
        venue = session["venue"]
        found.append({"@type": "Place", "name": venue["name"], "address": venue["address"] or venue["name"]})
    if session["delivery"] != "face_to_face":
        found.append({"@type": "VirtualLocation", "url": page})
    return found


def _meeting(title: str, meeting: Meeting) -> Data:
    times = {"startDate": _in_the_city(meeting["starts_at"]), "endDate": _in_the_city(meeting["ends_at"])}
    return {"@type": "Event", "name": title, **times}
