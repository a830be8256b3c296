"""Links in what people write to each other are found however they are written, and names are left alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.runtime.links import WITHOUT_LINKS, defused, has_address, link_in

LINKS = [
    "evil.com", "see EVIL.COM now", "Evil.Com", "bit.ly/x", "t.co", "x.com/abc", "goo.gl?x", "evil.com:80", "http://a",
    "hxxp://evil[.]com", "hxxps[:]//evil", "http:evil", "ftp://x", "www.evil", "gov.uk", "evil.co.uk.", "(evil.com)",
    "evil.com.", "evil.com's", "_evil.com", "-evil.com", "evil.com-x", "well..evil.com", "nhs-signin.Support",
    "NHS.Support", "Headrow.Help", "Dr.Com", "J.Co", "A.B.Com", "10.support", "163.com", "1.2.3.4/x.com", "bücher.de",
    "xn--bcher-kva.de", "пример.рф", "evil.भारत", "evil[.]com", "evil(dot)com", "evil [ dot ] com", r"\\server\share",
    "evil\uff0ecom", "evil\u3002com", "evil\uff61com", "evil\u2024com", "evil\ufe52com", "e\u200bvil.c\u200bom",
    "ev\u00adil.com", "\uff45\uff56\uff49\uff4c.com", "evil.\u202ecom",
]  # fmt: skip
ADDRESSES = ["a@b.uk", "Ann <a@b.uk>", "mailto:ann", "a [at] b.uk", "ann(at)example(dot)org", "a\uff20b.uk"]
PLAIN = [
    "Dr. Smith", "Dr.Smith", "DR.SMITH", "St. James's", "St.James's Hospital", "St.Gemma's", "e.g. this", "e.g.this",
    "i.e.the one", "A.N. Other", "A.N.Other", "a.n.other", "J.Smith", "J. R. R. Tolkien", "Prof.J.Smith", "Ph.D",
    "U.K.", "N.H.S.", "No. 5", "No.5", "No.5/6", "3.5 hours", "3.5hours", "9.30am", "10.am", "12.03.2027", "1.2.3.4",
    "v1.2", "£3.50", "24/7", "GP/nurse", "and/or", "well...maybe", "a..b", "end. Next", "Yes.\nNo", "Mon.-Fri.",
    "M.Sc.", "p.m. and",
    "the dot com years", "work (at) St. James", "@ 5 o'clock", "http is a protocol", "O'Neill-Smith", "你好。我是",
    ".", "",
    "Leeds: city", "Rt. Hon. X",
]  # fmt: skip


@pytest.mark.parametrize("text", LINKS)
def test_what_a_mail_program_or_a_reader_takes_for_a_link_is_found(text):
    assert link_in(text) is not None


@pytest.mark.parametrize("text", ADDRESSES)
def test_addresses_are_found_too(text):
    assert has_address(text)


@pytest.mark.parametrize("text", PLAIN)
def test_names_titles_and_figures_are_no_links(text):
    assert link_in(text) is None
    assert not has_address(text)
    assert WITHOUT_LINKS(text) == text


@pytest.mark.parametrize(
    ("text", "found", "spaced"),
    [("I work in care.We could meet", "care.We", "care. We"), ("at GP.Partner", "GP.Partner", "GP. Partner")],
)
def test_whoever_forgot_a_space_is_told_what_to_write(text, found, spaced):
    with pytest.raises(ValidationError) as refused:
        WITHOUT_LINKS(text)
    [fault] = refused.value.messages
    assert (fault.code, fault.limits) == ("has-a-link", {"found": found, "spaced": spaced})
    assert spaced in fault.message
    assert link_in(text.replace(found, spaced)) is None


def test_what_can_be_nothing_but_a_link_is_named():
    with pytest.raises(ValidationError) as refused:
        WITHOUT_LINKS("Look at https://example.org/a b")
    [fault] = refused.value.messages
    assert fault.limits == {"found": "https://example.org/a"}


WORDS = st.from_regex(r"[a-z][a-z0-9-]{1,20}[a-z0-9]", fullmatch=True)
ENDINGS = st.sampled_from(["com", "uk", "nhs.uk", "support", "zip", "xn--p1ai", "рф", "careers"])
AROUND = st.sampled_from(["", " ", "\n", "(", ")", "“", ", ", "!", "…"])
DOTS = st.sampled_from([".", "\uff0e", "\u2024", "[.]", "(dot)", "\u200b.", " [dot] "])
CASES = st.sampled_from([str.lower, str.upper, str.title])


@given(WORDS, ENDINGS, AROUND, AROUND, DOTS, CASES)
def test_a_domain_is_found_in_any_dress(word, ending, before, after, dot, case):
    assert link_in(f"Please read {before}{case(word)}{dot}{case(ending)}{after} today")


@given(st.lists(st.from_regex(r"[A-Z]?[a-zé]+(['’-][a-z]+)?[.,;:!]?", fullmatch=True), min_size=1, max_size=20))
def test_words_with_a_space_after_each_full_stop_are_never_refused(words):
    assert WITHOUT_LINKS(" ".join(words)) == " ".join(words)


@given(st.text(max_size=300))
def test_any_text_is_either_taken_or_refused_with_a_fault(text):
    try:
        assert WITHOUT_LINKS(text) == text
    except ValidationError as error:
        assert error.messages[0].message  # noqa: PT017 - the other answer that there may be
    assert link_in(defused(text)) is None or "://" in text or ":" in text or "\\" in text


@pytest.mark.parametrize(
    "part", ["a", "a.", "a-", "1.", "[ ", " ", "a@", "(at ", "http", "\\", "a.b1", ".", "\u200b", "w.w", "www."]
)
def test_no_text_takes_long(part):
    began = time.perf_counter()
    link_in(part * (5000 // len(part)) + "x")
    has_address(part * (5000 // len(part)) + "x")
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("name", ["Read evil.com", "Write to a@b.uk", "bit.ly/x"])
def test_a_name_of_before_is_written_so_that_no_link_comes_of_it(name):
    assert link_in(defused(name)) is None
    assert not has_address(defused(name))
    assert defused("Dr.Smith") == "Dr.Smith"
