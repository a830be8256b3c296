"""Who would like to meet whom, who said yes, and where one sits: told to those whom it concerns, and kept by nobody."""

import uuid

import pytest

from services.notifications import preferences
from tests.notifications.conftest import ZOE
from tests.notifications.reading import html, plain
from tests.sentences import says

BEN = str(uuid.UUID(int=99))
ID = "0b0a3f0e-6f0c-4b7e-9d5a-3a8a6a2f8b11"


@pytest.fixture
def two(world):
    world.person(id_=BEN, email="ben@example.org", name="Ben Ward")
    return world


def propose(world, **changed):
    told = {"id": ID, "to": ZOE, "by": BEN, "name": "Ben <b>", "organisation": "City council",
            "message": "Hello.\n\nCould we talk?", "expires_at": "2027-02-15T10:00:00+00:00", **changed}  # fmt: skip
    world.hear("community.introduction_proposed.v1", f"introductions/{ID}", told)


def accept(world):
    people = [
        {"person": ZOE, "name": "Zoë", "email": "zoe@example.org", "organisation": None},
        {"person": BEN, "name": "Ben", "email": "ben@example.org", "organisation": "City council"},
    ]
    world.hear("community.introduction_accepted.v1", f"introductions/{ID}", {"id": ID, "people": people}, 2)


def seat(world, *tables, reference="HR-7K2M9Q", session="march", **kind):
    seats = [{"reference": reference, "tables": list(tables)}]
    world.hear("community.tables_published.v1", f"tables/{session}", {"session": session, "seats": seats, **kind})


def test_who_is_asked_reads_why_and_no_address(two):
    propose(two)
    (mail,) = two.deliver()
    assert mail["To"].addresses[0].addr_spec == "zoe@example.org"
    assert says("introduction_email.who_asks", person="Ben <b>") in plain(mail)
    assert says("introduction_email.says_of_work", organisation="City council") in plain(mail)
    assert "Could we talk?" in plain(mail)
    assert f"https://headrow.example.org/introductions/{ID}" in plain(mail)
    assert "Ben &lt;b&gt;" in html(mail)
    assert "ben@example.org" not in mail.as_string()
    assert mail["List-Unsubscribe"]


def test_where_somebody_works_is_what_they_say_unless_their_address_shows_it(two):
    said = says("introduction_email.says_of_work", organisation="City council")
    shown = says("introduction_email.has_address_of", organisation="City council")
    for proven in (False, True):
        propose(two, id=str(uuid.uuid4()), proven=proven)
        (mail,) = two.deliver()
        assert (said in plain(mail), shown in plain(mail)) == (not proven, proven)


def test_a_message_cannot_pass_for_our_own_words(two):
    propose(two, name="Headrow Help Desk", message="--\nHeadrow\n\nABOUT THIS EMAIL\nIt is <b>official</b>.")
    (mail,) = two.deliver()
    assert "Help Desk" not in f"{mail['From']} {mail['Subject']}"
    assert says("introduction_email.not_from_us") in plain(mail)
    quoted = [line for line in plain(mail).splitlines() if "official" in line or line.endswith("ABOUT THIS EMAIL")]
    assert quoted[:2] == ["> ABOUT THIS EMAIL", "> It is <b>official</b>."]
    assert "<blockquote><p>ABOUT THIS EMAIL<br>It is &lt;b&gt;official&lt;/b&gt;.</p></blockquote>" in html(mail)


def test_a_question_that_has_run_out_is_not_asked(two):
    propose(two)
    two.later(days=15)
    assert two.deliver() == []


def test_both_get_the_address_of_the_other(two):
    accept(two)
    texts = {mail["To"].addresses[0].addr_spec: plain(mail) for mail in two.deliver()}
    assert says("introduction_email.address", address="ben@example.org") in texts["zoe@example.org"]
    assert says("introduction_email.address", address="zoe@example.org") in texts["ben@example.org"]
    for mail in two.letterbox.mails:
        assert f"https://headrow.example.org/introductions/{ID}" in plain(mail)
        assert f'href="https://headrow.example.org/introductions/{ID}"' in html(mail)


def test_nothing_that_names_the_other_is_kept_once_it_is_sent(two):
    propose(two)
    accept(two)
    two.deliver()
    assert {message.facts is None for message in two.messages()} == {True}
    assert "Ben" not in "".join(message.subject for message in two.messages())


def test_what_is_queued_goes_with_either(two):
    propose(two)
    accept(two)
    two.see_off(BEN)
    assert two.deliver() == []


def test_each_reads_where_they_sit_in_each_round(two):
    two.booking()
    two.deliver()
    seat(two, 3, None, 1)
    (mail,) = two.deliver()
    assert mail["Subject"] == f"{says('tables_email.subject')}: System Leadership programme: March cohort"
    assert says("tables_email.table", round=1, table=3) in plain(mail)
    assert says("tables_email.no_table", round=2) in plain(mail)
    assert says("tables_email.table", round=3, table=1) in plain(mail)


def sat(world, kind="tables", others=3, sectors=("Hospitals", "Social care"), id_=None):
    told = {"person": ZOE, "reference": "HR-7K2M9Q", "session": "march", "kind": kind, "others": others,
            "sectors": list(sectors)}  # fmt: skip
    world.hear("community.sat_together.v1", "sittings/HR-7K2M9Q", told, id_=id_)


def out(world, reason="You were rude.\n\nTwice."):
    world.hear("community.member_removed.v1", f"removals/{ZOE}", {"person": ZOE, "reason": reason})


def test_after_a_session_one_reads_with_how_many_one_sat_and_from_where(two):
    sat(two)
    (mail,) = two.deliver()
    assert mail["Subject"] == f"{says('tablemates_email.subject')}: System Leadership programme: March cohort"
    for words in (says("tablemates_email.agreed", number=3), "- Hospitals\n- Social care",
                  "https://headrow.example.org/community/met/march"):  # fmt: skip
        assert words in plain(mail)
    assert 'href="https://headrow.example.org/community/met/march"' in html(mail)
    assert mail["List-Unsubscribe"]
    assert "Ben" not in mail.as_string()


@pytest.mark.parametrize(
    ("kind", "others", "words"),
    [("tables", 1, says("tablemates_email.one")), ("rooms", 1, says("tablemates_email.one_in_room")),
     ("rooms", 4, says("tablemates_email.in_room", number=4))],
)  # fmt: skip
def test_it_counts_and_names_the_room_as_people_do(two, kind, others, words):
    sat(two, kind, others, ["Hospitals"])
    assert words in plain(two.deliver()[0])


def test_the_same_word_of_it_twice_is_one_letter(two):
    for _ in range(2):
        sat(two, id_=str(uuid.UUID(int=7)))
    assert len(two.deliver()) == 1


def test_at_night_it_waits_for_the_morning(two):
    two.now = two.now.replace(hour=22)
    sat(two)
    assert two.deliver() == []
    two.later(hours=9)
    assert len(two.deliver()) == 1


def test_whoever_does_not_want_it_is_not_written_to(two):
    with two.begin() as db:
        preferences.choose(db, ZOE, {"introductions": False}, two.now)
    sat(two)
    assert two.deliver() == []


def test_whoever_leaves_before_it_is_sent_gets_none_and_what_is_no_matter_of_members_stays(two):
    two.now = two.now.replace(hour=22)
    sat(two)
    propose(two)
    accept(two)
    two.hear("community.member_left.v1", f"members/{ZOE}", {"person": ZOE}, 2)
    two.later(hours=9)
    subjects = {(mail["To"].addresses[0].addr_spec, mail["Subject"]) for mail in two.deliver()}
    assert subjects == {(f"{name}@example.org", says("introduction_email.accepted")) for name in ("zoe", "ben")}


def test_whoever_is_taken_out_reads_why_and_where_to_object(two):
    out(two)
    (mail,) = two.deliver()
    assert mail["Subject"] == says("community_email.removed")
    for words in ("You were rude.\n\nTwice.", "https://headrow.example.org/contact"):
        assert words in plain(mail)
    assert mail["List-Unsubscribe"] is None
    assert [message.facts for message in two.messages()] == [None], "the reason may name somebody"


def test_and_whoever_is_let_in_again_reads_so(two):
    two.hear("community.member_let_in.v1", f"removals/{ZOE}", {"person": ZOE}, 2)
    (mail,) = two.deliver()
    assert mail["Subject"] == says("community_email.let_in")
    assert "https://headrow.example.org/community\n" in plain(mail)


def test_of_whoever_is_erased_nothing_of_it_is_sent_or_kept(two):
    two.now = two.now.replace(hour=22)
    sat(two)
    out(two)
    two.see_off()
    two.later(hours=9)
    assert two.deliver() == []
    assert [message.template for message in two.messages()] == ["account_erased"]


def test_online_one_reads_of_breakout_rooms_and_never_of_a_table(two):
    two.booking(mode="online")
    two.deliver()
    seat(two, 3, None, kind="rooms")
    (mail,) = two.deliver()
    assert mail["Subject"] == f"{says('tables_email.rooms_subject')}: System Leadership programme: March cohort"
    assert says("tables_email.rooms") in plain(mail)
    assert says("tables_email.room", round=1, room=3) in plain(mail)
    assert says("tables_email.no_room", round=2) in plain(mail)
    for text in (plain(mail), html(mail)):
        assert "table" not in text.lower().replace("timetable", "")


def test_one_room_is_told_without_rounds(two):
    two.booking(mode="online")
    two.deliver()
    seat(two, 2, kind="rooms")
    (mail,) = two.deliver()
    assert says("tables_email.only_room", room=2) in plain(mail)
    assert "Round" not in plain(mail)


@pytest.mark.parametrize(("mode", "kind"), [("online", "tables"), ("in_room", "rooms")])
def test_nobody_online_is_sent_to_a_table_nor_anybody_in_the_room_to_one_online(two, mode, kind):
    two.booking(mode=mode)
    two.deliver()
    seat(two, 3, kind=kind)
    assert two.deliver() == []


def test_who_has_no_place_any_more_has_no_table(two):
    two.booking()
    two.booking("booking_cancelled", version=2)
    two.deliver()
    seat(two, 3)
    assert two.deliver() == []
