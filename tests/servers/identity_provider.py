"""npm's oidc-provider as a process, for as long as a test needs it. It is installed with the assets of the pages."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.installed import Missing, node

LIBRARY = Path(__file__).parents[2] / "assets" / "node_modules" / "oidc-provider" / "lib" / "index.js"
SCRIPT = Path(__file__).with_name("identity_provider.mjs")
SECRET = "a secret: with /signs & spaces"


@contextmanager
def identity_provider(headrow: str, log: Path) -> Iterator[str]:
    """Yield the issuer of a provider that knows the Headrow at that address as its client. Raises Missing."""
    if not LIBRARY.exists():
        raise Missing("These tests need npm's oidc-provider. `make dev` installs it.")
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [node(), SCRIPT, LIBRARY, headrow],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            issuer = process.stdout.readline().strip()
            assert issuer, f"it did not start:\n{log.read_text()}"
            yield issuer
        finally:
            process.stdin.close()
            process.kill()
            process.wait()
            process.stdout.close()


def describe(issuer: str, folder: Path) -> Path:
    """Write the file that describes the provider to Headrow, and return it."""
    (folder / "local-secret").write_text(SECRET + "\n")
    file = folder / "providers.toml"
    file.write_text(
        "[local]\n"
        'name = "Local Council"\n'
        f'issuer = "{issuer}"\n'
        'client_id = "headrow"\n'
        'client_secret_file = "local-secret"\n'
    )
    return file
