"""The page of one recording, on which it plays: only once somebody asks, as its player may set cookies."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.materials.visible import visible
from gateway.parts.cards import material_cards
from gateway.parts.players import Player, player_of
from gateway.projection.call import Call
from gateway.projection.read_model import Thing
from gateway.web.pages.layout import SECURITY
from gateway.web.routing import page_routes

routes = page_routes("playing")
PLAY: Final = "yes"


@routes.route("GET", "/recordings/{id}", "A recording", requires="anyone", query=("play",))
def show_recording(call: Call) -> Response:
    """What it is and where it plays from; with `play=yes`, in a frame. Nothing of another site is loaded before."""
    visitor = call.app.pages.visitor(call)
    thing = visible(call, call.path["id"], team=visitor is not None and "team" in visitor["roles"])
    player = player_of(thing.data["url"], call.app.settings.players)
    plays = player if call.query().get("play") == PLAY else None
    if thing.data["audience"] == "everyone":
        response = call.app.pages.show(call, "recording.html", lambda: _shown(call, thing, player, plays))
    else:
        response = call.app.pages.show_form(call, "recording.html", **_shown(call, thing, player, plays))
    if plays:
        response.headers["Content-Security-Policy"] = with_frame_of(plays)
    return response


def with_frame_of(player: Player) -> str:
    """Return the rules of a page that may show a frame of this player's host, and of no other."""
    return f"{SECURITY['Content-Security-Policy']}; frame-src https://{player.host}"


def _shown(call: Call, thing: Thing, player: Player | None, plays: Player | None) -> dict[str, Any]:
    [card] = material_cards(call, [thing])
    return {"material": card, "player": player, "plays": plays is not None, "play": PLAY}
