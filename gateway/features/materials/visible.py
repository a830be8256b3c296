"""Who may see one material, wherever it is shown by itself."""

from gateway.parts.cards import facilitates, published_of
from gateway.parts.membership import is_member
from gateway.parts.own_bookings import of_session
from gateway.parts.reading import known
from gateway.projection.call import Call
from gateway.projection.read_model import Thing
from gateway.projection.views import HAVE_BOOKED, WERE_THERE, sees_material
from services.runtime.refusals import NotFound


def visible(call: Call, id: str, *, team: bool) -> Thing:
    """Return the published material of this name, if whoever asks may see it. Raises NotFound, NotReady."""
    thing: Thing = known(call, "materials", id)
    audience, session = thing.data["audience"], thing.data["session"]
    member = not team and audience == "community" and is_member(call)
    was_there = not team and audience == "attendees" and _was_there(call, session)
    booked = not team and audience == "booked" and has_booked(call, session)
    if thing.data["status"] != "published" or not sees_material(thing.data, team, member, was_there, booked):
        raise NotFound("There is nothing of this name.")
    return thing


def has_booked(call: Call, session: str | None) -> bool:
    """Say whether the caller sees what is for those who booked a session; without such, nothing is asked."""
    if session is None or call.person is None:
        return False
    if all(material.data["audience"] != "booked" for material in published_of(call, session)):
        return False
    if facilitates(call, session):
        return True
    return any(booking["state"] in HAVE_BOOKED for booking in of_session(call, session, live_alone=True))


def _was_there(call: Call, session: str | None) -> bool:
    if session is None or call.person is None:
        return False
    return any(booking["state"] in WERE_THERE for booking in of_session(call, session, live_alone=False))
