"""What a browser makes of a page."""

from html.parser import HTMLParser


class Shown(HTMLParser):
    """A page as it is shown: its elements in order, each form's fields by its action, and what is in text areas."""

    VOID = ("meta", "link", "input", "br", "hr", "img", "wbr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.forms: dict[str | None, dict[str, str]] = {}
        self.areas: dict[str, str] = {}
        self.areas_of: dict[str | None, list[str]] = {}
        self._form: dict[str, str] = {}
        self._area = self._select = ""
        self.feed(text)
        assert self.open == [], "each element is closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.elements.append((tag, found))
        if tag not in self.VOID:
            self.open.append(tag)
        name = found.get("name") or ""
        if tag == "form":
            self._action = found.get("action")
            self._form = self.forms.setdefault(self._action, {})
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in found or self._select not in self._form):
            self._form[self._select] = found.get("value") or ""
        elif tag == "textarea":
            self._area = name or str(found["id"])
            self.areas[self._area] = ""
            if "form" in self.open:
                self.areas_of.setdefault(self._action, []).append(self._area)
        elif tag == "input" and name and (found.get("type") not in ("radio", "checkbox") or "checked" in found):
            self._form.setdefault(name, found.get("value") or "")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "elements are closed in order"
        if tag == "textarea":
            self.areas[self._area] = self.areas[self._area].removeprefix("\n")
            if "form" in self.open:
                self._form[self._area] = self.areas[self._area]
            self._area = ""

    def handle_data(self, text: str) -> None:
        if self._area:
            self.areas[self._area] += text

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [found for name, found in self.elements if name == tag]

    @property
    def links(self) -> list[str]:
        return [str(link.get("href")) for link in self.all("a")]
