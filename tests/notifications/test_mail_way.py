"""Where mail goes is told without what only we may know."""

import pytest

from services.notifications import schemas
from services.notifications.delivery.ways import way_of

SENDER = "Academy <academy@example.org>"


@pytest.mark.parametrize(
    ("url", "way", "where", "sender"),
    [
        ("file:/srv/headrow/mail", "file", "/srv/headrow/mail", SENDER),
        ("smtp://mail.example.org:2525", "smtp", "mail.example.org", SENDER),
        ("smtps://us:pass%40word@mail.example.org", "smtp", "mail.example.org", SENDER),
        ("notify://live-key-1234@api.example.org/template", "notify", "api.example.org", ""),
        ("notify+http://live-key-1234@localhost:9/template", "notify", "localhost", ""),
    ],
)
def test_the_way_is_named_and_no_password_and_no_key(url, way, where, sender):
    told = way_of(url, SENDER)
    assert told == {"way": way, "where": where, "sender": sender}
    assert schemas.MailWay().validate(told) == {}
