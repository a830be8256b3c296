"""The README's pictures can be taken: a page that moved, or a button that is called otherwise, is noticed here."""

from pathlib import Path

import pytest

from tests.browser.pictures import CLOCK, FOLDER, MOST_BYTES, PICTURES, take
from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import Demonstration

pytestmark = pytest.mark.slow
README = (FOLDER.parents[1] / "README.md").read_text()


def test_they_can_be_taken_of_a_demonstration(tmp_path: Path, chromium: Path):
    with killed_in_the_end(Demonstration(tmp_path, HEADROW_CLOCK=CLOCK)) as demonstration:
        demonstration.start()
        sizes = take(PICTURES, demonstration, tmp_path)
        assert set(demonstration.stop().values()) == {0}
    assert {name: size for name, size in sizes.items() if not 10_000 < size < MOST_BYTES} == {}
    for name in sizes:
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_each_of_them_is_there_and_the_readme_shows_it():
    names = {picture.name for picture in PICTURES}
    assert {path.stem for path in FOLDER.glob("*.png")} == names
    assert [name for name in names if f"docs/pictures/{name}.png" not in README] == []
