"""Email addresses as people paste them: what stands around one is taken away, and its domain is as DNS has it."""

import re
from typing import Final

import idna

MOST_READ: Final = 1000  # characters: what is longer is no address, whatever stands in it
UNSEEN: Final = "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # never a part of an address
JOINERS: Final = "\u200c\u200d"  # inside an international domain they are letters
ANYWHERE: Final = re.compile(f"[{UNSEEN}]")
AT_ITS_ENDS: Final = re.compile(rf"\A[\s{JOINERS}]+|[\s{JOINERS}.,;]+\Z")
IN_BRACKETS: Final = re.compile(r"[^<>]*<([^<>]*)>")  # Ann <ann@example.org>
MAILTO: Final = re.compile(r"(?:mailto:\s*)+([^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN: Final = re.compile(rf"(?:{LABEL}\.)+(?!\d+\Z){LABEL}")


def clean(text: str) -> str:
    """Return the address in what was pasted, in lower case; what holds none stays as it is, to be refused.

    An international domain becomes its ASCII form (RFC 5891, punycode); what stands before the @ is not changed.
    Cleaning what is clean changes nothing, and nothing makes it raise.
    """
    if len(text) > MOST_READ:
        return text
    while (cleaner := _once(text)) != text:
        text = cleaner
    return text


def is_deliverable(address: str) -> bool:
    """Say whether the domain of a clean address is a name with a dot: no bare host, and no number of a machine."""
    return DOMAIN.fullmatch(address.rpartition("@")[2]) is not None


def _once(text: str) -> str:
    text = AT_ITS_ENDS.sub("", ANYWHERE.sub("", text))
    for around in (IN_BRACKETS, MAILTO):
        if found := around.fullmatch(text):
            text = found[1].strip()
    local, at, domain = text.rpartition("@")
    if at and local.isascii() and not domain.isascii():
        domain = _in_ascii(domain)
    return f"{local}{at}{domain}".lower() if local.isascii() and domain.isascii() else text


def _in_ascii(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode()
    except UnicodeError:  # idna's own errors are of this kind
        return domain
