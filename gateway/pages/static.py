"""The stylesheet and the icon."""

from functools import cache
from pathlib import Path

from werkzeug.wrappers import Response

from gateway import conditions
from gateway.answers import revalidated
from gateway.call import Call
from gateway.routing import Routes
from services.bus.refusals import NotFound

routes = Routes("Pages", prefix="")
FOLDER = Path(__file__).parent / "static"
MEDIA = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def _files() -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in FOLDER.iterdir() if file.suffix in MEDIA}


@routes.route("GET", "/static/{file}", "anyone", "A file that pages need", media="text/css")
def read_file(call: Call) -> Response:
    """From a fixed set: no path is ever made of what was asked for."""
    content = _files().get(call.path["file"])
    if content is None:
        raise NotFound("There is nothing at this address.")
    headers = {"Cache-Control": "public, max-age=3600", "ETag": conditions.tag(content)}
    return revalidated(call.request, content, headers, MEDIA[Path(call.path["file"]).suffix])
