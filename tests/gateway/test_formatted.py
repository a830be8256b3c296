"""Longer texts that the team writes: what Markdown is read, and that nothing else gets into a page."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.parts.formatted import formatted, in_one_line, in_plain_text
from tests.gateway import catalogue

ALLOWED = {
    **{tag: set() for tag in ("br", "ul", "li", "em", "strong")},
    **{"p": {"class"}, "h2": {"class"}, "h3": {"class"}, "h4": {"class"}, "ol": {"start"}, "a": {"href", "rel"}},
}
ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](<javascript:alert(1)>)",
    "<javascript:alert(1)>",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:x)",
    "[a](//evil.example)",
    "[a](http://plain.example)",
    "[a](\u2028javascript:alert(1))",
    "[a](\uff4aavascript:alert(1))",
    '[a](https://a.example/" onmouseover="alert(1))',
    "[a](https://a.example 'x\" onclick=\"alert(1)')",
    "[a]( https://a.example/%22onclick=%22 )",
    "[<img src=x onerror=alert(1)>](https://a.example)",
    "[[a](https://b.example)](javascript:alert(1))",
    "![a](https://a.example/x.png)",
    "![a](javascript:alert(1))",
    "[a]: javascript:alert(1)\n\n[a]",
    "<a href='javascript:alert(1)'>x</a>",
    "<<script>script>alert(1)<</script>/script>",
    "<scr\u0000ipt>alert(1)</scr\u0000ipt>",
    "**<b onclick=alert(1)>**",
    "# <style>*{display:none}</style>",
    "- <iframe srcdoc='<script>alert(1)</script>'>",
    "1. <form action=https://evil.example><input name=x>",
    "`<script>alert(1)</script>`",
    "<!--><script>alert(1)</script>-->",
    "<math><mtext></p><style><img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)


class Elements(HTMLParser):
    """What a browser takes for elements, and for text."""

    def __init__(self, html):
        super().__init__()
        self.found, self.text, self.others = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        self.others.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def elements(text, level=2, **more):
    return Elements(str(formatted(text, level, **more)))


def check(text, level=2, lede=False):
    shown = elements(text, level, lede=lede)
    assert not shown.others
    for tag, attributes in shown.found:
        assert attributes.keys() <= ALLOWED[tag]
        assert attributes.get("class", "nhsuk-lede-text") in ("nhsuk-lede-text", "nhsuk-heading-s")
        if tag == "a":
            assert attributes["rel"] == "noopener nofollow"
            assert re.match("(?:https|mailto):", attributes["href"], re.IGNORECASE)
    levels = [level - 1, *(int(tag[1]) for tag, _ in shown.found if re.fullmatch("h[1-6]", tag))]
    assert all(level <= at for at in levels[1:])
    assert all(after - before <= 1 for before, after in pairwise(levels))


WORDS = st.sampled_from([
    *ATTACKS, *("#", "##", "######", "- ", "* ", "1. ", "\n", "\n\n", "  ", "\t", "*", "**", "_", "[", "](", ")"),
    *("<", ">", '"', "'", "&", "\\", "`", "https://a.example", "mailto:a@b.example", "javascript:", "\u202e", "\ufeff"),
])  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(st.one_of(WORDS, st.text(max_size=4)), max_size=25).map("".join)))
@example("".join(ATTACKS))
def test_whatever_is_typed_only_what_is_allowed_gets_into_a_page(text):
    for level in (2, 3):
        check(text, level, lede=level == 2)
    in_plain_text(text)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("around", ["{}", "# {}", "- {}", "**{}**", "[{}](https://a.example)", "x {}\n\n- - {}"])
def test_no_attack_gets_into_a_page(attack, around):
    check(around.replace("{}", attack))


def test_html_stands_there_as_it_was_typed():
    text = '<script>alert("1")</script> & &amp; <b>bold</b>'
    assert "".join(elements(text).text) == text


def test_headings_lists_links_and_emphasis_are_shown():
    text = "Come.\n\n# Why\n\n- *one*\n- **two**\n\n3. [three](https://a.example)\n\n<mailto:a@b.example>"
    tags = [tag for tag, _ in elements(text).found]
    assert tags == ["p", "h2", "ul", "li", "em", "li", "strong", "ol", "li", "a", "p", "a"]


@pytest.mark.parametrize(
    ("typed", "level", "levels"),
    [
        ("# a\n## b\n### c", 2, [2, 3, 4]),
        ("### a\n# b\n###### c", 2, [2, 2, 3]),
        ("# a\n### b\n## c", 3, [3, 4, 4]),
        ("# a\n## b\n### c\n#### d", 3, [3, 4, 4, 4]),
    ],
)
def test_headings_go_on_from_the_page_and_leave_no_level_out(typed, level, levels):
    assert [int(tag[1]) for tag, _ in elements(typed, level).found] == levels


@pytest.mark.parametrize(
    "text",
    [
        "Ninety minutes to reconnect with systems thinking.",
        "One line\nand another\n\nand a third",
        "Room 4 * 3, snake_case_name, C:\\temp, 50% & more, #1 in Leeds, 1.5 hours, a - b",
        "Title\n=====\n----\n> said\n    set in\n`code` ~~gone~~ | a | b |",
        "https://a.example and a@b.example",
    ],
)
def test_a_plain_text_of_before_says_what_it_said(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    shown = elements(text, lede=True)
    assert [line for line in "".join(shown.text).splitlines() if line] == lines
    assert {tag for tag, _ in shown.found} <= {"p", "br"}
    assert all(attributes == {"class": "nhsuk-lede-text"} for tag, attributes in shown.found if tag == "p")
    assert [line for line in in_plain_text(text).splitlines() if line] == lines


def test_of_a_text_with_parts_only_the_beginning_is_larger():
    classes = [attributes.get("class") for tag, attributes in elements("a\n\nb\n\n- c", lede=True).found if tag == "p"]
    assert classes == ["nhsuk-lede-text", None]


def test_nothing_is_nothing():
    assert (formatted(None), formatted(" \n"), in_plain_text(None), in_one_line("")) == ("", "", "", "")


def test_plain_text_is_told_without_marks():
    text = "Come *now*.\n\n# Why\n\n- one\n  1. first\n  2. [second](https://a.example)\n- two\n\n<mailto:a@b.example>"
    assert in_plain_text(text) == (
        "Come now.\n\nWhy\n\n- one\n  1. first\n  2. second (https://a.example)\n- two\n\nmailto:a@b.example"
    )
    assert in_one_line("# Why\n\n- one\n- two") == "Why - one - two"


@pytest.mark.parametrize("text", ["- " * 2000, "[" * 4000, "*" * 4000, "*a_" * 1333, "[a](" * 1000, "<" * 4000])
def test_no_text_takes_long_to_show(text):
    check(text)
    in_plain_text(text)


def test_the_team_sees_a_summary_as_everyone_does(world):
    session = {**catalogue.session(version=2, summary="# Why\n\n- Trust"), "materials": []}
    world.tell("sessions", session)
    world.catalogue.answers["session"] = session
    world.client.set_cookie("headrow_session", "team-token")
    page = world.client.get("/team/sessions/maxims-in-practice").text
    assert "<li>Trust</li>" in page
    assert "# Why" not in page


def test_a_session_tells_its_text_as_each_reader_can_read_it(world):
    summary = "Come **along**.\n\n## Why\n\n- [Trust](https://trust.example)\n- <script>alert(1)</script>"
    world.tell("sessions", catalogue.session(version=2, summary=summary))
    page = world.client.get("/sessions/maxims-in-practice")
    for html in ("Come <strong>along</strong>.", '<h2 class="nhsuk-heading-s">Why</h2>', "&lt;script&gt;alert(1)"):
        assert html in page.text
    assert '<a href="https://trust.example" rel="noopener nofollow">Trust</a>' in page.text
    assert 'name="description" content="Come along. Why - Trust (https://trust.example) - &lt;script&gt;' in page.text
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    feed = world.client.get("/api/v1/feed.json").get_json()["items"][0]["content_text"]
    assert "Come along.\n\nWhy\n\n- Trust (https://trust.example)\n" in feed
    assert world.client.get("/api/v1/sessions/maxims-in-practice").get_json()["summary"] == summary
    calendar = world.client.get("/api/v1/sessions/maxims-in-practice.ics").text.replace("\r\n ", "")
    assert "Come along.\\n\\nWhy\\n\\n- Trust" in calendar
