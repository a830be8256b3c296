"""The answers that handlers give: JSON, in the shapes that the API's habits fix."""

from werkzeug.wrappers import Request, Response

from gateway.web import conditional
from gateway.web.call import Answer, AnyCall
from services.bus.wire import to_json

__all__ = ["nothing", "private", "revalidated", "single", "to_json", "version_tag", "written"]

PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie"}
REVALIDATED = {"Cache-Control": "no-cache", "Vary": "Authorization, Cookie"}


def private(answer: Answer, status: int = 200, **headers: str) -> Response:
    """Answer with what a service answered, for the caller's eyes only."""
    return written(answer.content, status, answer.replayed, **headers)


def written(content: bytes, status: int = 200, replayed: bool = False, **headers: str) -> Response:
    """Answer with JSON, for the caller's eyes only; `headers` in Python's spelling."""
    shown = {**PRIVATE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if replayed:
        shown["Idempotent-Replayed"] = "true"
    return Response(content, status, shown, content_type="application/json")


def nothing(status: int, **headers: str) -> Response:
    """Answer without a body."""
    response = Response(b"", status, {**PRIVATE, **headers})
    del response.headers["Content-Type"]
    return response


def version_tag(version: int) -> str:
    """Return the ETag of what changes with its version only."""
    return f'"{version}"'


def single(call: AnyCall, content: bytes, etag: str, *, personal: bool, media: str = "application/json") -> Response:
    """Answer a GET with `content`, or 304 if the client has it."""
    headers = {**(PRIVATE if personal else REVALIDATED), "ETag": etag}
    return revalidated(call.request, content, headers, media)


def revalidated(request: Request, content: bytes, headers: dict[str, str], media: str) -> Response:
    """Answer with `content`, or with 304 if If-None-Match names its ETag."""
    if conditional.is_current(request, headers["ETag"]):
        return Response(b"", 304, headers)
    return Response(content, 200, headers, content_type=media)
