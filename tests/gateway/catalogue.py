"""Things of the catalogue, as its events tell of them."""

from typing import Any


def city(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Leeds",
        "workforce": 57000,
        "time_zone": "Europe/London",
        "sectors": [
            {"code": "hospital", "name": "Hospitals", "hint": "All of the NHS", "workforce": 16500, "version": 2},
            {"code": "citizen", "name": "Citizens", "workforce": None},
        ],
        "ways_to_get_involved": [{"title": "Suggest a theme", "summary": "Tell the team."}],
        "version": 1,
        **changes,
    }


def speaker(slug: str = "myron-rogers", name: str = "Myron Rogers", **changes: Any) -> dict[str, Any]:
    return {"slug": slug, "name": name, "bio": "Known for the maxims.", "affiliation": None, "version": 1, **changes}


def programme(
    slug: str = "virtual-sessions", title: str = "System leadership sessions", **changes: Any
) -> dict[str, Any]:
    return {
        "slug": slug,
        "title": title,
        "format": "series",
        "summary": "Short virtual sessions.",
        "audience": "Everyone.",
        "outcomes": ["One idea to take back to work"],
        "ambition": "A city that works as one.",
        "topics": ["system-leadership"],
        "hand_on": "if_nobody_waits",
        "cancel_days": None,
        "by_application": False,
        "version": 1,
        **changes,
    }


def session(
    slug: str = "maxims-in-practice", starts: str = "2027-02-11T14:00:00+00:00", **changes: Any
) -> dict[str, Any]:
    ends = changes.pop("ends", starts.replace("T14:00", "T15:30"))
    return {
        "slug": slug,
        "programme": "virtual-sessions",
        "programme_title": "System leadership sessions",
        "title": "Myron’s Maxims in practice",
        "summary": "Bring some real work along.",
        "topics": ["systems-thinking"],
        "speakers": [speaker()],
        "delivery": "virtual",
        "meetings": [{"starts_at": starts, "ends_at": ends}],
        "venue": None,
        "join_url": "https://example.org/meet/secret-room",
        "status": "published",
        "cancel_reason": None,
        "waiting_list": "automatic",
        "places_in_room": 0,
        "places_online": 40,
        "held_places": [],
        "travel_minutes": 0,
        "booking_opens_at": None,
        "by_application": False,
        "applications_until": None,
        "version": 1,
        **changes,
    }


def material(id: str = "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10", **changes: Any) -> dict[str, Any]:
    return {
        "id": id,
        "session": "maxims-in-practice",
        "programme": None,
        "kind": "recording",
        "title": "Session recording",
        "url": "https://example.org/recordings/maxims",
        "minutes": 88,
        "captions": True,
        "audience": "everyone",
        "topics": ["systems-thinking"],
        "status": "published",
        "version": 1,
        **changes,
    }


def places(
    session: str = "maxims-in-practice", left: int = 40, waiting: int = 0, version: int = 1, **changes: Any
) -> dict[str, Any]:
    """What registration tells of 40 places online, and of some in the room where there are: all that are left are open,
    unless it is said how it stands with that."""
    of_modes = {
        "in_room": changes.pop("in_room", {"capacity": 0, "left": 0}),
        "online": changes.pop("online", {"capacity": 40, "left": left}),
    }
    return {
        "session": session,
        "version": version,
        "places": of_modes,
        "waiting": waiting,
        "held": {},
        "open": [open_from(None, of_modes["in_room"]["left"], left)],
        **changes,
    }


def open_from(moment: str | None, in_room: int = 0, online: int = 0) -> dict[str, Any]:
    """So many places are open to everyone from that moment on; None: now."""
    return {"from": moment, "in_room": in_room, "online": online}


NONE_OPEN = [open_from(None)]


KINDS = {
    "city": "catalogue.city_described.v1",
    "speakers": "catalogue.speaker_changed.v1",
    "programmes": "catalogue.programme_published.v1",
    "sessions": "catalogue.session_published.v1",
    "materials": "catalogue.material_published.v1",
    "topics": "catalogue.topic_renamed.v1",
}


def told(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """An item of a snapshot."""
    name = data.get("slug") or data.get("id") or data.get("old")
    subject = f"{kind}/{name}" if name else kind
    return {"type": KINDS[kind], "subject": subject, "version": data["version"], "data": data}
