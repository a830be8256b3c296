"""Looking at a page with a browser: what axe finds, whether it is as wide as the screen, and what it loads."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

AXE = Path(__file__).parents[2] / "assets" / "node_modules" / "axe-core" / "axe.min.js"
MOST_BYTES = 100 * 1024  # of a page, once the files that all pages share are there
PHONE, ZOOMED, SCREEN = 360, 640, 1280  # CSS pixels; a screen of 1280 at 200% is 640 wide
HEIGHT = 900
LAID_OUT = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]  # rules, by the width
FIND = """async rules => {
  const chosen = rules ? {runOnly: rules} : {rules: {"target-size": {enabled: true}}};
  const {violations} = await axe.run(document, {resultTypes: ["violations"], preload: {assets: ["media"]}, ...chosen});
  const why = node => [...node.any, ...node.all, ...node.none].map(check => check.message).join(", ");
  return violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(" ")}: ${why(node)}`));
}"""
TOO_WIDE = """() => {
  const wide = document.documentElement.scrollWidth;
  const isOut = one => one.getBoundingClientRect().right > innerWidth + 1;
  const out = [...document.body.querySelectorAll("*")].filter(isOut);
  return wide <= innerWidth ? [] : [`${wide} pixels`, ...out.slice(0, 3).map(one => one.outerHTML.slice(0, 120))];
}"""


class Visitor:
    """Somebody's browser, which notes what goes wrong on the pages that it opens."""

    def __init__(self, browser: Browser, url: str, token: str | None, *, scripts: bool = True) -> None:
        self.url = url
        self.context: BrowserContext = browser.new_context(
            viewport={"width": PHONE, "height": HEIGHT}, java_script_enabled=scripts
        )
        if token:
            self.context.add_cookies([{"name": "headrow_session", "value": token, "url": url}])
        self.context.set_default_timeout(8000)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", lambda request: self._requested(request.url))
        self.page.on("response", self._answered)
        self.faults: list[str] = []
        self._answers: list[Response] = []
        self._has_axe = False

    def faults_of(self, path: str) -> list[str]:
        """Open a page at all widths, and return what is wrong with it."""
        self.faults, self._answers = [], []
        self.bring_axe()
        self._resize(PHONE)
        self.page.goto(self.url + path, wait_until="load")
        self.faults_here()
        weight = self._weight()
        if weight > MOST_BYTES:
            self.faults.append(f"{weight:,} bytes")
        return self.faults

    def bring_axe(self) -> None:
        """Have the pages that are opened from now on be looked at by axe."""
        if not self._has_axe:
            self.context.add_init_script(f"if (top === window) {{ {AXE.read_text()} }}")
            self._has_axe = True

    def faults_here(self) -> list[str]:
        """Return what is wrong with the page that is open, at all widths."""
        self._resize(PHONE)
        self._find_overflow(PHONE)
        self._find_violations(PHONE)
        self._resize(ZOOMED)
        self._find_overflow(ZOOMED)
        self._resize(SCREEN)
        self._find_overflow(SCREEN)
        self._find_violations(SCREEN, LAID_OUT)
        self._resize(PHONE)  # as the next page is opened
        return self.faults

    def close(self) -> None:
        """Close it."""
        self.context.close()

    def _resize(self, width: int) -> None:
        size = {"width": width, "height": HEIGHT}
        if self.page.viewport_size != size:
            self.page.set_viewport_size(size)

    def _find_violations(self, width: int, rules: list[str] | None = None) -> None:
        found: list[Any] = self.page.evaluate(FIND, rules)
        self.faults += [f"axe at {width}: {violation}" for violation in found]

    def _find_overflow(self, width: int) -> None:
        self.faults += [f"too wide at {width}: {what}" for what in self.page.evaluate(TOO_WIDE)]

    def _weight(self) -> int:
        """Return the bytes of what was loaded beside the files that the browser keeps."""
        loaded = [answer for answer in self._answers if not urlsplit(answer.url).path.startswith("/static/")]
        return sum(int(answer.headers.get("content-length") or len(answer.body())) for answer in loaded)

    def _hear(self, message: ConsoleMessage) -> None:
        said = message.text
        if message.type == "error" and "status of 4" not in said:  # a page that is refused is a page all the same
            self.faults.append(f"console: {said}")

    def _requested(self, url: str) -> None:
        if not url.startswith((self.url, "data:")):
            self.faults.append(f"asks another host: {url}")

    def _answered(self, answer: Response) -> None:
        self._answers.append(answer)
        if answer.status >= 500 or (answer.status >= 400 and not answer.request.is_navigation_request()):
            self.faults.append(f"{answer.status} {answer.url}")
