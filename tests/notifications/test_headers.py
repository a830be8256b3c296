"""Nothing that somebody typed can become a header, a recipient or a second event."""

import re
from email import message_from_bytes, policy
from email.header import Header
from email.parser import BytesHeaderParser

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.composing.email_layout import EmailLayout
from services.notifications.composing.headers import field, mailbox_field, one_line
from services.runtime.refusals import Invalid
from tests.notifications.reading import html, part, plain
from tests.sentences import says

WICKED = [
    "March\r\nBcc: eve@example.org",
    "March\nBcc: eve@example.org",
    "March\rBcc: eve@example.org",
    "March\u2028Bcc: eve@example.org\u0085X: y\x0bZ: z",
    "=?utf-8?q?March=0D=0ABcc:_eve@example.org=0D=0A?=",
    "=?utf-8?b?TWFyY2gNCkJjYzogZXZlQGV4YW1wbGUub3Jn?=",
    'Zoë" <eve@example.org>, "x',
    "<eve@example.org>",
    "a\\",
    "x" * 1200,
    "é" * 400,
    "word " * 250,
]
FIELDS = [
    "Message-ID",
    "Date",
    "From",
    "To",
    "Subject",
    "Auto-Submitted",
    "X-Correlation-Id",
    "MIME-Version",
    "Content-Type",
]


@pytest.mark.parametrize("text", WICKED)
def test_a_title_or_a_name_makes_no_header_and_no_recipient(world, text):
    world.person(happened="changed", version=2, name=text)
    world.session(happened="changed", version=2, title=text)
    world.booking()
    (mail,) = world.deliver()
    raw = world.letterbox.letters[0].mail
    assert BytesHeaderParser(policy=policy.compat32).parsebytes(raw).keys() == FIELDS
    assert [address.addr_spec for address in mail["To"].addresses] == ["zoe@example.org"]
    assert mail["Bcc"] is None
    head = raw.split(b"\r\n\r\n")[0]
    assert re.fullmatch(rb"[\t\x20-\x7e]*", head.replace(b"\r\n", b""))
    assert b"Subject:\r\n" not in head


@pytest.mark.parametrize("text", WICKED)
def test_a_title_a_name_or_a_venue_makes_no_calendar_property(world, text):
    end = text + "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nATTENDEE:mailto:eve@example.org"
    world.person(happened="changed", version=2, name=text)
    world.session(happened="changed", version=2, title=end, venue={"name": end, "address": end, "access": end})
    world.booking()
    calendar = icalendar.Calendar.from_ical(part(world.deliver()[0], "application/ics").get_content())
    (event,) = calendar.walk("VEVENT")
    assert event["ATTENDEE"] == "mailto:zoe@example.org"
    assert calendar.walk("VEVENT")[0]["STATUS"] == "CONFIRMED"


def test_what_looks_like_markup_is_shown_and_not_obeyed(world):
    world.session(happened="changed", version=2, title="<script>alert(1)</script> & more")
    world.booking()
    mail = world.deliver()[0]
    assert "<script>" not in html(mail)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html(mail)
    assert "<script>alert(1)</script> & more" in plain(mail)


@pytest.mark.parametrize(
    "address", ["zoe@example.org\r\nBcc: eve@example.org", "zoe@example.org, eve@example.org", "Zoë <zoe@example.org>"]
)
def test_an_address_that_is_none_is_not_taken_over(world, address):
    with pytest.raises(Invalid):
        world.person(happened="changed", version=2, email=address)
    with pytest.raises(Invalid):
        world.sign_in(email=address)
    with pytest.raises(ValueError, match=says("refusal.not_an_address")):
        mailbox_field("To", "Zoë", address)


@pytest.mark.parametrize(
    "text", ["Plain", "Zoë’s", "=?utf-8?q?as_it_stands?=", "a, b; c", 'say "yes"', "\\o/", "é" * 60, "漢字" * 40]
)
def test_what_was_typed_is_read_as_it_was_typed(text):
    raw = field("Subject", text) + mailbox_field("To", text, "zoe@example.org") + b"\r\n"
    read = message_from_bytes(raw, policy=policy.default)
    assert read["Subject"] == text
    assert [address.addr_spec for address in read["To"].addresses] == ["zoe@example.org"]
    name = read["To"].addresses[0].display_name
    assert name.replace(" ", "") == text.replace(" ", "")  # Python 3.11 reads a space between encoded words of a name


@pytest.mark.parametrize(
    ("mail_from", "sender"),
    [
        ("Leeds Academy <a@example.org>", ("Leeds Academy", "a@example.org")),
        ('"Health, Care & Co" <a@example.org>', ("Health, Care & Co", "a@example.org")),
        ("Health, Care & Co <a@example.org>", ("Health, Care & Co", "a@example.org")),
        ("a@example.org", ("", "a@example.org")),
    ],
)
def test_the_sender_is_read_from_the_setting_however_it_is_written(mail_from, sender):
    assert EmailLayout(mail_from, "https://headrow.example.org", "key").sender == sender


@given(name=st.sampled_from(FIELDS), text=st.text(st.characters(max_codepoint=126), max_size=100))
def test_a_short_field_is_written_as_any_other(name, text):
    said = one_line(text)
    if "=?" not in said:
        folded = Header(said, "us-ascii", header_name=name).encode(linesep="\r\n")
        assert field(name, text) == f"{name}: {folded}\r\n".encode()
