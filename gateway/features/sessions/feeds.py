"""Upcoming sessions as feeds: Atom (RFC 4287) and JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

from datetime import datetime
from xml.etree import ElementTree

from gateway.parts.formatted import in_plain_text
from gateway.projection.read_model import Data, Session
from gateway.projection.views import page_of
from gateway.web import responses
from gateway.web.routing import url_for
from gateway.web.times import in_words

ATOM = "http://www.w3.org/2005/Atom"


def atom(title: str, sessions: list[Session], public_url: str, address: str) -> bytes:
    """Return an Atom feed."""
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    _text(feed, "title", title)
    _text(feed, "id", address)
    _text(feed, "updated", _latest(sessions).isoformat())
    _link(feed, "self", address, "application/atom+xml")
    _link(feed, "alternate", public_url + url_for("home.home"), "text/html")
    author = ElementTree.SubElement(feed, f"{{{ATOM}}}author")
    _text(author, "name", title)
    for session in sessions:
        _entry(feed, session, public_url)
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True))


def _entry(feed: ElementTree.Element, session: Session, public_url: str) -> None:
    page = page_of(public_url, session.data["slug"])
    entry = ElementTree.SubElement(feed, f"{{{ATOM}}}entry")
    _text(entry, "title", _title(session))
    _text(entry, "id", page)
    _text(entry, "updated", session.changed_at.isoformat())
    _link(entry, "alternate", page, "text/html")
    _text(entry, "summary", _summary(session))
    for topic in session.data["topics"]:
        ElementTree.SubElement(entry, f"{{{ATOM}}}category", term=topic)


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    # XML 1.0 has no way to write most control characters: they are left out.
    ElementTree.SubElement(parent, f"{{{ATOM}}}{name}").text = "".join(c for c in text if c >= " " or c in "\n\t")


def _link(parent: ElementTree.Element, rel: str, address: str, media: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}link", rel=rel, href=address, type=media)


def _latest(sessions: list[Session]) -> datetime:
    return max((session.changed_at for session in sessions), default=datetime.fromisoformat("1970-01-01T00:00:00Z"))


def json_feed(title: str, sessions: list[Session], public_url: str, address: str) -> bytes:
    """Return a JSON Feed."""
    return responses.to_json(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": title,
            "home_page_url": public_url + url_for("home.home"),
            "feed_url": address,
            "language": "en-GB",
            "items": [_item(session, public_url) for session in sessions],
        }
    )


def _item(session: Session, public_url: str) -> Data:
    page = page_of(public_url, session.data["slug"])
    return {
        "id": page,
        "url": page,
        "title": _title(session),
        "content_text": _summary(session),
        "date_modified": session.changed_at,
        "tags": session.data["topics"],
    }


def _title(session: Session) -> str:
    title = str(session.data["title"])
    return f"Cancelled: {title}" if session.data["status"] == "cancelled" else title


def _summary(session: Session) -> str:
    when = in_words(session.starts_at)
    return "\n\n".join(filter(None, (f"{when}.", in_plain_text(session.data["summary"]))))
