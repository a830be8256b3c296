"""Every kind of message: written twice from one source, said simply, and ready for another language."""

import re
from gettext import NullTranslations
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import services.notifications
from services.notifications.composing.samples import SAMPLES
from services.notifications.composing.wording import Wording, in_language, languages, read
from services.notifications.composing.writing import write
from services.notifications.message_types import MESSAGE_TYPES, TOPICS
from tests.notifications.conftest import LETTERHEAD
from tests.sentences import says

HERE = Path(services.notifications.__file__).parent
LINKS = {"choose": "https://headrow.example.org/emails/a", "stop": "https://headrow.example.org/emails/b"}
LONGEST_SENTENCE = 26  # words


class Shown(HTMLParser):
    """What a reader sees of a page, and how it is built."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.text, self.addresses = [], [], []
        self._hidden = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._hidden = tag in ("style", "title")
        self.addresses += [value for name, value in attrs if name == "href"]

    def handle_endtag(self, tag):
        self._hidden = False

    def handle_data(self, data):
        if not self._hidden and data.strip():
            self.text.append(" ".join(data.split()))


def letter(template, wording=None, **changed):
    facts = {**SAMPLES[template], **LINKS, **changed}
    return write(template, facts, "zoe@example.org", LETTERHEAD, wording or in_language("en_GB"))


def test_every_kind_has_a_template_and_a_sample():
    templates = {path.stem for path in (HERE / "composing" / "templates").glob("[!_]*.jinja")}
    assert templates == set(MESSAGE_TYPES) == set(SAMPLES)


def test_what_one_can_do_without_is_a_topic_that_there_is():
    assert {kind.topic for kind in MESSAGE_TYPES.values() if kind.topic} <= set(TOPICS)
    assert all(kind.topic for kind in MESSAGE_TYPES.values() if kind.is_news)


@pytest.mark.parametrize("template", MESSAGE_TYPES)
def test_text_and_html_say_the_same(template):
    subject, plain, html = letter(template)
    shown = Shown(html)
    said = " ".join(plain.split()).casefold()
    for text in shown.text[1:]:  # the heading is the subject's
        assert text.casefold() in said, text
    assert all(address in plain for address in shown.addresses)
    assert subject


@pytest.mark.parametrize("template", MESSAGE_TYPES)
def test_the_html_is_one_column_with_real_headings_and_needs_no_picture(template):
    shown = Shown(letter(template)[2])
    assert shown.tags.count("h1") == 1
    assert not {"img", "table", "script", "iframe", "form", "link"} & set(shown.tags)
    assert shown.tags.index("h1") < min(shown.tags.index(tag) for tag in shown.tags if tag in ("h2", "p"))


@pytest.mark.parametrize("template", MESSAGE_TYPES)
def test_the_first_forty_characters_of_the_subject_say_what_it_is(template):
    subject, _, html = letter(template)
    heading = Shown(html).text[0]
    assert subject.startswith(heading) or template == "sign_in"
    assert len(heading) <= 40


@pytest.mark.parametrize("template", MESSAGE_TYPES)
def test_sentences_are_short(template):
    _, plain, _ = letter(template)
    for sentence in re.split(r"[.!?:]\s|\n\n", plain):
        assert len(sentence.split()) <= LONGEST_SENTENCE, sentence


@pytest.mark.parametrize("template", MESSAGE_TYPES)
def test_a_text_of_somebody_is_never_markup(template):
    wicked = "<script>alert(1)</script>\"&'{{ 7 * 7 }}"
    changed = {name: wicked for name, value in SAMPLES[template].items() if name in ("title", "name", "reason")}
    _, plain, html = letter(template, **changed)
    assert "<script" not in html
    assert "49" not in plain + html
    assert wicked in plain or not changed


def test_a_change_that_was_queued_before_links_were_told_of_can_be_written():
    facts = {
        name: value for name, value in SAMPLES["session_changed"].items() if name not in ("link_changed", "join_url")
    }
    subject, _, _ = write("session_changed", {**facts, **LINKS}, "zoe@example.org", LETTERHEAD, in_language("en_GB"))
    assert subject.startswith(says("change_email.time_place_and_title"))


def test_what_looks_like_a_gettext_parameter_stays_as_it_is():
    assert "100% %(name)s" in letter("booking_confirmed", title="100% %(name)s")[1]


class Bracketed(NullTranslations):
    """A language in which every sentence stands in brackets."""

    def gettext(self, message):
        return f"⟦{message}⟧"

    def ngettext(self, one, many, number):
        return f"⟦{one if number == 1 else many}⟧"


@pytest.mark.parametrize("template", MESSAGE_TYPES)
def test_every_sentence_can_be_said_in_another_language(template):
    facts = set(_texts(SAMPLES[template])) | {LETTERHEAD.name, LETTERHEAD.public_url}
    for text in Shown(letter(template, Wording("en_GB", Bracketed()))[2]).text:
        assert text.startswith("⟦") or text in facts, text


def test_another_language_says_dates_and_numbers_its_own_way(tmp_path):
    catalogue = tmp_path / "letters.po"
    catalogue.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "%(start)s to %(end)s"\nmsgstr "%(start)s bis %(end)s"\n\n'
        f'msgid "{says("materials_email.one_minute", minutes="%(num)s")}"\n'
        f'msgid_plural "{says("materials_email.minutes", minutes="%(num)s")}"\n'
        'msgstr[0] "Es dauert %(num)s Minute."\nmsgstr[1] "Es dauert %(num)s Minuten."\n'
    )
    german = Wording("de_DE", read(catalogue))
    _, plain, html = letter("materials_published", german)
    assert "Es dauert 84 Minuten." in plain
    assert '<html lang="de-DE">' in html
    assert "9. März 2027, 09:30 bis 16:30" in letter("booking_confirmed", german)[1]


def test_letters_are_in_a_language_that_there_is_a_catalogue_of():
    assert languages() == ["en_GB"]
    with pytest.raises(ValueError, match=says("refusal.no_such_language", language="'tlh'")):
        in_language("tlh")


def test_the_catalogue_for_translators_has_every_sentence():
    ways = [("composing/templates/**.jinja", "jinja2"), ("composing/templates/letter.*", "jinja2")]
    ways += [
        (f"{module}.py", "python") for module in ("composing/wording", "calendar/icalendar", "calendar/feeds", "emails")
    ]
    options = {"composing/templates/**": {"newstyle_gettext": "true", "trim_blocks": "true"}}
    said = {message[2] for message in extract_from_dir(str(HERE), ways, options_map=options)}
    with (HERE / "locale" / "letters.pot").open("rb") as file:
        written = {message.id for message in read_po(file) if message.id}
    assert said == written, "make words"


def _texts(value):
    if isinstance(value, str):
        return [value]
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in below for text in _texts(one)]
