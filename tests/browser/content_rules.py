"""What is wrong with a page by the content rules of the HTML standard: what may stand where, with which values."""

import json
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).with_name("content_rules.cjs")


class ContentRules:
    """html-validate, in a process that is started once for all pages."""

    def __init__(self, node: Path) -> None:
        self._process = subprocess.Popen(
            [node, SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def faults_of(self, text: str) -> list[str]:
        """Return what is wrong, each in a line. Raises EOFError where the process has ended."""
        asked, answered = self._process.stdin, self._process.stdout
        print(json.dumps(text), file=asked, flush=True)
        if not (line := answered.readline()):
            raise EOFError(f"{SCRIPT.name} has ended: see its errors above")
        faults: list[str] = json.loads(line)
        return faults

    def close(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.wait(timeout=10)
