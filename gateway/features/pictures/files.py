"""The files of pictures, at addresses whose content never changes."""

import base64
import re
from typing import Final

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web.pages.static_files import FOR_A_YEAR
from gateway.web.responses import PRIVATE, revalidated
from gateway.web.routing import Routes
from services.runtime.refusals import NotFound

routes = Routes("pictures", "", prefix="", media="image/jpeg")
NAME: Final = re.compile(r"([0-9a-f]{40})-([0-9]{1,4})\.jpg")


@routes.route("GET", "/pictures/{file}", "A picture of a session or speaker", requires="anyone")
def read_file(call: Call) -> Response:
    """In one of its widths. That of a draft is for the team alone."""
    named = NAME.fullmatch(call.path["file"])
    if named is None:
        raise NotFound("There is nothing at this address.")
    hash, width = named[1], int(named[2])
    public = _is_public(call, hash, width)
    if not public and not call.is_team():
        raise NotFound("There is nothing at this address.")
    content = call.app.files.get(("picture", hash, width), lambda: _asked_for(call, hash, width))
    headers = {"Cache-Control": FOR_A_YEAR} if public else PRIVATE
    return revalidated(call.request, content, {**headers, "ETag": f'"{hash}-{width}"'}, "image/jpeg")


def _is_public(call: Call, hash: str, width: int) -> bool:
    things = (*call.model.sessions.values(), *call.model.all("speakers").values())
    pictures = (thing.data["picture"] for thing in things)
    return any(picture and picture["hash"] == hash and width in picture["widths"] for picture in pictures)


def _asked_for(call: Call, hash: str, width: int) -> bytes:
    return base64.b64decode(call.catalogue("picture_file", hash=hash, width=width).value["content"])
