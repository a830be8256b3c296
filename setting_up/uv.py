"""Runs uv with pip's settings: `.venv/bin/python setting_up/uv.py pip install …`.

uv installs our locks in seconds where pip takes up to a minute, but it does not read pip's settings. A machine that
reaches its packages by an index, a proxy or a certificate of its own has told pip so: here uv is given the same.
"""

import ast
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

# What pip calls it, and the variable by which uv takes it; the words of a list are separated as uv wants them.
SETTINGS = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "no-index": ("UV_NO_INDEX", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
}
PLACES = (":env:", "install", "global")  # in the order in which pip heeds them


def for_uv(listed: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that tell uv what `pip config list` printed, but for those that are set already."""
    told = dict(line.split("=", 1) for line in listed.splitlines() if "=" in line)
    variables = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # any index may have a file: its hash says if it is ours
    for name, (variable, between) in SETTINGS.items():
        value = next((told[key] for place in PLACES if (key := f"{place}.{name}") in told), None)
        if value is not None:
            variables[variable] = between.join(ast.literal_eval(value).split())
    return {name: value for name, value in variables.items() if name not in environ}


def main(arguments: list[str]) -> int:
    """Run uv, and return its exit status."""
    listing = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
    uv = Path(sysconfig.get_path("scripts")) / "uv"
    environment = {"UV_PYTHON": sys.executable, **os.environ, **for_uv(listed, os.environ)}
    return subprocess.run([str(uv), *arguments], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
