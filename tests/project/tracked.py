"""The files that are ours: all that .gitignore does not name, so that no git is needed to find them."""

import ast
import os
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
IGNORED = [line for line in (ROOT / ".gitignore").read_text().splitlines() if line and not line.startswith("#")]


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is committed or about to be."""
    found = []
    for place, folders, names in os.walk(ROOT):
        here = Path(place)
        folders[:] = [name for name in folders if not is_ignored(name_of(here / name), is_folder=True)]
        found += [path for name in names if not is_ignored(name_of(path := here / name), is_folder=False)]
    return tuple(sorted(found))


def is_ignored(name: str, is_folder: bool) -> bool:
    """Tell whether .gitignore names a file or a folder, as far as our patterns go; git's own is never ours."""
    last = name.rpartition("/")[2]
    if last == ".git":
        return True
    return any(
        fnmatchcase(name if "/" in pattern[:-1] else last, pattern.strip("/"))
        for pattern in IGNORED
        if is_folder or not pattern.endswith("/")
    )


@cache
def texts() -> dict[str, str]:
    """Return the content of each file that is text, by its name from the root."""
    return {name_of(path): text for path in files() if (text := _text(path)) is not None}


def modules(*folders: str) -> dict[str, ast.Module]:
    """Return the syntax tree of each Python file below these folders, by its name from the root."""
    paths = [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]
    return {name_of(path): _tree(path) for path in paths}


def name_of(path: Path) -> str:
    """Return a file's name from the root."""
    return str(path.relative_to(ROOT))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return None  # a picture or a font
