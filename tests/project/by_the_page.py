"""What docs/operations.md, “With Kubernetes”, has someone run, with stand-ins for docker and kubectl.

In place of docker, Headrow is run from here. In place of kubectl, what it would have been given is written down.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.project.documents import page, section
from tests.project.tracked import ROOT
from tests.servers.identities import PASSWORD

# The users and roles are there for all tests of a server, with one password.
DOCKER = f"""#!/bin/bash
[ "$1" = run ] || exit 0
shift 4
if [ "$1" = --env-file ]; then
    while IFS= read -r line; do export "$line"; done < "$2"
    shift 2
fi
shift
cd {ROOT} && {sys.executable} -m services "$@" | sed 's/PASSWORD=.*/PASSWORD={PASSWORD}/'
"""
KUBECTL = """#!/bin/bash
case "$*" in
    "create secret generic "*) cat > "$RECORDED/secret-$4" ;;
    *import_definitions) cat > "$RECORDED/definitions" ;;
    *psql*) cat > "$RECORDED/roles" ;;
    "get pod"*) echo pod/postgres-1 ;;
    "apply "*"-f -") cat > /dev/null ;;
esac
"""


@dataclass(frozen=True)
class Followed:
    """What the cluster was given: secrets by name, definitions for RabbitMQ, and what psql read."""

    secrets: dict[str, dict[str, str]]
    definitions: dict[str, Any]
    roles: str


def follow(folder: Path) -> Followed:
    """Run the page's commands, until everything is started, in this folder (it takes some seconds)."""
    blocks = re.findall(r"^```sh\n(.*?)^```", section(page("docs/operations.md"), "With Kubernetes"), re.M | re.S)
    until = next(number for number, block in enumerate(blocks) if "rm headrow.env" in block)
    programs, recorded, work = (folder / name for name in ("programs", "recorded", "work"))
    for place in (programs, recorded, work):
        place.mkdir()
    for name, script in (("docker", DOCKER), ("kubectl", KUBECTL)):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    (work / "deploy").symlink_to(ROOT / "deploy")
    own = {name: value for name, value in os.environ.items() if not name.startswith("HEADROW_")}
    subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", "".join(blocks[: until + 1])],
        cwd=work,
        env={**own, "PATH": f"{programs}:{own['PATH']}", "RECORDED": str(recorded)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert [*work.iterdir()] == [work / "deploy"], "nothing secret is left lying about"
    return Followed(
        {file.name.removeprefix("secret-"): _lines(file) for file in recorded.glob("secret-*")},
        json.loads((recorded / "definitions").read_text()),
        (recorded / "roles").read_text(),
    )


def _lines(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())
