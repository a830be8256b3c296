"""Who is calling, and what they may do."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from gateway.web.cookies import Cookies
from gateway.web.errors import CrossSite
from services.runtime.networks import Network, is_in, read_address

COOKIE = "headrow_session"
SIGNED_IN_FOR = 30 * 24 * 3600  # seconds at most; registration knows when it is over
SAFE = {"GET", "HEAD", "OPTIONS"}
FACILITATOR = "facilitator"
OF_ONE = {FACILITATOR: ("facilitates", "slug"), "coordinator": ("coordinates", "id")}  # of which, by a path's parameter
ROLES = {"staff": {"team", "operator"}, "monitoring": {"operator"}}  # what a route requires, and who that is

NOWHERE: Mapping[str, str] = {}

Caller = dict[str, str]
Person = dict[str, Any]


def caller_of(request: Request, cookies: Cookies) -> Caller | None:
    """Return `{"token": sha256 hex}` of the bearer token, or else of the pages' cookie; None without either."""
    token = bearer_of(request) or cookies.read(request, COOKIE)
    return {"token": hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()} if token else None


def bearer_of(request: Request) -> str | None:
    """Return the token of `Authorization: Bearer` (RFC 6750, 2.1)."""
    scheme, _, token = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def address_of(request: Request, proxies: Sequence[Network]) -> str:
    """Return the network address that a request came from, which our own `proxies` passed on.

    Each proxy adds the address of whoever it heard: what the last of ours added is read, and nothing that stands left
    of that, which anybody may have written.
    """
    address = request.remote_addr or ""
    if not proxies:
        return address
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    while hops and is_in(address, proxies) and read_address(hops[-1]) is not None:
        address = hops.pop()
    return address


def refuse_cross_site(request: Request, cookies: Cookies, public_url: str) -> None:
    """Refuse a change that a browser sends with the cookie on another site's behalf. Raises CrossSite.

    SameSite=Lax keeps the cookie from other sites; this keeps out sister subdomains and old browsers as well.
    """
    if request.method in SAFE or bearer_of(request) or cookies.read(request, COOKIE) is None:
        return
    if is_from_elsewhere(request, public_url):
        raise CrossSite


def is_from_elsewhere(request: Request, public_url: str) -> bool:
    """Say whether the browser tells that a page of another site made this request; an old one tells nothing.

    What it says of the site comes first: from a page of ours that sends no referrer, the origin is `null`.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return bool(origin) and urlsplit(origin).netloc not in {urlsplit(public_url).netloc, request.host}


def would_have_role(person: Person, role: str, path: Mapping[str, str]) -> bool:
    """Say whether a person would have `role` if they had given a second factor."""
    return has_role({**person, "roles": person.get("roles_withheld", ())}, role, path)


def has_role(person: Person, role: str, path: Mapping[str, str] = NOWHERE) -> bool:
    """Say whether a person has `role` for what the `path` names.

    `facilitator` is of the session, or of any where it names none; what it may, the team may. `coordinator` is of the
    organisation alone.
    """
    if role not in OF_ONE:
        return not ROLES.get(role, {role}).isdisjoint(person["roles"])
    if role == FACILITATOR and "team" in person["roles"]:
        return True
    of_what, named = OF_ONE[role]
    theirs = person.get(of_what, ())
    return path[named] in theirs if named in path else bool(theirs)
