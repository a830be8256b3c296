"""The answers that handlers give: JSON, in the shapes that the API's habits fix."""

import json
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from gateway import conditions
from gateway.call import Answer, Call

PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie"}
REVALIDATED = {"Cache-Control": "no-cache", "Vary": "Authorization, Cookie"}


def to_json(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON; datetimes as ISO 8601."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_written).encode()


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")


def private(answer: Answer, status: int = 200, **headers: str) -> Response:
    """Answer with what a service answered, for the caller's eyes only."""
    return written(to_json(answer.value), status, answer.replayed, **headers)


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


def single(call: Call, content: bytes, etag: str, *, personal: bool, media: str = "application/json") -> Response:
    """Answer a GET with `content`, or 304 if the client has it."""
    headers = {**(PRIVATE if personal else REVALIDATED), "ETag": etag}
    return revalidated(call.request, content, headers, media)


def revalidated(request: Request, content: bytes, headers: dict[str, str], media: str) -> Response:
    """Answer with `content`, or with 304 if If-None-Match names its ETag."""
    if conditions.is_current(request, headers["ETag"]):
        return Response(b"", 304, headers)
    return Response(content, 200, headers, content_type=media)
