"""What all pages share: templates, security headers, the header with the visitor in it, and pages for refusals."""

import gzip
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from gateway.web import problems, times
from gateway.web.call import AnyCall
from gateway.web.cookies import Cookies
from gateway.web.identity import COOKIE, Person
from gateway.web.pages.components import components
from gateway.web.pages.forms import Forms
from gateway.web.pages.names import isolated
from gateway.web.pages.static_files import address_of
from gateway.web.responses import PRIVATE, REVALIDATED, revalidated
from gateway.web.routing import url_for
from gateway.web.site import Site
from services.runtime import search
from services.runtime.refusals import NotSignedIn, Refusal, Unavailable
from services.runtime.settings import Settings

HTML: Final = "text/html; charset=utf-8"
SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
NO_REFERRER: Final = {"Referrer-Policy": "no-referrer"}


@cache
def _templates(site: Site) -> Environment:
    """Return the templates. They are compiled once in a process, however often one asks."""
    folders = [Path(__file__).parent / "templates", *site.templates]
    templates = Environment(
        loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    templates.filters.update(day=times.day_in_words, moment=times.in_words, short=times.in_short, isolated=isolated)
    templates.filters.update(date=times.date_in_words, up_to="Up to {:,} characters".format, **site.filters)
    templates.globals.update(
        span=times.span_in_words, static=address_of, nhsuk=components(), here="", url_for=url_for,
        length_of=times.length_of_meetings, most_of_search=search.MOST, canonical=None, **site.words,
    )  # fmt: skip
    return templates


class Pages:
    """Shows pages."""

    def __init__(self, settings: Settings, site: Site, cookies: Cookies, model: object) -> None:
        self._templates = _templates(site)
        self._look = lambda: site.look(model, settings)
        self.forms = Forms(settings.secret_key, cookies)

    def show(self, call: AnyCall, template: str, context: Callable[[], dict[str, Any]]) -> Response:
        """Show a page that is the same for all who are not signed in: it is written once, and kept."""
        if visitor := self.visitor(call):
            return self._personal(call, template, 200, visitor, context())

        def write() -> bytes:
            shared = {"visitor": None, "someone": False, "form_token": None}
            return self._write(template, **shared, **_place_of(call), **context())

        key = (template, *call.path.values(), *sorted(call.query().items()))
        written = call.app.cache.get(key, call.now, write)
        headers = {**SECURITY, **REVALIDATED, "ETag": written.etag}
        return self._without_dead_cookie(call, revalidated(call.request, written.content, headers, HTML))

    def show_form(self, call: AnyCall, template: str, status: int = 200, **context: Any) -> Response:
        """Show a page with a form, which is bound to the browser that it is shown to."""
        visitor = self.visitor(call)
        return self._without_dead_cookie(call, self._personal(call, template, status, visitor, context))

    def _personal(
        self, call: AnyCall, template: str, status: int, visitor: Person | None, context: dict[str, Any]
    ) -> Response:
        shared = {
            "visitor": visitor,
            "someone": call.caller is not None,
            "form_token": lambda: self.forms.token(call),
            **_place_of(call),
        }
        content = self._write(template, **shared, **context)
        response = Response(content, status, {**SECURITY, **PRIVATE}, content_type=HTML)
        self.forms.remember(call, response)
        return response

    def _without_dead_cookie(self, call: AnyCall, response: Response) -> Response:
        cookies = call.app.cookies
        if call.caller is None and cookies.read(call.request, COOKIE) is not None:
            cookies.delete(response, COOKIE)
        return response

    def visitor(self, call: AnyCall) -> Person | None:
        """Return who is looking; None where nobody is signed in, or that cannot be found out now."""
        if call.caller is None:
            return None
        try:
            return call.who()
        except Refusal as refusal:
            if refusal.code not in (NotSignedIn.code, Unavailable.code):
                raise
            if refusal.code == NotSignedIn.code:
                call.caller = None
            return None

    def is_signed_in(self, call: AnyCall) -> bool:
        """Say whether somebody is signed in. Raises Unavailable where that cannot be found out now."""
        visitor = self.visitor(call)
        if visitor is None and call.caller is not None:
            raise Unavailable("It cannot be found out now who you are.")
        return visitor is not None

    def refuse(self, refusal: Refusal, correlation_id: str, call: AnyCall | None, *, someone: bool) -> Response:
        """Show why a page cannot be shown, to `someone` who came with a token, or to nobody in particular.

        Nobody is asked who they are: that may be what failed. Who has been found out already is named.
        """
        slug, problem = problems.problem_of(refusal)
        detail = problem.explanation if slug == "internal" else refusal.detail
        signed_in = call is not None and call.caller is not None and slug != NotSignedIn.code
        shared = {
            "visitor": call.person if call is not None and signed_in else None,
            "someone": someone and slug != NotSignedIn.code and (call is None or signed_in),
            "form_token": lambda: self.forms.token(call) if call is not None else "",
        }
        context = {"slug": slug, "problem": problem, "detail": detail, "correlation_id": correlation_id}
        content = self._write("refused.html", **shared, **context)
        headers = {**SECURITY, **NO_REFERRER, **problems.headers_of(refusal)}
        return Response(content, problem.status, headers, content_type=HTML)

    def docs(self, call: AnyCall) -> Response:
        """Show the OpenAPI document, which is the same whoever looks."""

        def write() -> bytes:
            document = json.loads(call.app.openapi)
            return self._write("docs_main.html", document=document, schemas=document["components"]["schemas"])

        def context() -> dict[str, Any]:
            return {"main": Markup(call.app.cache.get("docs", call.now, write).content.decode())}

        return _compressed(call, self.show(call, "docs.html", context))

    def _write(self, template: str, **context: Any) -> bytes:
        return self._templates.get_template(template).render(**{**self._look(), **context}).encode()


def _place_of(call: AnyCall) -> dict[str, str | None]:
    """Return where a page is: its path, the site's own address, and the page's, where it may be passed on to anyone."""
    path, public_url = call.request.path, call.app.settings.public_url
    return {"here": path, "public_url": public_url, "canonical": public_url + path if call.route.to_pass_on else None}


def _compressed(call: AnyCall, response: Response) -> Response:
    """Send a long page compressed, to whoever takes it so.

    Only one that shows nothing of what was asked for: beside that, its length would tell of the token in it (BREACH).
    """
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and call.request.accept_encodings.quality("gzip") > 0:
        response.set_data(gzip.compress(response.get_data(), mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        if etag := response.headers.get("ETag"):
            response.headers["ETag"] = f"W/{etag.removeprefix('W/')}"  # the same page, in other bytes
    return response


def kept_to_ourselves(response: Response) -> Response:
    """Have no other site learn the address of this page, which holds a secret, and no cache keep it."""
    response.headers.update({**NO_REFERRER, **PRIVATE})
    return response


def led_to(path: str) -> Response:
    """Lead the browser on to a page of ours, once what a form asked for was done."""
    response = redirect(path, 303)
    response.headers.update(PRIVATE)
    return response


def go(name: str, /, *, _anchor: str = "", **values: object) -> Response:
    """Lead the browser on to the route of this name, as `url_for` takes it."""
    return led_to(url_for(name, _anchor=_anchor, **values))
