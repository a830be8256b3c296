"""The second factor over HTTP, with real emails and codes as an authenticator app makes them."""

import re
import time

import pyotp
import pytest
import requests

from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import Caller, Distributed, Embedded
from tests.sentences import says

pytestmark = pytest.mark.slow
TESS = "tess@example.org"
BOOKINGS = "/sessions/maxims-in-practice/bookings"


@pytest.fixture(params=["embedded", pytest.param("distributed", marks=[pytest.mark.rabbitmq, pytest.mark.postgresql])])
def headrow(request, tmp_path):
    """Headrow where it is required: in one process since that is set, in many by itself."""
    if request.param == "embedded":
        with killed_in_the_end(Embedded(tmp_path, HEADROW_SECOND_FACTOR="required")) as system:
            system.start()
            yield system
        return
    rabbitmq, postgresql = (request.getfixturevalue(f"{name}_server") for name in ("rabbitmq", "postgresql"))
    with (
        rabbitmq.fresh_vhost() as broker,
        postgresql.fresh_database() as database,
        killed_in_the_end(Distributed(tmp_path, broker, database, together=True)) as system,
    ):
        system.start()
        yield system


class SignIn:
    """Someone who signs in again and again, each time with a code from a new email."""

    def __init__(self, system):
        self.system, self.mails = system, 0
        self.nobody = Caller(system.url)

    def code(self):
        assert self.nobody.post("/sign-in", {"email": TESS}).status_code == 202
        return self.mailed()

    def mailed(self):
        self.mails += 1
        mail = self.system.mailed(TESS, says("sign_in_email.heading"), self.mails)
        return re.search(r"^(\d{6})\s*$", mail.get_body(("plain",)).get_content(), re.MULTILINE)[1]

    def confirm(self, code, factor=None):
        more = {"second_factor": factor} if factor else {}
        return self.nobody.post("/sign-in/confirm", {"email": TESS, "code": code, **more})


def problem(answer):
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def form_of(page):
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))


def in_browser(system, sign_in):
    """Ask for a code in a browser, and enter it; return the browser and the page that comes then."""
    browser = requests.Session()
    page = browser.get(f"{system.url}/sign-in?next=/team", timeout=20)
    page = browser.post(f"{system.url}/sign-in", data={**form_of(page), "email": TESS}, timeout=20)
    given = {**form_of(page), "code": sign_in.mailed()}
    return browser, browser.post(f"{system.url}/sign-in/confirm", data=given, timeout=20)


def test_a_role_counts_with_a_second_factor_that_is_set_up_used_lost_and_removed(headrow):
    headrow.run("role", TESS, "--give", "team")
    sign_in = SignIn(headrow)

    # Signed in without one: nobody is locked out, and nothing of the role is to be had
    first = sign_in.confirm(sign_in.code())
    assert (first.json()["person"]["roles"], first.json()["person"]["roles_withheld"]) == (["person"], ["team"])
    tess = Caller(headrow.url, first.json()["token"])
    for path in (BOOKINGS, "/roles", "/messages", "/reach"):
        assert problem(tess.get(path)) == (403, "second-factor-required"), path
    browser, page = in_browser(headrow, sign_in)
    assert page.url == f"{headrow.url}/account/second-factor?next=/team"
    assert browser.get(f"{headrow.url}/team", timeout=20).status_code == 403

    # Set up
    app = pyotp.TOTP(tess.post("/me/second-factor").json()["secret"])
    begun = time.time()
    confirmed = tess.post("/me/second-factor/confirm", {"code": app.at(begun)})
    recovery = confirmed.json()["recovery_codes"]
    assert [tess.get(path).status_code for path in (BOOKINGS, "/roles", "/messages")] == [200, 200, 200]
    assert browser.get(f"{headrow.url}/team", timeout=20).status_code == 401, "signed out everywhere else"

    # Signing in with it
    code = sign_in.code()
    assert problem(sign_in.confirm(code)) == (403, "second-factor-required")
    assert problem(sign_in.confirm(code, "000000" if app.at(begun + 30) != "000000" else "111111")) == (
        403,
        "second-factor-wrong",
    )
    wrong = "000000" if code != "000000" else "111111"
    assert problem(sign_in.confirm(wrong, app.at(begun + 30))) == (401, "code-wrong")
    again = sign_in.confirm(code, app.at(begun + 30))
    assert again.json()["person"]["roles"] == ["person", "team"]
    assert Caller(headrow.url, again.json()["token"]).get(BOOKINGS).status_code == 200
    code = sign_in.code()
    assert problem(sign_in.confirm(code, app.at(begun + 30))) == (403, "second-factor-wrong"), "it was used"
    late = sign_in.confirm(code, "000000" if app.at(begun + 30) != "000000" else "111111")
    assert (late.json()["digits"], problem(late)) == (12, (403, "second-factor-wrong"))
    assert headrow.mailed(TESS, says("factor_guessed_email.subject"))
    assert sign_in.confirm(code, recovery[0].upper()).status_code == 200
    assert problem(sign_in.confirm(sign_in.code(), recovery[0])) == (403, "second-factor-wrong"), "so was this"

    # In a browser, without the phone, which takes two steps
    browser, page = in_browser(headrow, sign_in)
    assert says("second_factor.enter_code") in page.text
    page = browser.post(page.url, data={**form_of(page), "recovery_code": recovery[1]}, timeout=20)
    assert (page.status_code, page.url) == (200, f"{headrow.url}/team")
    held = tess.get("/me/export").json()["second_factor"]
    assert (held["on_since"] is not None, held["recovery_codes_left"]) == (True, 8)

    # Lost for good: the command removes it, and what was signed in with it ends at once
    script = Caller(headrow.url, headrow.token(TESS))
    assert headrow.run("second-factor", TESS, "--remove").returncode == 0
    assert tess.get("/me").status_code == 401
    assert browser.get(f"{headrow.url}/team", timeout=20).status_code == 401
    assert script.get(BOOKINGS).status_code == 200, "a token of the command needs none"
    last = sign_in.confirm(sign_in.code()).json()["person"]
    assert last["roles_withheld"] == ["team"]
