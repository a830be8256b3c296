"""Booking references: short enough to read out over the telephone, and not to be guessed."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U/V
LENGTH = 10  # 30^10 = 5.9e14: at a million bookings, one new reference in 6e8 meets an old one


def new_reference(length: int = LENGTH) -> str:
    """Return so many random characters in groups of five, such as `K3M9Q-XW2TB`."""
    characters = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return "-".join(characters[start : start + 5] for start in range(0, length, 5))
