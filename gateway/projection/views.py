"""What the API shows of the catalogue: derived from the read model and the clock, the same on every gateway."""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import quote, urlencode

from gateway.projection.read_model import Data, Places, ReadModel, Session, Thing
from gateway.projection.rows import HeldPlacesLeft, Picture, PictureView, SessionView
from gateway.web.routing import url_for

WERE_THERE: Final = frozenset({"attended", "partly_attended"})
HAVE_BOOKED: Final = WERE_THERE | {"confirmed"}  # states of bookings


def status_of(session: Session, now: datetime) -> str:
    """Return `draft`, `published`, `cancelled` or `finished`; the last is never stored, the clock makes it so."""
    status = session.data["status"]
    return "finished" if status == "published" and session.ends_at <= now else status


def booking_of(session: Session, places: Places, now: datetime) -> str:
    """Return what happens to a booking that is made now: `open`, `not_yet`, `waiting_list`, `closed` or `full`."""
    data = session.data
    if data["status"] == "cancelled" or session.starts_at <= now:
        return "closed"
    if data["status"] == "draft" or (data["booking_opens_at"] and data["booking_opens_at"] > now):
        return "not_yet"
    if data["by_application"]:
        closes = data["applications_until"]
        return "closed" if closes and closes <= now else "waiting_list"
    if any(places.open_at(now).values()):
        return "open"
    return "full" if data["waiting_list"] == "none" else "waiting_list"


def held_of(session: Session, places: Places, now: datetime) -> list[HeldPlacesLeft]:
    """Return the places that are held at `now`, for whom and until when, as `[{sector, places, left, until}]`."""
    standing = [held for held in session.data["held_places"] if held["until"] > now]
    return [{**held, "left": places.held.get(held["sector"], held["places"])} for held in standing]


def session_view(model: ReadModel, session: Session, now: datetime, public_url: str) -> SessionView:
    """Return a session as everybody may see it."""
    data, places = session.data, model.places(session.data)
    programme = model.get("programmes", data["programme"])
    return {
        "slug": data["slug"],
        "programme": data["programme"],
        "programme_title": programme.data["title"] if programme else data["programme_title"],
        "title": data["title"],
        "summary": data["summary"],
        "topics": data["topics"],
        "speakers": [{"slug": speaker["slug"], "name": speaker["name"]} for speaker in model.speakers_of(data)],
        "delivery": data["delivery"],
        "meetings": data["meetings"],
        "venue": data["venue"],
        "status": status_of(session, now),
        "cancel_reason": data["cancel_reason"],
        "places": {"in_room": places.in_room, "online": places.online},
        "held_places": held_of(session, places, now),
        "waiting": places.waiting,
        "waiting_list": data["waiting_list"],
        "booking": booking_of(session, places, now),
        "booking_opens_at": data["booking_opens_at"],
        "by_application": data["by_application"],
        "applications_until": data["applications_until"],
        "share": share_links(data["title"], page_of(public_url, data["slug"])),
        "picture": picture_view(data["picture"]),
        "version": session.version,
    }


def picture_view(picture: Picture | None) -> PictureView | None:
    """Return a picture as pages show it: the largest file, and all of them to choose from (`srcset`)."""
    if picture is None:
        return None
    files = {width: url_for("pictures.read_file", file=f"{picture['hash']}-{width}.jpg") for width in picture["widths"]}
    return {
        "url": files[max(files)],
        "alt": picture["alt"],
        "width": picture["width"],
        "height": picture["height"],
        "srcset": ", ".join(f"{address} {width}w" for width, address in files.items()),
    }


def page_of(public_url: str, slug: str) -> str:
    """Return the address of the page about a session."""
    return public_url + url_for("sessions.show_session", slug=slug)


def share_links(title: str, page: str) -> dict[str, str]:
    """Return links with which a reader passes a page on; nothing is loaded from those sites."""
    return {
        "page": page,
        "facebook": "https://www.facebook.com/sharer/sharer.php?" + urlencode({"u": page}),
        "x": "https://x.com/intent/post?" + urlencode({"text": title, "url": page}),
        "linkedin": "https://www.linkedin.com/sharing/share-offsite/?" + urlencode({"url": page}),
        "email": "mailto:?" + urlencode({"subject": title, "body": page}, quote_via=quote),
    }


def city_view(city: Thing) -> Data:
    """Return the city as everyone may see it."""
    return {**city.data, "version": city.version}


def programme_view(programme: Thing) -> Data:
    """Return a programme as everybody may see it."""
    return {**programme.data, "version": programme.version}


def speaker_view(model: ReadModel, speaker: Thing) -> Data:
    """Return a speaker, with their sessions, soonest first."""
    slug = speaker.data["slug"]
    theirs = [s for s in model.sessions.values() if slug in (told["slug"] for told in s.data["speakers"])]
    theirs.sort(key=lambda session: (session.starts_at, session.data["slug"]))
    sessions = [{"slug": s.data["slug"], "title": s.data["title"], "starts_at": s.starts_at} for s in theirs]
    picture = picture_view(speaker.data["picture"])
    return {**speaker.data, "picture": picture, "sessions": sessions, "version": speaker.version}


def material_view(material: Thing) -> Data:
    """Return a material as those may see it who may see it."""
    return {**material.data, "version": material.version}


def sees_material(
    material: Mapping[str, Any], team: bool, member: bool = False, was_there: bool = False, booked: bool = False
) -> bool:
    """Say whether a reader may see a material: the team all, members what is for the community.

    Whether they were in its session, or have a place in it, is known only where that was asked.
    """
    audiences = {"everyone": True, "community": member, "attendees": was_there, "booked": booked}
    return team or audiences.get(material["audience"], False)


def words(value: Any) -> str:
    """Return one of the API's words as people write it."""
    return {
        "face_to_face": "In person",
        "virtual": "Online",
        "hybrid": "In person and online",
        "in_room": "in the room",
        "online": "online",
    }.get(value, str(value).replace("_", " "))


def topic_in_words(slug: str) -> str:
    """Return a topic as people write it: “Systems thinking”, “Covid-19”."""
    text = re.sub(r"-(?!\d)", " ", slug)
    return text[:1].upper() + text[1:]


def organiser_of(model: ReadModel, mail_from: str) -> str:
    """Return who runs the programme: its own name, or else that under which its messages are sent, and the city."""
    city = model.city["name"] if model.city else ""
    name = (model.city or {}).get("site_name") or parseaddr(mail_from)[0] or "Headrow"
    return f"{name}, {city}" if city and city.casefold() not in name.casefold() else name
