"""Mail as files: read on one's own machine and nowhere else, and gone with the person whom it was written to."""

import html
import re
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import Caller, Embedded, System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow
GONE = ("wren.quill", "wren quill", "quillon")


@pytest.fixture
def embedded(tmp_path):
    with killed_in_the_end(Embedded(tmp_path)) as system:
        yield system


def test_a_newcomer_reads_the_code_in_the_browser_where_one_process_runs_and_nowhere_else(headrow: System):
    browser = requests.Session()
    browser.get(f"{headrow.url}/sign-in", timeout=10)
    assert Caller(headrow.url).post("/sign-in", {"email": "new@example.org"}).status_code == 202
    headrow.mailed("new@example.org", says("sign_in_email.heading"))
    asks = browser.get(f"{headrow.url}/sign-in/confirm?email=new@example.org", timeout=10).text
    link = re.search(r'href="(/dev/mail[^"]*)"', asks)
    if "gateway" in headrow.processes:
        assert link is None
        assert browser.get(f"{headrow.url}/dev/mail", timeout=10).status_code == 404
        return
    listed = browser.get(headrow.url + html.unescape(link[1]), timeout=10).text
    letter = re.search(rf'href="(/dev/mail/[0-9a-f-]+)">{says("sign_in_email.heading")}', listed)[1]
    code = re.search(r'class="code">(\d{6})<', browser.get(headrow.url + letter, timeout=10).text)[1]
    signed_in = Caller(headrow.url).post("/sign-in/confirm", {"email": "new@example.org", "code": code})
    assert signed_in.status_code == 200, signed_in.text
    assert says("sign_in_email.heading") in browser.get(f"{headrow.url}{letter}/html", timeout=10).text
    elsewhere = browser.get(f"{headrow.url}/dev/mail", headers={"Host": "elsewhere.example"}, timeout=10)
    assert elsewhere.status_code == 404


def test_the_queue_is_in_the_metrics_and_the_doctor_sees_it(headrow: System):
    text = requests.get(f"{headrow.url}/metrics", timeout=10).text
    assert 'headrow_messages_queued{urgency="at_once"}' in text
    assert re.search(r"^headrow_messages_oldest_due_seconds [0-9.]+$", text, re.MULTILINE)
    well = re.escape(says("doctor.mail", queued="#", put_off=0)).replace(r"\#", r"\d+")
    assert re.search(rf"^ok   {well}$", headrow.run("doctor").stdout, re.MULTILINE)


def test_the_doctor_says_when_mail_is_late(embedded):
    embedded.start()
    embedded.caller("late@example.org").book("maxims-in-practice")
    embedded.mailed("late@example.org", says("booking_email.confirmed"))
    embedded.stop()
    with sqlite3.connect(embedded.folder / "notifications.db") as database:
        database.execute("UPDATE messages SET state = 'queued', due_at = '2020-01-01 00:00:00.000000'")
    seen = embedded.run("doctor", "notifications", check=False)
    assert seen.returncode == 1
    late = f"{says('doctor.mail', queued=1, put_off=0)}: {says('doctor.mail_late', number=1)}"
    assert re.search(rf"^BAD  {re.escape(late)}", seen.stdout, re.MULTILINE)


def test_nothing_in_the_whole_folder_names_who_was_erased(embedded):
    embedded.start()
    other = embedded.caller("other@example.org")
    other.book("slp-june-virtual-cohort")
    wren = embedded.caller("wren.quill@example.org", organisation="Quillon Court", job_role="Quillon keeper")
    wren.introduce(name="Wren Quill")
    booked = wren.book("slp-june-virtual-cohort", access_needs="A chair for Wren Quill")
    embedded.mailed("wren.quill@example.org", says("booking_email.confirmed"))
    wren.post("/suggestions", {"kind": "speak", "text": "Wren Quill could speak."})
    assert wren.post(f"/bookings/{booked['reference']}/cancel", {"reason": "Quillon is ill"}).ok
    Caller(embedded.url).post("/sign-in", {"email": "wren.quill@example.org"})
    embedded.mailed("wren.quill@example.org", says("sign_in_email.heading"))
    wren.book("maxims-in-practice")
    assert traces(embedded), "what the test looks for was never there"
    assert wren.http.delete(f"{wren.url}/me", timeout=20).status_code == 202
    eventually(lambda: [mail for mail in embedded.mail() if mail["Subject"] == says("erased_email.subject")])
    assert embedded.stop() == {"up": 0}
    assert {trace.partition(":")[0].rpartition(".")[2] for trace in traces(embedded)} == {"eml"}, "the last emails"
    embedded.environment["HEADROW_CLOCK"] = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    embedded.start()
    eventually(lambda: _has_no_letter(embedded, "wren.quill@example.org"))
    assert embedded.stop() == {"up": 0}
    assert traces(embedded) == []
    assert embedded.mail("other@example.org")


def _has_no_letter(system: System, address: str) -> bool:
    try:
        return not system.mail(address)
    except FileNotFoundError:  # one is going at this moment
        return False


def traces(system: System) -> list[str]:
    """Return what still names them, and where: in the bytes of databases, letters and logs, and in their names."""
    files = [path for path in system.folder.rglob("*") if path.is_file()]
    contents = {path.name: path.read_bytes().lower() for path in files}
    named = [f"{name}: {trace}" for name, content in contents.items() for trace in GONE if trace.encode() in content]
    return named + [path.name for path in files if any(trace in path.name.lower() for trace in GONE)]
