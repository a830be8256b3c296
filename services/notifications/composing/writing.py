"""Templates written out twice from one source: as plain text and as HTML.

A template says what stands in a letter by calling the functions of its medium: `p`, `quote`, `h2`, `items`, `lines`,
`link`, `button`, `other_button`, `prominent`. What stands between these calls is white space, and means nothing.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from services.notifications.composing.email_layout import EmailLayout
from services.notifications.composing.headers import one_line
from services.notifications.composing.voice import spoken
from services.notifications.composing.wording import Wording
from services.notifications.models import Facts

OPENED, CLOSED = "\x1e", "\x1f"  # around each piece of a plain text; no text that we accept has them
PIECE = re.compile(f"{OPENED}(.*?){CLOSED}", re.DOTALL)


def write(
    template: str, facts: Facts, address: str, email_layout: EmailLayout, wording: Wording
) -> tuple[str, str, str]:
    """Return the subject, the plain text and the HTML of a letter.

    Raises Jinja's errors where the facts do not make one.
    """
    context = {**facts, "address": address, "email_layout": email_layout, "wording": wording, "template": template}
    context["voice"] = spoken(facts, email_layout.name)
    name = f"{template}.jinja"
    subject, *text = PIECE.findall(_environment(wording, "plain").get_template(name).render(context))
    subject = one_line(subject)
    html = _environment(wording, "html").get_template(name).render(context, subject=subject)
    return subject, "".join(text).strip() + "\n", html


class Plain:
    """A letter as text: headings in capitals, addresses of pages on lines of their own."""

    layout = "letter.txt"
    escapes = False

    @staticmethod
    def piece(text: object) -> str:
        """Return text that stays as it is."""
        return f"{OPENED}{str(text).replace(OPENED, '').replace(CLOSED, '')}{CLOSED}"

    def p(self, *lines: object) -> str:
        """Return a paragraph, each of `lines` on a line of its own."""
        return self.piece("\n".join(map(str, lines)) + "\n\n")

    def quote(self, *lines: object) -> str:
        """Return a paragraph of someone else's words, marked as such on each line."""
        return self.piece("\n".join(f"> {line}" for line in "\n".join(map(str, lines)).split("\n")) + "\n\n")

    def h2(self, words: object) -> str:
        """Return a heading."""
        return self.piece(f"{str(words).upper()}\n")

    def items(self, texts: Sequence[object]) -> str:
        """Return a list; one text alone is a paragraph."""
        if len(texts) == 1:
            return self.p(*texts)
        return self.piece("".join(f"- {text}\n" for text in texts) + "\n")

    def link(self, words: object, url: str) -> str:
        """Return a paragraph that leads to a page."""
        return self.piece(f"{words}:\n{url}\n\n")

    button = other_button = link

    def prominent(self, code: object) -> str:
        """Return a code, to be copied."""
        return self.p(code)


class Html:
    """A letter as HTML: real headings, one column, no picture, no script."""

    layout = "letter.html"
    escapes = True

    @staticmethod
    def piece(text: object) -> Markup:
        """Return text that stays as it is."""
        return escape(text)

    def p(self, *lines: object) -> Markup:
        """Return a paragraph, each of `lines` on a line of its own."""
        return Markup(f"<p>{'<br>'.join(map(escape, lines))}</p>")

    def quote(self, *lines: object) -> Markup:
        """Return a paragraph of someone else's words, marked as such."""
        return Markup(f"<blockquote>{self.p(*lines)}</blockquote>")

    def h2(self, words: object) -> Markup:
        """Return a heading."""
        return Markup(f"<h2>{escape(words)}</h2>")

    def items(self, texts: Sequence[object]) -> Markup:
        """Return a list; one text alone is a paragraph."""
        if len(texts) == 1:
            return self.p(*texts)
        items = "\n".join(f"<li>{escape(text)}</li>" for text in texts)
        return Markup(f"<ul>\n{items}\n</ul>")

    def link(self, words: object, url: str) -> Markup:
        """Return a paragraph that leads to a page."""
        return Markup(f'<p><a href="{escape(url)}">{escape(words)}</a></p>')

    def button(self, words: object, url: str) -> Markup:
        """Return a link that stands out, for the one thing that is to be done."""
        return Markup(f'<p><a class="button" href="{escape(url)}">{escape(words)}</a></p>')

    def other_button(self, words: object, url: str) -> Markup:
        """Return a link beside that one, which stands out less."""
        return Markup(f'<p><a class="button other" href="{escape(url)}">{escape(words)}</a></p>')

    def prominent(self, code: object) -> Markup:
        """Return a code, to be copied."""
        return Markup(f'<p class="code"><strong>{escape(code)}</strong></p>')


MEDIA: dict[str, Plain | Html] = {"plain": Plain(), "html": Html()}


@cache
def _environment(wording: Wording, name: str) -> Environment:
    medium = MEDIA[name]
    environment = Environment(
        loader=PackageLoader("services.notifications.composing"),
        autoescape=medium.escapes,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(wording.translations, newstyle=True)  # type: ignore[attr-defined]
    functions = ("piece", "p", "quote", "h2", "items", "link", "button", "other_button", "prominent")
    shown: dict[str, Any] = {function: getattr(medium, function) for function in functions}
    environment.globals.update(shown, layout=medium.layout)
    environment.filters.update(moment=wording.moment, meeting=wording.meeting, day=wording.day, time=wording.time)
    environment.filters.update(grouped=wording.grouped)
    return environment
