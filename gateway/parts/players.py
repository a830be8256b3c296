"""Where a recording plays: the player of a host that the site's settings name, found by the recording's address."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

YOUTUBE: Final = ("youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be", "www.youtube-nocookie.com")
VIMEO: Final = ("vimeo.com", "www.vimeo.com", "player.vimeo.com")


@dataclass(frozen=True)
class Player:
    """Where a recording plays: what people call that, the host that its frame is loaded from, and its address."""

    name: str
    host: str
    address: str


def player_of(url: str, players: tuple[str, ...]) -> Player | None:
    """Return where what is at this address plays, if that is one of the `players`; None otherwise."""
    try:
        parts = urlsplit(url)
        host, path = (parts.hostname or "").rstrip("."), parts.path
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or port not in (None, 80, 443) or parts.username is not None:
        return None
    if host in YOUTUBE:
        return _youtube(host, path, parts.query) if "youtube" in players else None
    if host in VIMEO:
        return _vimeo(path, parts.query) if "vimeo" in players else None
    if host in players and parts.scheme == "https" and port in (None, 443):
        return Player(host, host, url)
    return None


def _youtube(host: str, path: str, query: str) -> Player | None:
    asked = parse_qs(query)
    pattern = r"/([\w-]{11})/?" if host == "youtu.be" else r"/(?:embed|live|shorts|v)/([\w-]{11})/?"
    found = re.fullmatch(pattern, path, re.ASCII)
    id = found[1] if found else asked.get("v", [""])[0] if path.strip("/") == "watch" else ""
    if not re.fullmatch(r"[\w-]{11}", id, re.ASCII):
        return None
    starts = re.fullmatch(r"([0-9]{1,6})s?", asked.get("t", asked.get("start", [""]))[0], re.ASCII)
    more = f"?{urlencode({'start': starts[1]})}" if starts else ""
    return Player("YouTube", "www.youtube-nocookie.com", f"https://www.youtube-nocookie.com/embed/{id}{more}")


def _vimeo(path: str, query: str) -> Player | None:
    found = re.fullmatch(r"(?:/video)?/([0-9]{5,12})(?:/([0-9a-f]{6,20}))?/?", path, re.ASCII)
    if not found:
        return None
    key = found[2] or parse_qs(query).get("h", [""])[0]  # of a video that is not listed
    more = {"dnt": "1"} | ({"h": key} if re.fullmatch(r"[0-9a-f]{6,20}", key, re.ASCII) else {})
    return Player("Vimeo", "player.vimeo.com", f"https://player.vimeo.com/video/{found[1]}?{urlencode(more)}")
