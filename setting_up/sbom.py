"""Lists what Headrow is made of, by the locks, as CycloneDX 1.6 (JSON): `python3 setting_up/sbom.py FILE`.

Of the packages of Python those that are installed to run it; of those of npm those that pages are dressed with. The
same locks give the same file. It needs nothing but Python, so that it can be written where nothing is installed.
"""

import base64
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).parents[1]
LOCKED = re.compile(r"^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\\n]+?))?(?: \\)?\n((?:    --hash=.*\n)*)", re.MULTILINE)


def bill(root: Path = ROOT) -> dict[str, Any]:
    """Return the bill of materials."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    whole = {"type": "application", "bom-ref": "headrow", "name": "headrow", "version": project["version"]}
    parts = [*_of_python((root / "requirements.txt").read_text())]
    parts += _of_npm(json.loads((root / "assets" / "package-lock.json").read_text()))
    parts.sort(key=lambda part: part["bom-ref"])
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": whole},
        "components": parts,
        "dependencies": [{"ref": "headrow", "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def _of_python(lock: str) -> list[dict[str, Any]]:
    """Return the packages of a lock of pip's. What only some machines need says when."""
    parts = []
    for name, version, when, hashes in LOCKED.findall(lock):
        named = re.sub(r"[-_.]+", "-", name).lower()
        told = [("headrow:when", when)] if when else []
        told += [("headrow:sha256", found) for found in re.findall(r"sha256:([0-9a-f]{64})", hashes)]
        parts.append(_part(named, version, f"pkg:pypi/{named}@{quote(version)}", told))
    return parts


def _of_npm(lock: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the packages of a lock of npm's, without those that only its tests need."""
    parts = {}
    for path, found in lock["packages"].items():
        if not path or found.get("dev"):
            continue
        name, version = path.rpartition("node_modules/")[2], found["version"]
        scope, _, plain = name.rpartition("/")
        purl = f"pkg:npm/{quote(scope, safe='')}{'/' if scope else ''}{plain}@{quote(version)}"
        part = _part(name, version, purl, [("headrow:optional", "true")] if found.get("optional") else [])
        if found.get("integrity", "").startswith("sha512-"):
            content = base64.b64decode(found["integrity"].removeprefix("sha512-")).hex()
            part["hashes"] = [{"alg": "SHA-512", "content": content}]
        parts[purl] = part
    return [*parts.values()]


def _part(name: str, version: str, purl: str, told: list[tuple[str, str]]) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if told:  # of a package there is a file for each machine: only one of these hashes is of what is installed
        part["properties"] = [{"name": what, "value": value} for what, value in told]
    return part


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(bill(), indent=1) + "\n")
    print(file)
