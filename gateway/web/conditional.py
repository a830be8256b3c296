"""Conditional requests (RFC 9110, 13): tags of what was answered, and whether a client's copy is still good."""

import hashlib
import re
from typing import Final

from werkzeug.wrappers import Request

from gateway.web.errors import PreconditionRequired
from services.runtime.refusals import StaleVersion

TAG: Final = re.compile(r'\s*(?:(W/)?"([\x21\x23-\x7e\x80-\xff]*)")\s*(?:,|$)')
VERSION: Final = re.compile(r"([0-9]{1,15})(?:-[0-9a-f-]+)?")


def tag(content: bytes, *versions: int) -> str:
    """Return a strong ETag: the versions that are in `content`, and a hash of it, which the clock may change too."""
    mark = hashlib.blake2b(content, digest_size=6).hexdigest()
    return '"' + "-".join([*map(str, versions), mark]) + '"'


def is_current(request: Request, etag: str) -> bool:
    """Say whether the client's copy, by If-None-Match, is what would be answered (weak comparison)."""
    given = request.environ.get("HTTP_IF_NONE_MATCH")
    if given is None:
        return False
    if given == etag or given.strip() == "*":
        return True
    return etag.strip('"') in {opaque for _, opaque in TAG.findall(given)}


def version_to_change(request: Request) -> int:
    """Return the version that If-Match names. Raises PreconditionRequired; StaleVersion for a tag that is not ours.

    Of several tags the latest counts. `*` names no version, and so protects nobody's change: it will not do.
    """
    given = request.environ.get("HTTP_IF_MATCH", "").strip()
    if not given or given == "*":
        raise PreconditionRequired
    tags = [opaque for weak, opaque in TAG.findall(given) if not weak]  # strong comparison: a weak one never matches
    versions = [int(found[1]) for opaque in tags if (found := VERSION.fullmatch(opaque))]
    if not versions:
        raise StaleVersion
    return max(versions)
