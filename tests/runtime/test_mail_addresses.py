"""What cleaning an address protects: people get in with what they paste, and nobody is written to who cannot be."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.runtime.mail_addresses import MOST_READ, clean, is_deliverable
from services.runtime.schemas import Email

PIECES = [
    "mailto:",
    "<",
    ">",
    "@",
    ".",
    ",",
    ";",
    "?",
    " ",
    "\u200b",
    "\ufeff",
    "\u200d",
    "ann",
    "example.org",
    "bücher.de",
]


@pytest.mark.parametrize(
    "pasted",
    [
        "ann@example.org",
        "  ann@example.org\t",
        "mailto:ann@example.org",
        "MAILTO: ann@example.org?subject=Hello",
        "Ann Berg <Ann@Example.org>",
        '"Berg, Ann" <mailto:ann@example.org>;',
        "<ann@example.org>,",
        "\u200bann@example.org\ufeff",
        "ann@\u200bexam\u00adple.org",
        "\u202aann@example.org\u202c",
        "ann@example.org.",
        "ann@example.org ; ",
    ],
)
def test_an_address_is_taken_as_people_paste_it(pasted):
    assert Email().deserialize(pasted) == "ann@example.org"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ann@Bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@例え.テスト", "ann@xn--r8jz45g.xn--zckzah"),
        ("ann@bücher\u3002example\u3002", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
    ],
)
def test_an_international_domain_is_kept_as_punycode(typed, kept):
    assert Email().deserialize(typed) == kept


@pytest.mark.parametrize(
    "text",
    ["x@[127.0.0.1]", "x@[IPv6:::1]", "x@localhost", "x@127.0.0.1", "x@example", "x@-a.org", "x@a..org", "x@a.1"],
)
def test_a_domain_that_no_mail_is_delivered_to_by_name_is_refused(text):
    with pytest.raises(ValidationError) as refused:
        Email().deserialize(text)
    assert [fault.code for fault in refused.value.messages] == ["not-a-mail-domain"]


@pytest.mark.parametrize(
    "text",
    [
        "Ann <a@example.org>, Ben <b@example.org>",
        "ännë@example.org",
        "a@b@example.org",
        "a@xn--\u00fc.org",
        "a b@c.org",
    ],
)
def test_what_holds_no_one_address_is_refused(text):
    with pytest.raises(ValidationError):
        Email().deserialize(text)


@given(
    st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join), st.lists(st.text(), min_size=2).map("@".join))
)
@example("<" * MOST_READ)
@example("mailto:" * 200)
@example("a@" + "ü" * 100)
@example("a@\u200d")
def test_cleaning_twice_is_cleaning_once_and_never_raises(text):
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    is_deliverable(cleaned)


@given(st.emails())
def test_a_plain_address_only_changes_its_case(address):
    assert clean(address) == address.lower()
