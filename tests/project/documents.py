"""The documents that are written for readers, and what can be found in them: tables, headings, links, names of files."""

import re

from tests.project.tracked import texts

BROUGHT_IN = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def documents() -> dict[str, str]:
    """Return the text of each document, by its name from the root."""
    return {name: text for name, text in texts().items() if name.endswith(".md")}


def rows(text: str) -> list[list[str]]:
    """Return the cells of each row of the tables in `text`; those of heads and of rules are left out."""
    lines = text.splitlines()
    tables = [line for line, after in zip(lines, [*lines[1:], ""], strict=True) if line.startswith("|") and after[:4]]
    tables = [line for line in lines if line.startswith("|")]
    heads = {line for line, after in zip(lines, lines[1:], strict=False) if re.fullmatch(r"[|: -]+", after)}
    inner = [line for line in tables if line not in heads and not re.fullmatch(r"[|: -]+", line)]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in inner]
