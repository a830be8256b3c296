"""What pages load to look as the team wants: its colour and its logo, at addresses whose content never changes."""

import base64
import re
from typing import Final

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import conditional
from gateway.web.pages.static_files import FOR_A_YEAR
from gateway.web.responses import revalidated
from gateway.web.routing import page_routes
from services.runtime.refusals import NotFound

routes = page_routes("look_files")
COLOUR: Final = re.compile("[0-9a-f]{6}")
NAME: Final = re.compile("[0-9a-f]{64}")
STYLE: Final = """:root {{
  --site-accent: {accent};
  --site-accent-dark: {dark};
  --site-accent-darker: {darker};
  --site-accent-line: #ffffff66;
}}
"""


@routes.route("GET", "/colours/{file}", "The colour of the site", requires="anyone", media="text/css")
def read_style(call: Call) -> Response:
    """Follows from its address alone, which is a colour such as `5b2d8a.css`."""
    accent = call.path["file"].removesuffix(".css")
    if not COLOUR.fullmatch(accent):
        raise NotFound("There is nothing at this address.")
    style = STYLE.format(accent=f"#{accent}", dark=_darker(accent, 80), darker=_darker(accent, 50))
    return _for_a_year(call, style.encode(), "text/css; charset=utf-8")


@routes.route("GET", "/logos/{logo}", "The logo of the site", requires="anyone", media="image/png")
def read_logo(call: Call) -> Response:
    """By the hash of its bytes, and so the same for ever."""
    name = call.path["logo"]
    if not NAME.fullmatch(name):
        raise NotFound("There is nothing at this address.")
    logo = call.catalogue("logo", name=name).value
    return _for_a_year(call, base64.b64decode(logo["content"]), logo["media"])


def _for_a_year(call: Call, content: bytes, media: str) -> Response:
    headers = {"Cache-Control": FOR_A_YEAR, "ETag": conditional.tag(content)}
    return revalidated(call.request, content, headers, media)


def _darker(colour: str, percent: int) -> str:
    """Return the colour with so many of a hundred parts of its light."""
    return "#" + "".join(f"{int(colour[at : at + 2], 16) * percent // 100:02x}" for at in (0, 2, 4))
