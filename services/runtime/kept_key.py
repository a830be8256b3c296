"""The secret key of an installation that was given none: made once, and kept in its data folder."""

import os
import secrets
from pathlib import Path


def kept_key(file: Path) -> str:
    """Return the key in `file`, making it (readable by its owner alone) on the first start."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as opened:
        key = secrets.token_urlsafe(48)
        opened.write(key)
    return key
