"""docker-compose.yml as data: what it starts, with which command and which settings."""

import re

import yaml

from tests.project.tracked import ROOT

FILE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS = FILE["services"]
PARTS = {name: part for name, part in CONTAINERS.items() if "build" in part}  # those that are ours
SECRET = "x" * 40


def environment(part: str) -> dict[str, str]:
    """Return what compose sets for a part where nothing but the secrets is given, and those are SECRET."""
    return {name: _filled_in(str(value)) for name, value in PARTS[part]["environment"].items()}


def _filled_in(value: str) -> str:
    value = re.sub(r"\$\{\w+:\?[^}]*\}", SECRET, value)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
