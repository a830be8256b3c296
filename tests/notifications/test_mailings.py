"""What the team says to the people of a session: to each of them once, as plain text, and gone with them."""

import threading
import uuid

import pytest
from sqlalchemy import select

from services.bus.models import answers
from services.notifications.causes import mailings
from services.notifications.delivery.transports import Refused
from services.notifications.models import Mailing
from services.notifications.service import Notifications
from services.runtime.paging import cursor_after
from services.runtime.refusals import Invalid, NotFound
from tests.bus.vouched import VERIFIER, vouched
from tests.notifications.conftest import ZOE
from tests.notifications.reading import has_invite, html, plain
from tests.notifications.traces import everything
from tests.sentences import says

pytestmark = pytest.mark.patient

TEAM = {"id": str(uuid.UUID(int=500)), "roles": ["person", "team"]}
BODY = "The room is on floor 2.\r\nPlease use the lift.\n\n\nBring a pen."


def write(world, to="all", subject="Where to find us", body=BODY, slug="march"):
    """Have the team write, and return what it is answered."""
    with world.begin() as db:
        return mailings.send(db, slug, world.now, to, subject, body)


def listed(world, slug="march", cursor=None, limit=20):
    with world.begin() as db:
        return mailings.page(db, slug, cursor, limit)


def book(world, name, happened="booking_confirmed", **changed):
    """Have somebody of that name book, and forget the letter about it. Returns their id."""
    id_ = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
    world.person(id_=id_, email=f"{name}@example.org", name=name.title())
    world.booking(happened, reference=f"HR-{name.upper()}", person=id_, **changed)
    world.deliver()
    return id_


def addresses(mails):
    return sorted(mail["To"].addresses[0].username for mail in mails)


@pytest.fixture
def booked(world):
    """Zoë has a place, and has been told so."""
    world.booking()
    world.deliver()
    return world


@pytest.fixture
def service(booked):
    """The service as the bus calls it, with Zoë's place in its database."""
    service = Notifications()
    service.database = booked.begin.__self__
    service.verifier = VERIFIER
    return service


def ask(service, method="write_to_session", **named):
    """Return the reply of one call, as it would cross the bus."""
    return getattr(Notifications, method)(service, caller=vouched(TEAM), **named)


GIVEN = {"to": "confirmed", "subject": "Where to find us", "body": BODY}


# Who is written to, and what they read


def test_the_message_says_which_session_it_is_about_and_what_the_team_wrote(booked):
    answer = write(booked)
    assert (answer["to"], answer["subject"], answer["queued"]) == ("all", "Where to find us", 1)
    (mail,) = booked.deliver()
    assert mail["Subject"] == "Where to find us"
    assert mail["To"] == "Zoë Okafor <zoe@example.org>"
    assert not has_invite(mail)
    for text in (plain(mail), html(mail)):
        assert says("email.greeting", person="Zoë Okafor") in text
        assert "System Leadership programme: March cohort" in text
        assert "HR-7K2M9Q" in text
        assert "https://headrow.example.org/bookings/HR-7K2M9Q" in text
    after = says("email.your_booking").upper()
    assert f"The room is on floor 2.\nPlease use the lift.\n\nBring a pen.\n\n{after}" in plain(mail)
    assert "<p>The room is on floor 2.<br>Please use the lift.</p>\n<p>Bring a pen.</p>" in html(mail)


@pytest.mark.parametrize(
    ("to", "whom"),
    [("confirmed", ["ada"]), ("waiting", ["ben", "cleo"]), ("all", ["ada", "ben", "cleo"])],
)
def test_it_goes_to_those_whom_it_is_for(world, to, whom):
    world.session("april")
    book(world, "ada")
    book(world, "ben", "booking_waitlisted")
    book(world, "cleo", "place_offered")
    book(world, "dan", "booking_cancelled")
    book(world, "elsewhere", session="april")
    assert write(world, to)["queued"] == len(whom)
    assert addresses(world.deliver()) == whom


def test_it_can_go_to_chosen_bookings_alone_and_says_so_afterwards(world):
    world.session("april")
    book(world, "ada")
    book(world, "ben", "booking_waitlisted")
    book(world, "dan", "booking_cancelled")
    book(world, "elsewhere", session="april")
    chosen = ["hr-ada", "HR-DAN", "HR-ELSEWHERE", "HR-NOBODY"]
    with world.begin() as db:
        answer = mailings.send(db, "march", world.now, "all", "Hello", BODY, references=chosen)
    assert (answer["queued"], answer["chosen"]) == (1, True)
    assert addresses(world.deliver()) == ["ada"]
    write(world)
    assert [row["chosen"] for row in listed(world)["items"]] == [False, True]


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        ("booking_confirmed", says("team_email.to_booked")),
        ("booking_waitlisted", says("team_email.to_waiting")),
        ("place_offered", says("team_email.to_waiting")),
    ],
)
def test_it_says_why_it_comes(world, happened, words):
    book(world, "ada", happened)
    write(world)
    (mail,) = world.deliver()
    assert words in plain(mail)
    assert words in html(mail)


def test_whoever_was_erased_is_left_out(booked):
    book(booked, "ada")
    booked.erase(told_before=True)
    assert write(booked)["queued"] == 1
    assert addresses(booked.deliver()) == ["ada"]


def test_somebody_with_two_bookings_in_our_copy_is_told_once(booked):
    """For a moment, where the word of a cancellation comes after that of the next booking."""
    booked.booking(reference="HR-AGAIN")
    booked.deliver()
    assert write(booked)["queued"] == 1
    assert len(booked.deliver()) == 1


def test_a_session_without_bookings_is_written_to_in_vain(world):
    assert write(world)["queued"] == 0
    assert [(item["queued"], item["finished_at"]) for item in listed(world)["items"]] == [(0, None)]


def test_a_session_that_is_not_known_cannot_be_written_to(world):
    with pytest.raises(NotFound):
        write(world, slug="nowhere")
    with pytest.raises(NotFound):
        listed(world, slug="nowhere")


@pytest.mark.parametrize("text", ["<b>bold</b> <script>x</script>", "{{ 7 * 7 }} {% raw %}", "&lt;a&gt;", "a & b < c"])
def test_text_never_becomes_markup(booked, text):
    write(booked, subject=text, body=f"{text}\n\n{text}")
    (mail,) = booked.deliver()
    assert mail["Subject"] == text
    assert plain(mail).count(text) == 2
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert html(mail).count(escaped) == 4  # title, heading and two paragraphs
    assert "<script" not in html(mail)


def test_a_subject_that_looks_like_an_encoded_header_adds_none(booked):
    subject = "=?utf-8?q?=0D=0ABcc:=20eve=40example.org?="
    write(booked, subject=subject)
    (mail,) = booked.deliver()
    assert (mail["Bcc"], mail["Subject"]) == (None, subject)


def test_news_to_many_goes_behind_what_somebody_waits_for(booked):
    write(booked)
    booked.later(seconds=1)
    ben = str(uuid.uuid4())
    booked.person(id_=ben, email="ben@example.org", name="Ben")
    booked.booking(reference="HR-LATER", person=ben)
    subjects = [mail["Subject"].split(":")[0] for mail in booked.deliver()]
    assert subjects == [says("booking_email.confirmed"), "Where to find us"]


def test_it_is_sent_whatever_becomes_of_the_booking_before(booked):
    write(booked)
    booked.later(minutes=10)
    booked.booking("place_offered", version=2)
    assert "Where to find us" in [mail["Subject"] for mail in booked.deliver()]


def test_it_follows_people_to_their_new_address(booked):
    write(booked)
    booked.person(happened="changed", version=2, email="new@example.org")
    written = [mail for mail in booked.deliver() if mail["Subject"] == "Where to find us"]
    assert addresses(written) == ["new"]


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("one", [["one"]]),
        ("one\ntwo", [["one", "two"]]),
        ("one\r\n\r\ntwo\rthree", [["one"], ["two", "three"]]),
        ("one\n \t\n\n\n  two  \n", [["one"], ["  two"]]),
    ],
)
def test_blank_lines_part_paragraphs(text, paragraphs):
    assert mailings.paragraphs_of(text) == paragraphs


# How far it has got


def test_each_says_for_how_many_it_is_queued_was_sent_and_failed(world):
    for name in ("ada", "ben", "cleo"):
        book(world, name)
    id_ = write(world)["id"]
    counts = ("queued", "sent", "failed", "finished_at")
    assert [listed(world)["items"][0][name] for name in counts] == [3, 0, 0, None]
    world.later(minutes=1)
    world.letterbox.failures = [Refused("550 no such mailbox")]
    world.deliver_one()
    world.deliver_one()
    (item,) = listed(world)["items"]
    assert [item[name] for name in counts] == [1, 1, 1, None]
    world.deliver()
    (item,) = listed(world)["items"]
    assert [item[name] for name in counts] == [0, 2, 1, world.now]
    assert (item["id"], item["to"], item["subject"], item["body"]) == (id_, "all", "Where to find us", BODY)
    with world.begin() as db:
        assert mailings.one(db, "march", id_) == item


def test_they_come_page_by_page_the_latest_first(booked):
    booked.session("april")
    write(booked, slug="april", subject="Elsewhere")
    for number in range(5):
        write(booked, subject=str(number))
        booked.later(seconds=-1)  # a clock that steps back changes nothing
    seen, cursor = [], None
    while True:
        page = listed(booked, cursor=cursor, limit=2)
        seen += [item["subject"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize("cursor", ["x", "%", cursor_after("1"), cursor_after(2**70)])
def test_a_forged_cursor_is_refused(booked, cursor):
    with pytest.raises(Invalid):
        listed(booked, cursor=cursor)


def test_another_session_s_message_is_not_there(booked):
    booked.session("april")
    id_ = write(booked)["id"]
    with booked.begin() as db, pytest.raises(NotFound):
        mailings.one(db, "april", id_)


# The call


def test_a_call_queues_and_says_where_it_stands(service, booked):
    reply = ask(service, slug="march", given=GIVEN)
    assert reply.refusal is None
    assert {name: reply.value[name] for name in ("to", "subject", "queued")} == {
        "to": "confirmed",
        "subject": "Where to find us",
        "queued": 1,
    }
    assert set(reply.value) == {"id", "to", "chosen", "subject", "queued", "created_at"}
    page = ask(service, "mailings", slug="march", cursor=None, limit=20).value
    assert page["items"] == [ask(service, "mailing", slug="march", id=reply.value["id"]).value]
    assert (page["items"][0]["queued"], page["next"]) == (1, None)


def test_the_same_call_under_its_key_writes_once(service, booked):
    first, again = (ask(service, slug="march", given=GIVEN, key="k") for _ in range(2))
    assert (first.value, first.replayed) == (again.value, False)
    assert again.replayed
    assert len(booked.deliver()) == 1
    assert len(listed(booked)["items"]) == 1
    other = ask(service, slug="march", given={**GIVEN, "body": "Something else"}, key="k")
    assert other.refusal.code == "idempotency-key-reused"


def test_all_that_is_wrong_is_told_at_once(service):
    reply = ask(service, slug="march", given={"to": "everybody", "subject": "Two\nlines", "body": " \n", "cc": "x"})
    assert sorted(error["field"] for error in reply.refusal.facts["errors"]) == ["body", "cc", "subject", "to"]


@pytest.mark.parametrize(
    ("field", "text", "fits"),
    [
        ("subject", "x" * 120, True),
        ("subject", "x" * 121, False),
        ("body", "é" * 5000, True),
        ("body", "é" * 5001, False),
        ("body", "a\tb\r\nc", True),
        ("body", "a\0b", False),
        ("subject", "a\x85b", False),
        ("body", 7, False),
        ("body", None, False),
    ],
)
def test_a_text_fits_or_is_refused(service, field, text, fits):
    reply = ask(service, slug="march", given={**GIVEN, field: text})
    assert (reply.refusal is None) == fits


def test_a_call_about_a_session_that_is_not_known_is_refused(service):
    assert ask(service, slug="nowhere", given=GIVEN).refusal.code == "not-found"
    assert ask(service, "mailings", slug="nowhere", cursor=None, limit=1).refusal.code == "not-found"
    assert ask(service, "mailing", slug="march", id=str(uuid.uuid4())).refusal.code == "not-found"


# Erasure


def test_the_text_goes_with_the_last_person_whom_it_went_to(booked):
    ada = book(booked, "ada")
    write(booked, subject="Zoë Okafor brings cake", body="Bravo Zoë.")
    booked.deliver()
    booked.erase(id_=ada, told_before=True)
    assert [item["body"] for item in listed(booked)["items"]] == ["Bravo Zoë."]
    booked.erase(told_before=True)
    text = everything(booked).replace(f"people/{ZOE}", "").replace(f"people/{ada}", "")
    assert [trace for trace in ("zoe", "zoë", "okafor", ZOE, ada, "cake", "bravo") if trace in text] == []
    (item,) = listed(booked)["items"]
    assert (item["subject"], item["body"], item["sent"]) == (None, None, 2)


def test_what_was_queued_for_them_is_not_sent(booked):
    write(booked)
    booked.erase(told_before=True)
    assert booked.deliver() == []
    (item,) = listed(booked)["items"]
    assert (item["queued"], item["sent"], item["failed"], item["subject"]) == (0, 0, 0, None)


def test_what_others_were_told_stays_theirs(booked):
    ada = book(booked, "ada")
    write(booked, "confirmed")
    booked.erase(id_=ada, told_before=True)
    assert addresses(booked.deliver()) == ["zoe"]


def test_what_a_member_of_the_team_was_answered_goes_with_them(service, booked):
    assert ask(service, slug="march", given=GIVEN, key="k").refusal is None
    booked.person(id_=TEAM["id"], email="team@example.org", name="Tom")
    booked.erase(id_=TEAM["id"], told_before=True)
    with booked.begin() as db:
        assert db.execute(select(answers)).all() == []


def test_it_is_in_the_export_of_those_who_got_it(service, booked):
    write(booked)
    booked.deliver()
    items = Notifications.messages_of(service, caller=vouched({"id": ZOE}), person=ZOE).value["items"]
    told = {item["template"]: (item["subject"], item["state"]) for item in items}
    assert told["team_message"] == ("Where to find us", "sent")


def test_somebody_who_is_erased_while_the_team_writes_is_not_written_to(booked):
    """The erasure waits for the mailing, and takes its message away again."""
    erasing = threading.Thread(target=booked.erase, kwargs={"told_before": True})
    with booked.begin() as db:
        mailings.send(db, "march", booked.now, "all", "Where to find us", BODY)
        erasing.start()
        erasing.join(0.2)
        assert erasing.is_alive()
    erasing.join(10)
    assert booked.deliver() == []
    with booked.begin() as db:
        assert db.scalars(select(Mailing.body)).all() == [None]


# Who facilitates the session

FAY = {"id": str(uuid.UUID(int=600)), "roles": ["person", "facilitator"], "facilitates": ["march"]}


def by_fay(service, method="write_to_session", **named):
    return getattr(Notifications, method)(service, caller=vouched(FAY), **named)


def test_a_facilitator_writes_to_those_who_have_a_place_and_the_email_says_who_wrote(booked, service):
    booked.person(id_=FAY["id"], email="fay@example.org", name="Fay")
    assert by_fay(service, slug="march", given=GIVEN, key="k").value["queued"] == 1
    assert by_fay(service, slug="march", given=GIVEN, key="k").value["queued"] == 1, "once, however often it is asked"
    (mail,) = booked.deliver()
    assert says("team_email.by_facilitator", name="Fay") in " ".join(plain(mail).split())
    assert "fay@example.org" not in plain(mail)


@pytest.mark.parametrize("to", ["waiting", "all"])
def test_a_facilitator_writes_to_nobody_who_waits(booked, service, to):
    answer = by_fay(service, slug="march", given={**GIVEN, "to": to}, key="k")
    assert answer.refusal.code == "not-allowed"
    assert booked.deliver() == []


def test_of_another_session_a_facilitator_writes_and_reads_nothing(booked, service):
    booked.session("april")
    assert by_fay(service, slug="april", given=GIVEN, key="k").refusal.code == "not-allowed"
    assert by_fay(service, "mailings", slug="april", cursor=None, limit=5).refusal.code == "not-allowed"
    assert by_fay(service, "mailing", slug="april", id="x").refusal.code == "not-allowed"


def test_a_facilitator_reads_what_went_to_all_who_have_a_place_and_no_more(booked, service):
    write(booked, "waiting")
    to_all_who_come = write(booked, "confirmed")["id"]
    with booked.begin() as db:
        chosen = mailings.send(db, "march", booked.now, "confirmed", "Hello", BODY, references=["HR-7K2M9Q"])["id"]
    items = by_fay(service, "mailings", slug="march", cursor=None, limit=5).value["items"]
    assert [item["id"] for item in items] == [to_all_who_come]
    assert by_fay(service, "mailing", slug="march", id=to_all_who_come).refusal is None
    assert by_fay(service, "mailing", slug="march", id=chosen).refusal.code == "not-found"


def test_erasure_forgets_who_wrote(booked, service):
    booked.person(id_=FAY["id"], email="fay@example.org", name="Fay")
    by_fay(service, slug="march", given=GIVEN, key="k")
    with booked.begin() as db:
        mailings.erase(db, FAY["id"])
    (mail,) = booked.deliver()
    assert "Fay" not in plain(mail)
    assert says("team_email.by_some_facilitator") in " ".join(plain(mail).split())
