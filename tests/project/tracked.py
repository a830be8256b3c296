"""The files that are ours: what git tracks, or would."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is committed or about to be, those that git ignores left out."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(sorted(path for name in names if name and (path := ROOT / name).is_file()))


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
