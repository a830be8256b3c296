"""Network addresses: which network one belongs to, and the networks that a setting lists."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 that one IPv6 customer is given."""
    known = read_address(address)
    if known is None:
        return address
    return str(IPv6Network((known, 64), strict=False) if isinstance(known, IPv6Address) else known)


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Say whether the address is in one of the networks; what is no address is in none."""
    known = read_address(address)
    return known is not None and any(known in network for network in networks)


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that stands there, an IPv4 one also where it is mapped into IPv6; None if there is none."""
    try:
        known = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (known.ipv4_mapped or known) if isinstance(known, IPv6Address) else known


def read_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a list such as `192.0.2.7, 10.0.0.0/8, 2001:db8::/32`. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
