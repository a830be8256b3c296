"""Names that are read from right to left leave what stands beside them on a page where it is."""

from html.parser import HTMLParser

import pytest

from gateway.web.pages.names import isolated
from tests.gateway import world_of_pages as pages

ARABIC, HEBREW = "ليلى حداد", "דנה לוי"
PEOPLE = {"name", "actor_name", "person_name", "resent_by_name", "saved_by_name", "written_by_name"}
THINGS = {"code", "slug", "email_domain", "time_zone", "venue", "key", "template"}  # one of these has what is no person
INLINE = {"a", "bdi", "span", "strong", "em", "b", "i", "time", "abbr", "code", "small"}
NO_MARKUP = {"title", "option", "textarea", "script"}
SHOWN = [route for route in pages.PAGES if (route.method, route.media) == ("GET", "text/html")]


class Lines(HTMLParser):
    """The lines of a page, each in pieces: the text, and whether it is isolated from what stands beside it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.lines: list[list[tuple[str, bool]]] = [[]]
        self._open: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        hidden = "nhsuk-u-visually-hidden" in (dict(attributes).get("class") or "")
        if tag not in INLINE:
            self.lines.append([])
        if tag not in ("meta", "link", "input", "br", "hr", "img", "wbr"):
            self._open.append((tag, hidden or tag == "bdi" or tag in NO_MARKUP))

    def handle_endtag(self, tag: str) -> None:
        if tag not in INLINE:
            self.lines.append([])
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.lines[-1].append((data, any(apart for _, apart in self._open)))


def turned_round(text: str) -> list[str]:
    """Return the lines of a page in which more follows a name that is not isolated."""
    found = []
    for line in Lines(text).lines:
        bare = "".join("" if apart else piece for piece, apart in line)
        if ARABIC in bare and "".join(piece for piece, _ in line).rpartition(ARABIC)[2].strip(" \n"):
            found.append(" ".join(bare.split()))
    return found


def named(value, key=""):
    """Return what a service tells, with every person called by an Arabic name."""
    if isinstance(value, dict):
        is_one = not THINGS & value.keys()
        return {
            name: ARABIC if name in PEOPLE and told and is_one else named(told, name) for name, told in value.items()
        }
    if isinstance(value, list):
        return [named(told, key) for told in value]
    if callable(value) and not isinstance(value, type):
        return lambda **asked: named(value(**asked))
    return value


def test_only_a_name_that_is_read_from_right_to_left_is_isolated():
    assert isolated("Zoë <O’Neill>") == "Zoë &lt;O’Neill&gt;"
    for name in (ARABIC, HEBREW, f"Dr {HEBREW}", "<٣>"):
        assert isolated(name).startswith("<bdi>")
    assert isolated(f"<{HEBREW}>") == f"<bdi>&lt;{HEBREW}&gt;</bdi>"


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (f"<p>{ARABIC}, 3 bookings</p>", 1),
        (f"<li><strong>{ARABIC}</strong> (host)</li>", 1),
        (f"<p><bdi>{ARABIC}</bdi>, 3 bookings</p>", 0),
        (f"<h1>Merge {ARABIC}</h1><p>3 bookings</p>", 0),
        (f"<td>{ARABIC}<br>3 bookings</td>", 0),
    ],
)
def test_a_line_that_a_name_would_turn_round_is_found(page, found):
    assert len(turned_round(page)) == found


@pytest.mark.patient
@pytest.mark.parametrize("route", SHOWN, ids=lambda route: route.path)
def test_no_name_turns_round_what_stands_after_it(world, route):
    pages.furnish(world)
    pages.prepare(world, route)
    for service in pages.SERVICES:
        answers = getattr(world, service).answers
        for method in answers.keys() - {"reach"}:  # which tells of organisations, and of no person
            answers[method] = named(answers[method])
    answer = pages.see(world, route)
    assert answer.status_code == 200
    assert turned_round(answer.text) == []
