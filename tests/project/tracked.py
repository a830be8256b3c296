"""The files that are ours: what git tracks, or would. There need be no git: a copy of the project has none."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pathspec import GitIgnoreSpec

ROOT = Path(__file__).parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is committed or about to be, those that .gitignore names left out."""
    ignored = GitIgnoreSpec.from_lines(["/.git", *(ROOT / ".gitignore").read_text().splitlines()])
    return tuple(sorted(ROOT / name for name in _below("", ignored)))


def _below(folder: str, ignored: GitIgnoreSpec) -> Iterator[str]:
    for entry in os.scandir(ROOT / folder):
        name = f"{folder}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if not ignored.match_file(f"{name}/"):
                yield from _below(f"{name}/", ignored)
        elif entry.is_file() and not ignored.match_file(name):
            yield name


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
