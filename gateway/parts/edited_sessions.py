"""Sessions as the team edits them: as the catalogue holds them now, drafts among them."""

from typing import Final

from gateway.projection.call import Call
from gateway.projection.read_model import Data, as_session
from gateway.projection.views import held_of, session_view, words

CHOICES: Final = {
    "delivery": {"face_to_face": "In a room", "virtual": "Online", "hybrid": "In a room and online"},
    "by_application": {
        "False": "In the order of booking",
        "True": "By the team, to people who apply",
    },
    "waiting_list": {
        "automatic": "Whoever is next gets the place at once",
        "offer": "Whoever is next is asked first, and has some time to say yes",
        "none": "There is no waiting list",
    },
}


def session_of(call: Call, slug: str | None = None) -> Data:
    """Return the session of this name, or else the one that the address names, as it is now. Raises NotFound."""
    call.model.require_ready()
    return dict(call.catalogue("session", slug=slug or call.path["slug"]).value)


def seen(call: Call, session: Data) -> Data:
    """Return what the pages about one session show of it."""
    told = as_session(session)
    view = session_view(call.model, told, call.now, call.app.settings.public_url)
    places = call.model.places(told.data)
    held = {held["sector"]: held["left"] for held in held_of(told, places, call.now)}
    names = call.model.sector_names
    lines = [
        {**hold, "name": names.get(hold["sector"], words(hold["sector"])), "left": held.get(hold["sector"])}
        for hold in told.data["held_places"]
    ]
    more = {name: session[name] for name in ("join_url", "travel_minutes", "materials")}
    more["template"] = session.get("template")
    return {"session": {**view, **more, "over": places.over, "held": lines}, "choices": CHOICES}
