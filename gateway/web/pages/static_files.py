"""What pages are dressed in: our own files, and those that `assets/build` writes beside them."""

import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from werkzeug.wrappers import Response

from gateway.web import conditional
from gateway.web.call import AnyCall
from gateway.web.responses import revalidated
from gateway.web.routing import page_routes, url_for
from services.runtime.refusals import NotFound

routes = page_routes("static")
FOLDER: Final = Path(__file__).parent / "static"
MEDIA: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
FOR_AN_HOUR: Final = "public, max-age=3600"


@dataclass(frozen=True)
class File:
    """A file as it is sent: as it is, and made small for those who take that."""

    content: bytes
    small: bytes
    version: str


def address_of(name: str) -> str:
    """Return the address of a file, which changes with its content."""
    file = _files().get(name)
    return url_for("static.read_file", file=name, v=file.version if file else None)


@cache
def _files() -> dict[str, File]:
    found = [file for folder in (FOLDER, FOLDER / "built") if folder.is_dir() for file in folder.iterdir()]
    return {file.name: _read(file) for file in found if file.suffix in MEDIA}


def _read(file: Path) -> File:
    content = file.read_bytes()
    return File(content, gzip.compress(content, 9, mtime=0), conditional.tag(content).strip('"'))


@routes.route("GET", "/static/{file}", "A file that pages need", requires="anyone", media="text/css", query=("v",))
def read_file(call: AnyCall) -> Response:
    """From a fixed set: no path is ever made of what was asked for."""
    file = _files().get(call.path["file"])
    if file is None:
        raise NotFound("There is nothing at this address.")
    named = call.query().get("v") == file.version
    small = call.request.accept_encodings.quality("gzip") > 0
    headers = {
        "Cache-Control": FOR_A_YEAR if named else FOR_AN_HOUR,
        "ETag": f'"{file.version}-gzip"' if small else f'"{file.version}"',
        "Vary": "Accept-Encoding",
        **({"Content-Encoding": "gzip"} if small else {}),
    }
    content = file.small if small else file.content
    return revalidated(call.request, content, headers, MEDIA[Path(call.path["file"]).suffix])
