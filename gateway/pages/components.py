"""The components of the NHS design system, as templates call them: `nhsuk.button({"text": "Save"})`.

They come from nhsuk-frontend-jinja with the parameters that https://service-manual.nhs.uk/design-system names. Their
templates ask for parameters that nobody gave, so that they have an environment of their own: ours takes a name that is
not there for a mistake.
"""

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Final

from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup

Component = Callable[[dict[str, object]], Markup]
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
    return macro
