"""Asking an address on the web whether it is there, as a stranger may: no address of a private network is asked.

Each name is looked up once, every address that it has must be public, and the connection goes to one of those. So no
link, and nowhere that it leads on to, reaches what only this machine can.
"""

import http.client
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from services.runtime.networks import read_address
from services.runtime.version import headrow_version

SECONDS: Final = 10.0  # for a name, a connection or an answer
HOPS: Final = 5
AGENT: Final = f"Headrow/{headrow_version()} (link check; asks each address about once a week)"
THERE: Final = (401, 403, 405, 429)  # it is there, and not for a program
SAFE: Final = "%/:=&?~#+!$,;'@()*[]"
TRANSLATED: Final = IPv6Network("64:ff9b::/96")  # IPv4 addresses inside IPv6 ones
Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Answer:
    """Whether the address is there, and what was found. `ok` is None where it cannot be asked from here."""

    ok: bool | None
    said: str


class _NotAsked(Exception):
    """The address is not one that is asked from here."""


def is_public(address: Address) -> bool:
    """Say whether an address is of the open network, also where another stands inside it."""
    if isinstance(address, IPv6Address):
        inside = address.sixtofour or (IPv4Address(int(address) & 0xFFFFFFFF) if address in TRANSLATED else None)
        if inside is not None:
            return is_public(inside)
    return address.is_global and not address.is_multicast


def ask(url: str, allowed: Callable[[Address], bool] = is_public) -> Answer:
    """Ask for the head of what is there, or the whole where that is refused; follow where it leads, checked again."""
    try:
        for _ in range(HOPS + 1):
            status, leads_to = _one(url, allowed)
            if leads_to is None:
                return Answer(
                    status < 400 or status in THERE, f"{status} {http.client.responses.get(status, '')}".strip()
                )
            url = urljoin(url, leads_to)
    except _NotAsked as error:
        return Answer(None, str(error))
    except socket.gaierror:
        return Answer(False, "There is no such host")
    except TimeoutError:
        return Answer(False, f"No answer within {SECONDS:.0f} seconds")
    except ssl.SSLError:
        return Answer(False, "The certificate cannot be trusted")
    except (OSError, http.client.HTTPException, ValueError, UnicodeError):
        return Answer(False, "No connection")
    return Answer(False, f"It leads on more than {HOPS} times")


def _one(url: str, allowed: Callable[[Address], bool]) -> tuple[int, str | None]:
    """Return the status at this address, and where it leads on to, if it does."""
    try:
        status, leads_to = _request("HEAD", url, allowed)
    except http.client.HTTPException:
        return _request("GET", url, allowed)
    return _request("GET", url, allowed) if status >= 400 and status != 429 else (status, leads_to)


def _request(method: str, url: str, allowed: Callable[[Address], bool]) -> tuple[int, str | None]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _NotAsked("It leads to no web address")
    secure = parts.scheme == "https"
    host, port = parts.hostname.encode("idna").decode(), parts.port or (443 if secure else 80)
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    sock = socket.create_connection((_address_of(host, port, allowed), port), SECONDS)
    try:
        if secure:
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        connection.sock = sock
        path = quote(parts.path or "/", safe=SAFE) + (f"?{quote(parts.query, safe=SAFE)}" if parts.query else "")
        name = parts.netloc.rpartition("@")[2].encode("idna").decode()
        connection.request(method, path, headers={"Host": name, "User-Agent": AGENT, "Accept": "*/*"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location") if 300 <= answer.status < 400 else None
    finally:
        connection.close()
        sock.close()


def _address_of(host: str, port: int, allowed: Callable[[Address], bool]) -> str:
    """Return an address of the host, all of which are `allowed`. Raises _NotAsked, gaierror."""
    found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    read = [read_address(address) for address in found]
    if not all(address is not None and allowed(address) for address in read):
        raise _NotAsked("It is in a private network, and is not asked from here")
    return found[0]
