"""The README's walk, done as it is written: on one process, and on what Compose starts."""

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.demo.cast import CAST
from tests.project.tracked import ROOT

README = (ROOT / "README.md").read_text()
END_OF_OUTPUT = "-- end of output --"


@dataclass(frozen=True)
class Step:
    """One command of the README and what it says the command prints."""

    command: str
    output: str


@pytest.mark.slow
def test_the_walk_goes_as_the_readme_says(running, tmp_path):
    steps = _steps(README)
    assert steps
    for step, printed in zip(steps, _do(steps, running.address, tmp_path), strict=True):
        assert _matches(printed, step.output), f"$ {step.command}\n{printed}\nand the README says\n{step.output}"


def test_the_readme_names_those_that_one_can_sign_in_as():
    assert [named.email for named in CAST if f"`{named.email}`" not in README] == []


def test_what_varies_is_matched_and_the_rest_is_not():
    assert _matches('{"a": 1, "b": [2]}', '{"a": 1,…]}')
    assert _matches('{"a":1}', '{"a": 1}')
    assert not _matches('{"a": 2, "b": [2]}', '{"a": 1,…]}')
    assert not _matches('{"a": 1} and more', '{"a": 1}')


def _steps(document: str) -> list[Step]:
    """Return the commands of the document's console blocks: `$ ` begins one, `> ` goes on with it."""
    steps = []
    for block in re.findall(r"^```console\n(.*?)^```", document, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.rstrip("\n").split("\n")
            length = next((n for n, line in enumerate(lines) if n and not line.startswith("> ")), len(lines))
            command = "\n".join(line.removeprefix("> ") for line in lines[:length])
            steps.append(Step(command, "\n".join(lines[length:])))
    return steps


def _do(steps: list[Step], address: str, folder: Path) -> list[str]:
    """Do all commands in one shell, so that variables last, and return what each printed."""
    script = "".join(f"{step.command}\necho; echo {shlex.quote(END_OF_OUTPUT)}\n" for step in steps)
    script = UNTIL_THE_MAIL_HAS_COME + script.replace("localhost:8000", address).replace("/tmp/", f"{folder}/")
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return [printed.strip() for printed in done.stdout.split(END_OF_OUTPUT)[:-1]]


# The README sleeps for a second while a mail is on its way; a busy machine may need more, and an idle one needs less.
UNTIL_THE_MAIL_HAS_COME = """
seen=$(ls var/mail 2> /dev/null | wc -l)
sleep() {
    for try in $(seq 200); do
        [ "$(ls var/mail | wc -l)" -gt $seen ] && break
        command sleep 0.1
    done
    seen=$(ls var/mail | wc -l)
}
"""


def _matches(printed: str, said: str) -> bool:
    """Tell whether what was printed is what the README says, where … stands for anything and spaces for nothing."""
    pattern = ".*".join(re.escape(re.sub(r"\s+", "", part)) for part in said.split("…"))
    return re.fullmatch(pattern, re.sub(r"\s+", "", printed), re.DOTALL) is not None
