"""The sentences that people read and tests look for, each once: tests name them, and a new wording is changed here.

`pages.toml` has those of pages, `emails.toml` those of emails, `elsewhere.toml` those of the API, of files and of the
command. A sentence is found by its table and its name; what changes from one page to the next stands in braces.
"""

import tomllib
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


def says(name: str, /, **facts: object) -> str:
    """Return the sentence of that name, such as `booking.confirmed`, with the facts that it tells.

    Raises KeyError where there is no such sentence, or where one of its facts is missing.
    """
    return sentences()[name].format(**facts)


@cache
def sentences() -> dict[str, str]:
    """Return every sentence by its name."""
    found: dict[str, str] = {}
    for file in sorted(HERE.glob("*.toml")):
        for table, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for key, sentence in entries.items():
                name = f"{table}.{key}"
                assert name not in found, f"{name} stands twice in {HERE.name}"
                found[name] = sentence
    return found
