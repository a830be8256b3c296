"""What the pages are dressed in is all there after `make`, and comes from nowhere in particular."""

import re

from gateway.web.pages.static_files import FOLDER
from tests.project.tracked import ROOT

ASSETS = ROOT / "assets"
NAMED = re.compile(r'static\("([^"]+)"\)|["(]/static/([a-z0-9.-]+)')


def test_every_file_that_a_page_names_is_there():
    sources = [*ROOT.glob("gateway/**/templates/*.html"), *FOLDER.glob("*.css"), *(FOLDER / "built").glob("*.*s*")]
    named = {one or other for file in sources for one, other in NAMED.findall(file.read_text())}
    assert {"headrow.css", "headrow.js", "nhsuk-frontend.js"} <= named
    assert [name for name in sorted(named) if not any((FOLDER / part / name).is_file() for part in ("", "built"))] == []


def test_the_lock_says_what_and_not_from_where():
    lock = (ASSETS / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity": "sha512-' in lock
    assert "://" not in (ASSETS / "requirements.txt").read_text()


def test_the_image_is_dressed_before_it_is_installed_and_holds_no_node():
    whole = (ROOT / "Dockerfile").read_text()
    order = ["COPY gateway gateway", "COPY assets assets", "assets/build /node/bin/python", "--no-build-isolation ."]
    places = [whole.index(step) for step in order]
    assert places == sorted(places)
    assert "/node" not in whole.rpartition("\nFROM")[2]
