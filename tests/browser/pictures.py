"""`make pictures`: the pages that the README shows, from a demonstration, as docs/pictures/*.png."""

import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.visiting import PHONE, SCREEN, Visitor
from tests.journeys.running import Demonstration, System
from tests.sentences import says
from tests.servers import Missing, installed

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
CLOCK = "2027-01-11T10:00:00"  # always the same, so that a picture changes only where its page does
HEIGHTS = {PHONE: 780, SCREEN: 860}
MOST_BYTES = 150_000  # of a picture


@dataclass(frozen=True)
class Picture:
    """A page, the address of whoever looks at it, and how wide; `steps` are buttons that are pressed first."""

    name: str
    path: str
    who: str | None = None
    width: int = SCREEN
    steps: tuple[str, ...] = ()


PICTURES = (
    Picture("home", "/"),
    Picture("session", "/sessions/leading-across-boundaries"),
    Picture(
        "check-your-answers",
        "/sessions/slp-virtual-cohort/book",
        "asha@example.org",
        steps=(says("pages.continue"),) * 4,
    ),
    Picture("my-places", "/bookings", "asha@example.org"),
    Picture("team", "/team", "team@example.org"),
    Picture(
        "take-attendance",
        "/team/sessions/response-across-the-city/attendance",
        "facilitator@example.org",
        PHONE,
    ),
)


def main() -> int:
    """Take them all; return 1 if one has come out too large."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="headrow-pictures-") as folder:
        demonstration = Demonstration(Path(folder), HEADROW_CLOCK=CLOCK)
        try:
            demonstration.start()
            sizes = take(PICTURES, demonstration, FOLDER)
        finally:
            demonstration.stop()
    for name, size in sizes.items():
        print(f"{name}: {size:,} bytes")
    return max(sizes.values()) > MOST_BYTES


def take(pictures: Iterable[Picture], headrow: System, folder: Path) -> dict[str, int]:
    """Write pictures of a running Headrow to a folder; return how many bytes each has."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(installed.chromium()), args=["--no-sandbox"])
        sizes = {picture.name: _take(picture, browser, headrow, folder) for picture in pictures}
        browser.close()
    return sizes


def _take(picture: Picture, browser: Browser, headrow: System, folder: Path) -> int:
    visitor = Visitor(browser, headrow.url, headrow.token(picture.who) if picture.who else None)
    page = visitor.page
    page.set_viewport_size({"width": picture.width, "height": HEIGHTS[picture.width]})
    answer = page.goto(headrow.url + picture.path)
    assert answer is not None
    assert answer.ok, f"{picture.path}: {answer.status}"
    for button in picture.steps:
        if says("book.check_answers") not in page.inner_text("h1"):
            page.get_by_role("button", name=button, exact=True).click()
    written = page.screenshot(path=folder / f"{picture.name}.png")
    visitor.close()
    return len(written)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Missing as missing:
        sys.exit(str(missing))
