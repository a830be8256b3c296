"""The gateway without nameko: takes a request, keeps the API's habits, and has a handler answer it."""

import json
import logging
import re
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Final, Generic

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from gateway.web import body, conditional, cors, guards, openapi, own_changes, problems
from gateway.web.call import AnyCall, Call, M, Services
from gateway.web.cookies import Cookies
from gateway.web.developer import has_pages
from gateway.web.documents.typesetting import Typeset, typeset
from gateway.web.errors import Broken, KeyRequired, StaleForm
from gateway.web.identity import COOKIE, SIGNED_IN_FOR, Caller, address_of, caller_of, refuse_cross_site
from gateway.web.kept_files import KeptFiles
from gateway.web.metrics import Metrics
from gateway.web.pages.layout import Pages
from gateway.web.rate_limits import RateLimits
from gateway.web.response_cache import ResponseCache
from gateway.web.routing import Route, Router
from gateway.web.site import Site
from gateway.web.turns import Turns
from services.bus import audit
from services.runtime import clock, correlation, tracing
from services.runtime.refusals import Invalid, NotSignedIn, Refusal
from services.runtime.settings import Settings
from services.runtime.version import headrow_version

log = logging.getLogger(__name__)

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SECONDS: Final = 4.8  # for all that a request asks of services; with what else it takes, nobody waits over 5
UNLIMITED: Final = ("/health/", "/metrics")
IN_JSON: Final = ("/api/", *UNLIMITED)
SHOWN: Final = ("application/json", "text/html")  # anything else is a file that is taken away
VISIBLE: Final = re.compile(r"[\x21-\x7e]{1,255}")


class Application(Generic[M]):
    """What outlives a request: the site, the model, the limits, and the responses that are kept."""

    def __init__(
        self,
        settings: Settings,
        site: Site,
        model: M,
        now: Callable[[], datetime] = clock.now,
        ticks: Callable[[], float] = time.monotonic,
        typeset: Typeset = typeset,
    ) -> None:
        self.typeset = typeset
        self.settings, self.site, self.model, self.now, self.ticks = settings, site, model, now, ticks
        self.cache = ResponseCache(model)
        self.files = KeptFiles()
        self.metrics = Metrics()
        self.cookies = Cookies(settings.public_url, now)
        self.pages = Pages(settings, site, self.cookies, model)
        self.limits = RateLimits() if settings.limits else None
        self.turns = Turns(ticks)
        self.router = _router(site, for_developers=has_pages(settings))
        self.secret = tuple({r.path.partition("{token}")[0] for r in site.routes if "{token}" in r.path})

    def answer(self, request: Request, services: Services) -> Response:
        """Answer a request. Never raises: what went wrong is in the log, under the answer's correlation id."""
        began = time.perf_counter()
        with correlation.following(request.environ.get("HTTP_X_CORRELATION_ID")) as correlation_id:
            handler = RequestHandler(self, request, services)
            self._keep_out_of_the_log(request)
            is_traced = tracing.on and not handler.path.startswith(UNLIMITED)
            response = _traced(handler) if is_traced else handler.answer()
        response.headers["X-Correlation-Id"] = correlation_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        if self.cookies.secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if self.settings.cors_origins and handler.path.startswith("/api/"):
            cors.let_in(request, response, self.settings.cors_origins)
        method = request.method if request.method in METHODS else "other"
        where = handler.route.path if handler.route else "none"
        self.metrics.count(method, where, response.status_code, time.perf_counter() - began)
        return response

    def _keep_out_of_the_log(self, request: Request) -> None:
        """Have the access line not show a path that stands for a person."""
        for beginning in self.secret:
            if request.path.startswith(beginning):
                request.environ["http1.path"] = f"{beginning}…"

    def trust(self, caller: Caller | None) -> None:
        """Note that registration knew the caller."""
        if self.limits is not None and caller is not None:
            self.limits.trust(caller["token"])

    @cached_property
    def openapi(self) -> bytes:
        """The OpenAPI document."""
        document = openapi.document(self.site.api, self.site.describe, headrow_version(), self.settings.public_url)
        return json.dumps(document, ensure_ascii=False, indent=1).encode()


@cache
def _router(site: Site, *, for_developers: bool) -> Router:
    """Return what finds routes. A process makes it once: that takes as long as thousands of requests to it."""
    return Router(route for route in site.routes if for_developers or route.requires != "developer")


def _traced(handler: "RequestHandler") -> Response:
    """Have a request answered, and trace it by its route: a path may name someone, and so may what is in a query."""
    given = handler.request
    method = given.method if given.method in METHODS else "_OTHER"
    known = {"http.request.method": method, "url.scheme": given.scheme}
    after = tracing.accepted(given.headers.get("traceparent"))
    with tracing.span("gateway", "server", method, known, after=after, begins=True) as span:
        response = handler.answer()
        assert span is not None
        span.tell({"http.response.status_code": response.status_code})
        if handler.route is not None:
            span.tell({"http.route": handler.route.path}, name=f"{method} {handler.route.path}")
        if response.status_code >= 500:
            span.fail(str(response.status_code))
    return response


class RequestHandler:
    """One request's way to the function that answers it, and what is found out on it."""

    def __init__(self, app: Application[Any], request: Request, services: Services) -> None:
        self.app, self.request = app, request
        self.services = services.until(app.ticks() + SECONDS, app.ticks)
        self.path = request.path
        self.route: Route | None = None
        self.caller = caller_of(request, app.cookies)
        self.call: AnyCall | None = None  # once it is known what is asked for
        self.address = address_of(request, app.settings.proxies)
        self._limit_headers: dict[str, str] = {}

    def answer(self) -> Response:
        """Have the request answered, refusals and errors included."""
        try:
            response = self._answer()
        except Refusal as refusal:
            response = self._refuse(refusal)
        except HTTPException as error:
            response = self._refuse(problems.from_http(error))
        except Exception:
            log.exception("request %s failed", correlation.current())
            response = self._refuse(Broken())
        for name, value in self._limit_headers.items():
            response.headers[name] = value
        return response

    def _answer(self) -> Response:
        self._charge()
        if self.request.method == "OPTIONS":
            return Response(b"", 204, {"Allow": ", ".join(self.app.router.methods(self.path))})
        route, parameters = self.app.router.find(self.request.method, self.path)
        self.route = route
        call: AnyCall = Call(self.request, self.app, self.services, route, parameters, self.app.now(), self.caller)
        self.call = call
        if not route.form:
            refuse_cross_site(self.request, self.app.cookies, self.app.settings.public_url)
        with nullcontext() if route.media in SHOWN else audit.exporting():
            response = self._page(call) if route.page else self._api(call)
        self._carry_on(call, response)
        if call.caller is not None and self.request.cookies:
            self.app.cookies.replace(self.request, response, COOKIE, SIGNED_IN_FOR)
        return response

    def _carry_on(self, call: AnyCall, response: Response) -> None:
        """Have what was changed just now be on the next page, whichever gateway is asked for it."""
        if call.announced is not None:
            call.hear()
            if call.route.page:
                own_changes.carry_on(response, self.app.cookies, call.announced)
        elif call.in_vain:
            self.app.cookies.delete(response, own_changes.COOKIE)

    def _page(self, call: AnyCall) -> Response:
        """Have a page answer: a form is read first, so that nobody who was signed out loses what they wrote."""
        try:
            self._read(call)
        except StaleForm:
            return guards.give_back(call)
        return guards.answer(call)

    def _api(self, call: AnyCall) -> Response:
        guards.admit(call)
        self._read(call)
        return call.route.handler(call)

    def _charge(self) -> None:
        """Count the request. Raises TooManyRequests."""
        limits = self.app.limits
        if limits is None or self.path.startswith(UNLIMITED):
            return
        now = self.app.ticks()
        bucket = limits.bucket(self.address, self.caller["token"] if self.caller else None, now)
        try:
            bucket.take(now)
        finally:
            self._limit_headers = bucket.headers

    def _read(self, call: AnyCall) -> None:
        """Read what the request brings besides its address. Raises a refusal."""
        route = call.route
        if route.form:
            files = call.files if route.files else None
            call.given = dict(body.read_form(call.request, route.most, route.most_fields, files=files))
            self.app.pages.forms.check(call)
            return
        if route.one_click:
            body.check_one_click(call.request, route.most)
            return
        if route.method == "POST":
            call.key = self._key(route)
        if route.if_match:
            call.version = conditional.version_to_change(call.request)
        if route.csv and call.request.mimetype == "text/csv":
            call.sheet = body.read_csv(call.request, route.most)
        elif route.takes:
            call.content = body.read_bytes(call.request, route.most, route.takes)
        elif route.method in ("POST", "PATCH") or route.body is not None:
            optional = route.body is None or route.body_optional
            call.given = body.read_json(call.request, route.most, optional=optional)

    def _key(self, route: Route) -> str | None:
        """Return the Idempotency-Key; without a caller there is nobody whose key it could be. Raises a refusal."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None and route.key_required:
            raise KeyRequired
        if key is not None and not VISIBLE.fullmatch(key):
            raise Invalid.field("Idempotency-Key", "not-a-key", min=1, max=255)
        return key if self.caller else None

    def _refuse(self, refusal: Refusal) -> Response:
        if refusal.code == NotSignedIn.code and self.caller:
            refusal.facts["token_given"] = True
            if self.app.limits is not None:
                self.app.limits.revoke(self.caller["token"], self.address, self.app.ticks())
        correlation_id = correlation.current() or ""
        if self.path.startswith(IN_JSON):
            return problems.as_json(refusal, correlation_id)
        return self.app.pages.refuse(refusal, correlation_id, self.call, someone=self.caller is not None)
