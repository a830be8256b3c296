"""docker-compose.yml as data: what it starts, with which command and which settings."""

import re

import yaml

from tests.project.tracked import ROOT

FILE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS = FILE["services"]
OURS = {name: part for name, part in CONTAINERS.items() if "build" in part}
PARTS = {name: part for name, part in OURS.items() if name != "definitions"}  # which need the servers
SECRET = "x" * 40
KEY = "x" * 43


def environment(part: str) -> dict[str, str]:
    """Return what compose sets for a part where nothing but the secrets is given, and those are SECRET."""
    return {name: _filled_in(str(value)) for name, value in CONTAINERS[part]["environment"].items()}


def _filled_in(value: str) -> str:
    value = re.sub(r"\$\{HEADROW_(SIGNING_KEY|VERIFYING_KEYS):\?[^}]*\}", KEY, value)
    value = re.sub(r"\$\{\w+(:\?[^}]*)?\}", SECRET, value)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
