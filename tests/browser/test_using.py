"""Using the pages: by keyboard alone, and without scripts."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.forms import told_of_too_much
from tests.browser.sample import ASHA, Sample, code_for, link_for
from tests.browser.visiting import Visitor
from tests.sentences import says

pytestmark = pytest.mark.slow

MOST_STEPS = 120  # of Tab through one page
# How something looks that may be focused: itself, its label, and the box or dot that is drawn beside it.
LOOKS = """one => {
  const seen = [one, ...(one.labels || [])];
  const drawn = seen.flatMap(part => ["", "::before", "::after"].map(pseudo => getComputedStyle(part, pseudo || null)));
  const of = style => [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow,
    style.backgroundColor, style.borderColor, style.borderWidth, style.color, style.opacity].join(" ");
  return drawn.map(of).join("|");
}"""
FOCUSABLE = "a, button, input, select, textarea, summary, iframe, [tabindex]"
REST = f"""() => {{
  const looks = {LOOKS};
  window.atRest = new Map([...document.querySelectorAll('{FOCUSABLE}')].map(one => [one, looks(one)]));
}}"""
FOCUSED = f"""() => {{
  const looks = {LOOKS};
  const one = document.activeElement;
  if (!one || one === document.body || one.tagName === "HTML") return null;
  const box = one.getBoundingClientRect();
  return {{
    name: [one.tagName, one.id || one.name, one.innerText].join(" ").slice(0, 100),
    visible: looks(one) !== window.atRest.get(one) && box.width > 0 && box.height > 0,
    again: (one.seenBefore = (one.seenBefore || 0) + 1) > 1,
  }};
}}"""


@pytest.fixture
def visit(browser: Browser, sample: Sample) -> Iterator:
    """Open a browser for somebody."""
    opened = []

    def visit(who: str = "nobody", *, scripts: bool = True) -> Visitor:
        opened.append(Visitor(browser, sample.headrow.url, sample.tokens[who], scripts=scripts))
        return opened[-1]

    yield visit
    for visitor in opened:
        assert visitor.faults == []
        visitor.close()


def codes_sent(sample: Sample, address: str) -> int:
    return len([m for m in sample.headrow.mail(address) if "code" in m["Subject"]])


def focus(page: Page, selector: str) -> None:
    """Press Tab until it is there. Fails where it never is."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    pytest.fail(f"Tab does not lead to {selector} on {page.url}")


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("nobody", "/"),
        ("nobody", "/sign-in"),
        ("nobody", "/privacy"),
        ("asha", "/emails"),
        ("asha", "/interests"),
        ("asha", "/bookings/{confirmed}/cancel"),
        ("asha", "/bookings/{attended}/feedback"),
        ("team", "/team/messages"),
    ],
)
def test_tab_leads_through_a_page_and_shows_where_it_is(who, path, sample, visit):
    page = visit(who).page
    page.goto(sample.headrow.url + path.format(**sample.bookings))
    page.evaluate(REST)
    steps = []
    while len(steps) < MOST_STEPS:
        page.keyboard.press("Tab")
        step = page.evaluate(FOCUSED)
        if step is None or step["again"]:
            break
        steps.append(step)
    assert says("pages.skip") in steps[0]["name"]
    assert len(steps) > 5
    assert [step["name"] for step in steps if not step["visible"]] == []


def test_the_first_step_leads_past_the_menu(sample, visit):
    page = visit().page
    page.goto(sample.headrow.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == says("pages.skip")
    box = page.locator(":focus").bounding_box()
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["height"] > 20
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_somebody_signs_in_by_keyboard_alone(sample, visit):
    page, before = visit().page, codes_sent(sample, ASHA)
    page.goto(f"{sample.headrow.url}/sign-in?next=/emails")
    focus(page, "#email")
    page.keyboard.type(ASHA)
    focus(page, "main button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/sign-in/confirm"))
    focus(page, "#code")
    page.keyboard.type(code_for(sample, ASHA, before))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("[0-9]/emails$"))
    assert page.locator("header button[type=submit]").is_visible()
    focus(page, "main input[type=checkbox], main input[type=radio]")
    page.keyboard.press("Space")
    focus(page, "main button")
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("/emails[?]done"))


def test_the_link_in_the_email_fills_in_the_code_only_in_the_browser_that_asked_for_it(sample, visit):
    """Whoever opens the link of another would else be signed in as them without knowing."""
    page, before = visit().page, codes_sent(sample, ASHA)
    page.goto(f"{sample.headrow.url}/sign-in")
    page.fill("#email", ASHA)
    page.click("main button")
    link = urlsplit(link_for(sample, ASHA, before))
    elsewhere = visit().page
    elsewhere.goto(f"{sample.headrow.url}/sign-in/confirm#{link.fragment}")
    assert elsewhere.input_value("#code") == ""
    assert elsewhere.locator("main", has_text=says("sign_in.as_whom", email=ASHA)).is_visible()
    assert "#" not in elsewhere.url, "nobody reads it over a shoulder, or in the history"
    page.goto(f"{sample.headrow.url}/sign-in/confirm#email=eve%40example.org&code=123456")
    assert page.input_value("#code") == "", "it was asked for someone else"
    page.goto(f"{sample.headrow.url}/sign-in/confirm#{link.fragment}")
    assert page.input_value("#code") == dict(parse_qsl(link.fragment))["code"]
    page.click("main button")
    page.wait_for_url(f"{sample.headrow.url}/")
    elsewhere.fill("#code", dict(parse_qsl(link.fragment))["code"])
    elsewhere.click("main button")
    assert elsewhere.title().startswith("Error: "), "a code is good once"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_mistake_in_a_form_is_shown_where_it_can_be_mended(scripts, sample, visit):
    page = visit(scripts=scripts).page
    page.goto(f"{sample.headrow.url}/sign-in")
    page.fill("#email", "not an address")
    page.click("main button")
    assert page.title().startswith("Error: ")
    assert page.input_value("#email") == "not an address"
    assert page.locator(".nhsuk-error-summary a[href='#email']").is_visible()
    assert page.locator("#email").get_attribute("aria-describedby")


def test_somebody_signs_in_and_gives_up_a_place_without_scripts(sample, visit):
    page, before = visit(scripts=False).page, codes_sent(sample, ASHA)
    reference = sample.bookings["confirmed"]
    page.goto(f"{sample.headrow.url}/bookings/{reference}/cancel")
    page.click("main a[href^='/sign-in']")
    page.fill("#email", ASHA)
    page.click("main button")
    page.fill("#code", code_for(sample, ASHA, before))
    page.click("main button")
    page.wait_for_url(f"**/bookings/{reference}/cancel")
    page.click("main button")
    page.wait_for_url(re.compile(f"/bookings/{reference}[?]"))
    assert "cancelled" in page.inner_text("main")
    page.reload()
    assert "cancelled" in page.inner_text("h1")
    page.click("header button[type=submit]")
    assert page.locator("header a[href='/sign-in']").is_visible()


def test_a_session_is_searched_for_without_scripts(sample, visit):
    page = visit(scripts=False).page
    page.goto(sample.headrow.url)
    field = page.locator("main input[name=q]").first
    if not field.count():  # the first page leads to them
        page.goto(f"{sample.headrow.url}/sessions")
        field = page.locator("main input[name=q]").first
    field.fill("boundaries")
    field.locator("xpath=ancestor::form").locator("button").first.click()
    page.wait_for_url(re.compile("q=boundaries"))
    assert "Leading across boundaries" in page.inner_text("main")


@pytest.fixture
def details(sample, visit):
    """The form of somebody's details, where organisations are suggested, and what was asked for on the way."""
    page, asked = visit("asha").page, []

    def answer(route):
        asked.append(route.request.url.partition("?")[2])
        names = ["St James <img src=x>", "St Jude"]
        route.fulfill(json={"items": [{"name": name} for name in names], "next": None})

    page.route("**/api/v1/organisations?*", answer)
    page.goto(f"{sample.headrow.url}/account/details")
    page.wait_for_selector("#organisation[role=combobox]")
    return page, asked


def test_an_organisation_is_suggested_and_chosen_by_keyboard(details):
    page, asked = details
    page.check("input[name=sector] >> nth=0")
    focus(page, "#organisation")
    page.keyboard.type("st j")
    page.wait_for_selector("#organisation__listbox [role=option] >> nth=1")
    assert page.locator("#organisation__listbox img").count() == 0
    assert asked[-1].startswith("q=st+j&sector=")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("#organisation") == "St James <img src=x>"
    assert page.locator("#organisation").get_attribute("autocomplete") == "organization"
    sent = page.evaluate("new FormData(document.querySelector('main form')).get('organisation')")
    assert sent == "St James <img src=x>"


def test_words_that_nobody_suggests_stay(sample, details):
    page, _ = details
    focus(page, "#organisation")
    page.keyboard.press("Control+A")
    page.keyboard.type("A small charity of ours")
    page.wait_for_selector("#organisation__listbox [role=option]")
    page.keyboard.press("Tab")
    assert page.input_value("#organisation") == "A small charity of ours"
    page.click("main form button")
    page.wait_for_url(re.compile("/account[?]done"))
    assert "A small charity of ours" in page.inner_text("main")
    page.goto(f"{sample.headrow.url}/account/details")
    page.wait_for_selector("#organisation[role=combobox]")
    assert page.input_value("#organisation") == "A small charity of ours"


def test_the_limit_that_a_form_states_is_the_one_of_its_service(sample):
    told = told_of_too_much(sample)
    assert len(told) > 10
    assert {
        field: words
        for field, (most, words) in told.items()
        if says("field_errors.most_characters", most=most) not in words
    } == {}
