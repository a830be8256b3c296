"""Forms as a browser has them: what is in their fields, and what it sends of them."""

import re
from html.parser import HTMLParser

from tests.gateway.html import Page


class Texts(HTMLParser):
    """What a browser shows in the text fields of a page, by name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._name: str | None = None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        assert self._name is None, "there is no tag in a text field"
        if tag == "textarea":
            self._name = dict(attributes).get("name") or dict(attributes)["id"]
            self.found[self._name] = ""

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.found[self._name] = self.found[self._name].removeprefix("\n")
            self._name = None

    def handle_data(self, data):
        if self._name:
            self.found[self._name] += data


def chosen(page):
    """Return the value of each radio button that is chosen."""
    return [field["value"] for field in page.all("input") if field.get("type") == "radio" and "checked" in field]


def text_in(page, text):
    """Return what a browser would send of a page's form, unless something else is typed or chosen."""
    areas = re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', text, re.DOTALL)
    fields = [field for field in page.all("input") if "name" in field]
    sent = [field for field in fields if field["type"] not in ("radio", "checkbox") or "checked" in field]
    return {**{field["name"]: field.get("value") or "" for field in sent}, **dict(areas)}


def form_of(world, path):
    """Return the hidden fields of a page."""
    page = Page(world.client.get(path).text)
    return {field["name"]: field["value"] for field in page.all("input") if field.get("type") == "hidden"}


def send(world, page, path=None, **said):
    """Fill in the form of a page, and send it."""
    form = Page(world.client.get(page).text).form
    hidden = {name: form[name] for name in ("form_token", "key", "version") if name in form}
    return world.client.post(path or page, data={**hidden, **said})
