"""The team's page of the words of one kind of email: changed, previewed, tried, and given back to ours."""

import base64
import re
from hashlib import sha256
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.messages.team import kind
from gateway.parts import editing
from gateway.parts.edit_forms import EditForm
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.forms import key_of, typed
from gateway.web.pages.layout import SECURITY, go
from gateway.web.routing import page_routes
from services.runtime.refusals import Refusal

PARTS: Final = ("opening", "closing")
LABELS: Final = {"opening": "the opening", "closing": "the closing words"}
KEEPS: Final = {"opening": "Opening", "closing": "Closing words"}
TOO_MANY: Final = "too-many-tests"
STYLE: Final = re.compile("<style>(.*?)</style>", re.DOTALL)
routes = page_routes("team_texts", sign_in=for_the_team("Words of an email", **KEEPS), private=True)


@routes.route("GET", "/team/messages/previews/{template}/words", "Words of an email", requires="team", query=("done",))
def show_words(call: Call) -> Response:
    """The form, filled in."""
    text = _text(call)
    return _show(call, _form_of(text), text, done=call.query().get("done", ""))


@routes.route("POST", "/team/messages/previews/{template}/words", "Words of an email", requires="team")
def change_words(call: Call) -> Response:
    """Saves, and leads back; or shows or sends an example with what was typed, of which nothing is kept."""
    text = _text(call)
    form = {**_form_of(text), **typed(call, *text["parts"])}
    template, do = text["template"], call.given.get("do")
    if do == "ours":
        call.notifications("drop_own_text", template=template)
        return go("team_texts.show_words", template=template, done="ours")
    if do in ("preview", "test"):
        return _try(call, form, text, do)
    given = FORM.changes(call, text, form)
    named = {"template": template, "version": editing.version_of(call), "given": given}
    if given and (refusal := editing.refused(lambda: call.notifications("change_own_text", **named))):
        return _show(call, form, _text(call), refusal)
    return go("team_texts.show_words", template=template, done="saved")


def _try(call: Call, form: dict[str, str], text: Data, do: str) -> Response:
    """Show an example with what was typed; send it too, where that is asked for."""
    named = {"template": text["template"], "given": {part: _given(form)[part] for part in text["parts"]}}
    shown: Data = {"test": None, "too_many": False}
    try:
        preview = call.notifications("preview_own_text", **named).value
        if do == "test":
            shown["test"] = call.notifications("send_test", key=key_of(call), **named).value["address"]
    except Refusal as refusal:
        if refusal.code != TOO_MANY:
            return _show(call, form, text, refusal)
        shown["too_many"] = True
    response = _page(call, 429 if shown["too_many"] else 200, text, FORM.kept(call, form), preview=preview, **shown)
    response.headers["Content-Security-Policy"] = _with_style_of(preview["html"])
    return response


def _with_style_of(html: str) -> str:
    """Return our policy, in which the example in its frame may have the one style that our letters have."""
    style = STYLE.search(html)
    digest = base64.b64encode(sha256(style[1].encode()).digest()).decode() if style else ""
    return SECURITY["Content-Security-Policy"].replace("style-src 'self'", f"style-src 'self' 'sha256-{digest}'")


def _text(call: Call) -> Data:
    return dict(call.notifications("own_text", template=call.path["template"]).value)


def _form_of(text: Data) -> dict[str, str]:
    return {part: (text[part] or "").replace("\r\n", "\n") for part in PARTS}


def _given(form: dict[str, str]) -> Data:
    return {part: form[part].strip() or None for part in PARTS}


FORM: Final = EditForm(_form_of, _given, LABELS)


def _show(call: Call, form: dict[str, str], text: Data, refusal: Refusal | None = None, done: str = "") -> Response:
    status, shown = FORM.shown(call, form, text, refusal)
    return _page(call, status, text, shown, done=done)


def _page(call: Call, status: int, text: Data, shown: Data, **more: Any) -> Response:
    named = {"text": text, "name": kind(text["template"]), "preview": None, "test": None, "too_many": False}
    return show(call, "team_words.html", status, **{**named, **shown, **more})
