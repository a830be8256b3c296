"""`make pictures`: the pages that the README shows, from a Headrow with the sample programme, as docs/pictures/*.png.

A page that is not in the route table is left out, and said so.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from gateway.routing import Router
from gateway.table import all_routes
from services.bus.refusals import Refusal
from tests.browser.sample import Sample, new_system
from tests.browser.visiting import PHONE, SCREEN, Visitor
from tests.servers import Missing, installed

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
HEIGHTS = {PHONE: 780, SCREEN: 860}
MOST_BYTES = 150_000  # of a picture


@dataclass(frozen=True)
class Picture:
    """A page, who looks at it, and how wide; `steps` are buttons that are pressed first."""

    name: str
    path: str
    who: str = "nobody"
    width: int = SCREEN
    steps: tuple[str, ...] = ()


PICTURES = (
    Picture("home", "/"),
    Picture("session", "/sessions/leading-across-boundaries"),
    Picture("check-your-answers", "/sessions/slp-june-virtual-cohort/book", "asha", steps=("Continue",) * 4),
    Picture("my-places", "/bookings", "asha"),
    Picture("team", "/team", "team"),
    Picture("take-attendance", "/team/sessions/maxims-in-practice/attendance", "team", PHONE),
)


def main() -> int:
    """Take them; return 1 if one has come out too large."""
    FOLDER.mkdir(exist_ok=True)
    taken = [picture for picture in PICTURES if _is_there(picture.path)]
    with tempfile.TemporaryDirectory(prefix="headrow-pictures-") as folder:
        headrow = new_system(Path(folder))
        try:
            headrow.start()
            _take(taken, Sample(headrow))
        finally:
            headrow.stop()
    for picture in PICTURES:
        size = (FOLDER / f"{picture.name}.png").stat().st_size if picture in taken else 0
        print(f"{picture.name}: {f'{size:,} bytes' if size else f'left out, as there is no {picture.path}'}")
    return max((FOLDER / f"{picture.name}.png").stat().st_size for picture in taken) > MOST_BYTES


def _take(pictures: list[Picture], sample: Sample) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(installed.chromium()), args=["--no-sandbox"])
        for picture in pictures:
            visitor = Visitor(browser, sample.headrow.url, sample.tokens[picture.who])
            page = visitor.page
            page.set_viewport_size({"width": picture.width, "height": HEIGHTS[picture.width]})
            page.goto(sample.headrow.url + picture.path)
            for button in picture.steps:
                if "Check your answers" not in page.inner_text("h1"):
                    page.get_by_role("button", name=button, exact=True).click()
            page.screenshot(path=FOLDER / f"{picture.name}.png")
            visitor.close()
        browser.close()


def _is_there(path: str) -> bool:
    try:
        Router(all_routes()).find("GET", path)
    except Refusal:
        return False
    return True


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Missing as missing:
        sys.exit(str(missing))
