"""The components of the NHS design system, as templates call them: `nhsuk.button({"text": "Save"})`.

They come from nhsuk-frontend-jinja with the parameters that https://service-manual.nhs.uk/design-system names. Their
templates ask for parameters that nobody gave, so that they have an environment of their own: ours takes a name that is
not there for a mistake.

One takes a third of a millisecond to write, and a form has fifty. What is made of our own words is therefore kept.
"""

import marshal
from collections.abc import Callable
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Final

from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup

Component = Callable[..., Markup]
NAMES: Final = {
    "actionLink": "action-link",
    "backLink": "back-link",
    "breadcrumb": "breadcrumb",
    "button": "button",
    "card": "card",
    "characterCount": "character-count",
    "checkboxes": "checkboxes",
    "contentsList": "contents-list",
    "dateInput": "date-input",
    "details": "details",
    "errorMessage": "error-message",
    "errorSummary": "error-summary",
    "fieldset": "fieldset",
    "input": "input",
    "insetText": "inset-text",
    "notificationBanner": "notification-banner",
    "pagination": "pagination",
    "panel": "panel",
    "radios": "radios",
    "select": "select",
    "summaryList": "summary-list",
    "table": "tables",
    "tag": "tag",
    "textarea": "textarea",
    "warningCallout": "warning-callout",
}
OURS: Final = {"backLink", "button", "checkboxes", "dateInput", "input", "radios", "select", "table", "textarea"}
TYPED: Final = {"input", "textarea"}  # the value of one is somebody's own words, and not kept
MOST: Final = 300  # kept of each component


@cache
def components() -> SimpleNamespace:
    """Return all of them, by the names that the design system gives its macros."""
    environment = Environment(
        loader=PackageLoader("nhsuk_frontend_jinja"), autoescape=True, undefined=ChainableUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    return SimpleNamespace(**{name: _component(environment, name, folder) for name, folder in NAMES.items()})


def _component(environment: Environment, name: str, folder: str) -> Component:
    macro: Component = getattr(environment.get_template(f"nhsuk/components/{folder}/macro.jinja").module, name)
    return _kept(name, macro) if name in OURS else macro


def _kept(name: str, macro: Component) -> Component:
    """Return a component that is written once for the same parameters."""

    @lru_cache(MOST)
    def written(plain: bytes) -> Markup:
        return macro(marshal.loads(plain))

    def component(params: dict[str, object], **more: object) -> Markup:
        typed = name in TYPED and str(params.get("value", "")).strip()
        plain = None if typed or more else _plain(params)
        return macro(params, **more) if plain is None else written(plain)

    return component


def _plain(params: dict[str, object]) -> bytes | None:
    """Return parameters as bytes; None where there is more in them than text, numbers, lists and mappings of these."""
    try:
        return marshal.dumps(params, 2)  # the newest version whose bytes are the same for what is equal
    except ValueError:  # such as markup
        return None
