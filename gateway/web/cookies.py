"""Our cookies: what they are called, and how they are read, set and deleted. No other module does that.

Over HTTPS each has the prefix `__Host-` (RFC 6265bis, 4.1.3.2): a browser then takes it from this very host alone, and
no sister subdomain can plant one of its own. Without HTTPS browsers refuse the prefix, and the plain name stays.

Whoever was signed in before there was a prefix stays so: until `PLAIN_UNTIL` the plain names are read over HTTPS too,
where there is none with the prefix, and the one that keeps someone signed in is replaced.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from werkzeug.wrappers import Request, Response

PREFIX: Final = "__Host-"
PLAIN_UNTIL: Final = datetime(2027, 7, 1, tzinfo=UTC)


class Cookies:
    """The cookies of one site. `secure`: it is served over HTTPS."""

    def __init__(self, public_url: str, now: Callable[[], datetime]) -> None:
        self.secure = public_url.lower().startswith("https:")
        self._now = now

    def called(self, name: str) -> str:
        """Return what this site calls a cookie."""
        return PREFIX + name if self.secure else name

    def read(self, request: Request, name: str) -> str | None:
        """Return what the browser keeps by that name; None where it keeps nothing."""
        kept = request.cookies.get(self.called(name))
        return self._plain(request, name) if kept is None else kept

    def set(self, response: Response, name: str, value: str, **lasting: Any) -> None:
        """Have the browser keep it; `lasting` is `max_age` in seconds, or `expires`."""
        response.set_cookie(
            self.called(name), value, path="/", secure=self.secure, httponly=True, samesite="Lax", **lasting
        )

    def delete(self, response: Response, name: str) -> None:
        """Have the browser keep it no longer, by whichever name."""
        for called in {name, self.called(name)}:
            prefixed = called != name  # a browser takes nothing by that name that is not secure, not even its end
            response.delete_cookie(called, path="/", secure=prefixed, httponly=True, samesite="Lax")

    def replace(self, request: Request, response: Response, name: str, seconds: int) -> None:
        """Have one by the plain name go on by the name with the prefix, where it was read and the answer sets none.

        Only in an answer that nobody keeps: a cache would hand the cookie on.
        """
        if (
            not self.secure
            or name not in request.cookies
            or "no-store" not in response.headers.get("Cache-Control", "")
        ):
            return
        if any(set_.partition("=")[0] == self.called(name) for set_ in response.headers.getlist("Set-Cookie")):
            return
        if self.called(name) not in request.cookies and (value := self._plain(request, name)):
            self.set(response, name, value, max_age=seconds)
        response.delete_cookie(name, path="/", httponly=True, samesite="Lax")

    def _plain(self, request: Request, name: str) -> str | None:
        return request.cookies.get(name) if not self.secure or self._now() < PLAIN_UNTIL else None
