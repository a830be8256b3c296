"""Mail header fields that nothing can be smuggled into.

They are not left to `email.policy`: on Python 3.11.7 it decodes the encoded words in what it is given and then writes
out the line breaks in them, so that a session called `=?utf-8?q?=0D=0ABcc:=20…?=` would add a recipient (akin to
CVE-2024-6923). It also begins some subjects on a second line.
"""

import re
from email.header import Header

SHORT = 76  # characters of a field that is one line, whatever is in it
ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")  # visible ASCII without angle brackets


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, its white space made single."""
    if text.isprintable():  # as most is
        return " ".join(text.split())
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def field(name: str, value: str) -> bytes:
    """Return the field, folded, with the line break at its end; `value` is text that a person may have made up."""
    return f"{name}: {_encoded(value, name)}\r\n".encode("ascii")


def address_field(name: str, url: str) -> bytes:
    """Return a field with an address of ours in angle brackets, on one line: not all programs read a folded one."""
    return f"{name}: <{url}>\r\n".encode("ascii")


def mailbox_field(name: str, display_name: str, address: str) -> bytes:
    """Return the field of one person's name and address. Raises ValueError where that is no address."""
    if not ADDRESS.fullmatch(address):
        raise ValueError("not an email address")
    phrase = one_line(display_name)
    if _is_plain(phrase):
        phrase = '"{}"'.format(re.sub(r'(["\\])', r"\\\1", phrase)) if phrase else ""
    else:
        phrase = _encoded(phrase, name)
    return f"{name}: {phrase} <{address}>\r\n".encode("ascii") if phrase else f"{name}: {address}\r\n".encode("ascii")


def _encoded(text: str, name: str) -> str:
    text = one_line(text)
    if (plain := _is_plain(text)) and len(name) + len(": ") + len(text) <= SHORT:
        return text
    charset = "us-ascii" if plain else "utf-8"
    return Header(text, charset, header_name=name).encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text  # what looks like an encoded word is encoded, to be read as it stands
