"""The files that the rules of the house are held against: all of ours, and nothing that a tool has made."""

import pytest

from tests.project.tracked import IGNORED, files, is_ignored, name_of


def test_what_is_ours_is_found_and_what_was_made_is_not():
    names = {name_of(path) for path in files()}
    assert {"Makefile", ".gitignore", ".ci/run", "services/bus/outbox.py", "docs/pictures/home.png"} <= names
    made = (".git/", ".venv/", "var/", "assets/node_modules/", "gateway/pages/static/built/")
    assert [name for name in names if name.startswith(made) or "__pycache__" in name] == []


@pytest.mark.parametrize(
    ("name", "is_folder", "ignored"),
    [
        (".git", True, True),
        (".git", False, True),  # of a second work tree
        ("var", True, True),
        ("services/var", True, False),  # the pattern begins at the root
        (".coverage.host.1", False, True),
        ("headrow.egg-info", True, True),
        ("headrow.egg-info", False, False),  # the pattern is of folders
        ("tests/project/__pycache__", True, True),
        ("assets/node_modules", True, True),
        ("assets/headrow.scss", False, False),
    ],
)
def test_a_name_is_ignored_as_git_ignores_it(name, is_folder, ignored):
    assert is_ignored(name, is_folder) == ignored


def test_no_pattern_says_what_is_not_understood_here():
    assert [pattern for pattern in IGNORED if any(sign in pattern for sign in ("!", "**", "\\", "[", "?"))] == []
