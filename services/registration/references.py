"""Booking references: short enough to read out over the telephone, and not to be guessed."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U/V
LENGTH = 10  # 30^10 = 5.9e14: at a million bookings, one new reference in 6e8 meets an old one


def new_reference() -> str:
    """Return a reference such as `K3M9Q-XW2TB`."""
    characters = [secrets.choice(ALPHABET) for _ in range(LENGTH)]
    return f"{''.join(characters[:5])}-{''.join(characters[5:])}"
