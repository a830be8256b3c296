"""`headrow keys`: the key with which registration signs who someone is, and the one by which the others know it."""

from argparse import Namespace

from services.runtime.settings import Settings


def print_keys(settings: Settings, given: Namespace) -> None:
    """Print a new pair, as lines for the environments of registration and of the other services."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from services.bus.assertions import text_of

    key = Ed25519PrivateKey.generate()
    print(f"HEADROW_SIGNING_KEY={text_of(key.private_bytes_raw())}")
    print(f"HEADROW_VERIFYING_KEYS={text_of(key.public_key().public_bytes_raw())}")
