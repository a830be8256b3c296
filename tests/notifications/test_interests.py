"""Who asked for more is told of what is new: once a session, while it can be of use, and until they stop it."""

import threading
import uuid

import pytest

from services.bus.replica import NotYetKnown
from services.notifications.causes import interests
from services.notifications.models import Interest
from tests.notifications.conftest import INTEREST, ZOE, session_data, times
from tests.notifications.reading import has_invite, html, plain
from tests.notifications.traces import everything, store_in_inbox
from tests.sentences import says

pytestmark = pytest.mark.patient

BEN = str(uuid.UUID(int=99))


def publish(world, slug="april", **changed):
    """Publish a session, and return the mails that this causes."""
    world.deliver()
    world.session(slug, **{"title": "April cohort", **changed})
    return world.deliver()


def addresses(mails):
    return sorted(mail["To"].addresses[0].addr_spec for mail in mails)


@pytest.mark.parametrize("named", [{"topic": "systems-thinking"}, {"programme": "slp"}, {"session": "march"}])
def test_what_was_asked_for_is_told_when_it_is_published(world, named):
    world.interest(**named)
    (mail,) = publish(world)
    assert mail["Subject"] == f"{says('interest_email.subject')}: April cohort"
    assert mail["To"] == "Zoë Okafor <zoe@example.org>"
    assert not has_invite(mail)


@pytest.mark.parametrize("named", [{"topic": "psychology"}, {"programme": "virtual-sessions"}, {"session": "circus"}])
def test_what_was_not_asked_for_is_not_told(world, named):
    world.session("circus", programme="shows")
    world.interest(**named)
    assert publish(world) == []


def test_the_message_says_what_when_where_why_and_how_to_stop_it(world):
    world.interest(topic="systems-thinking")
    (mail,) = publish(world)
    for text in (plain(mail), html(mail)):
        assert says("email.greeting", person="Zoë Okafor") in text
        assert "April cohort" in text
        assert "Tuesday 9 March 2027, 9:30am to 4:30pm" in text
        assert "Civic meeting rooms" in text
        assert "Step-free, hearing loop" in text
        assert "systems thinking" in text
        assert "https://headrow.example.org/sessions/april" in text
        assert "https://headrow.example.org/interests" in text
    assert f"{says('email.where').upper()}\nCivic meeting rooms\nLeeds city centre\n" in plain(mail)
    assert f"<h1>{says('interest_email.subject')}</h1>" in html(mail)


@pytest.mark.parametrize(
    ("delivery", "venue", "words"),
    [
        ("virtual", None, says("email.online")),
        ("hybrid", {"name": "Town Hall", "address": "", "access": ""}, f"Town Hall\n\n{says('email.or_online')}"),
        ("face_to_face", None, says("email.place_not_known")),
    ],
)
def test_the_message_says_where_for_each_way_to_meet(world, delivery, venue, words):
    world.interest(programme="slp")
    (mail,) = publish(world, delivery=delivery, venue=venue, join_url="https://example.org/meet/april")
    assert f"{says('email.where').upper()}\n{words}\n\n" in plain(mail)
    assert "example.org/meet" not in mail.as_string()
    assert (says("email.or_online") in html(mail)) == (delivery == "hybrid")


def test_somebody_with_many_interests_reads_of_it_once_with_all_of_them(world):
    for number, named in enumerate([{"topic": "systems-thinking"}, {"programme": "slp"}, {"session": "march"}]):
        world.interest(id_=str(uuid.UUID(int=500 + number)), **named)
    (mail,) = publish(world)
    why = "- systems thinking\n- System Leadership programme\n- System Leadership programme: March cohort\n"
    assert why in plain(mail)


def test_everybody_who_asked_is_told_and_nobody_else(world):
    world.person(id_=BEN, email="ben@example.org", name="Ben")
    world.person(id_=str(uuid.UUID(int=98)), email="mei@example.org", name="Mei")
    world.interest(topic="systems-thinking")
    world.interest(id_=str(uuid.UUID(int=501)), person=BEN, programme="slp")
    assert addresses(publish(world)) == ["ben@example.org", "zoe@example.org"]


def test_a_name_that_a_person_or_the_team_made_up_is_text_and_not_html(world):
    world.interest(programme="slp")
    (mail,) = publish(world, title="<b>Bold</b> moves", programme_title="Care & <i>more</i>")
    assert "&lt;b&gt;Bold&lt;/b&gt; moves" in html(mail)
    assert "Care &amp; &lt;i&gt;more&lt;/i&gt;" in html(mail)


def test_a_later_change_is_not_told(world):
    world.interest(topic="psychology")
    assert publish(world) == []
    world.session("april", happened="changed", version=2, topics=["psychology"])
    assert world.deliver() == []


def test_the_same_event_twice_is_told_once(world):
    world.interest(programme="slp")
    id_ = str(uuid.uuid4())
    data = {**session_data(), "slug": "april"}
    for _ in range(2):
        world.hear("catalogue.session_published.v1", "sessions/april", data, id_=id_)
    assert len(world.messages()) == 1


def test_a_session_that_is_named_is_not_told_of_to_those_who_named_it(world):
    world.interest(session="april")
    assert publish(world) == []


def test_a_session_that_is_over_is_not_told(world):
    world.interest(programme="slp")
    assert publish(world, meetings=[times("2027-01-31T10:00:00+00:00", 2)]) == []
    assert world.messages() == []


def test_a_session_that_is_over_before_the_mail_could_be_sent_is_not_told(world):
    world.interest(programme="slp")
    world.session("april", meetings=[times("2027-02-01T11:00:00+00:00", 2)])
    world.later(hours=3)
    assert world.deliver() == []
    assert [(message.state, message.reason) for message in world.messages()] == [("failed", "expired")]


def test_a_session_that_was_cancelled_before_its_publication_was_heard_of_is_not_told(world):
    world.interest(programme="slp")
    world.session("april", happened="cancelled", version=2, status="cancelled")
    assert publish(world, version=1) == []


def test_a_session_that_is_a_draft_again_before_the_mail_is_sent_is_not_told(world):
    world.interest(programme="slp")
    world.session("april")
    world.session("april", happened="unpublished", version=2, status="draft")
    assert world.deliver() == []
    assert [(message.state, message.reason) for message in world.messages()] == [("failed", "overtaken")]


def test_a_session_that_is_published_again_is_told_only_to_who_was_not_told_before(world):
    world.interest(programme="slp")
    assert len(publish(world)) == 1
    world.session("april", happened="unpublished", version=2, status="draft")
    world.person(id_=BEN, email="ben@example.org", name="Ben")
    world.interest(id_=BEN, person=BEN, programme="slp")
    assert addresses(publish(world, version=3)) == ["ben@example.org"]


def test_a_publication_that_is_heard_of_after_a_change_tells_of_the_session_as_it_is(world):
    world.interest(programme="slp")
    world.session("april", happened="changed", version=2, title="April and May cohort")
    (mail,) = publish(world, version=1)
    assert "April and May cohort" in mail["Subject"]


@pytest.mark.parametrize("happened", ["booking_confirmed", "booking_waitlisted", "place_offered"])
def test_somebody_who_has_booked_it_is_not_told(world, happened):
    world.interest(programme="slp")
    world.session("april", happened="changed", version=2)
    world.booking(happened, session="april")
    assert "interest_matched" not in {mail.template for mail in world.messages()}
    publish(world, version=1)
    assert "interest_matched" not in {mail.template for mail in world.messages()}


def test_somebody_who_gave_their_place_up_is_told_like_anybody(world):
    world.interest(programme="slp")
    world.session("april", happened="changed", version=2)
    world.booking("booking_cancelled", session="april")
    assert len(publish(world, version=1)) == 1


def test_nobody_is_told_because_of_another_session_s_booking(world):
    world.interest(programme="slp")
    world.booking()
    assert len(publish(world)) == 1


def test_an_interest_that_was_withdrawn_is_told_no_more(world):
    world.interest(programme="slp")
    world.interest("withdrawn", version=2, programme="slp")
    assert publish(world) == []


def test_an_interest_that_was_withdrawn_before_it_was_heard_of_does_not_come_back(world):
    world.interest("withdrawn", version=2, programme="slp")
    world.interest(programme="slp")
    assert publish(world) == []


def test_an_interest_that_comes_before_its_person_waits(empty_world):
    with pytest.raises(NotYetKnown):
        empty_world.interest(programme="slp")
    empty_world.person()
    empty_world.interest(programme="slp")
    assert len(publish(empty_world)) == 1


def test_news_to_many_goes_behind_what_somebody_waits_for(world):
    world.deliver()
    world.interest(programme="slp")
    world.session("april")
    world.later(seconds=1)
    ben = "0b0a3f0e-6f0c-4b7e-9d5a-3a8a6a2f8b11"
    world.person(id_=ben, email="ben@example.org", name="Ben")
    world.booking(person=ben)
    assert [mail["Subject"].split(":")[0] for mail in world.deliver()] == [
        says("booking_email.confirmed"),
        says("interest_email.subject"),
    ]


def test_erasure_takes_their_interests_and_what_was_queued_because_of_them(world):
    world.interest(programme="slp")
    world.session("april")
    store_in_inbox(world, f"interests/{INTEREST}")
    world.erase(told_before=True)
    assert world.deliver() == []
    text = everything(world).replace(f"people/{ZOE}", "")
    assert [trace for trace in ("zoe", "zoë", ZOE) if trace in text] == []
    with world.begin() as db:
        assert db.get(Interest, INTEREST) is None


def test_an_interest_that_comes_after_erasure_is_not_kept(world):
    world.erase(told_before=True)
    world.interest(programme="slp")
    assert publish(world) == []
    assert ZOE not in everything(world)


def test_what_was_sent_because_of_an_interest_is_in_the_export_and_names_nobody_after_erasure(world):
    world.interest(programme="slp")
    publish(world)
    assert [message.template for message in world.messages()] == ["interest_matched"]
    world.erase(told_before=True)
    assert "zoe" not in everything(world).replace(f"people/{ZOE}", "")
    assert [(message.template, message.person) for message in world.messages()] == [("interest_matched", None)]


def test_somebody_who_is_erased_while_a_session_is_published_is_not_written_to(world):
    """The erasure waits for the publication, and takes its message away again."""
    world.interest(programme="slp")
    erasing = threading.Thread(target=world.erase, kwargs={"told_before": True})
    with world.begin() as db:
        world.session("april", within=db)
        erasing.start()
        erasing.join(0.2)
        assert erasing.is_alive()
    erasing.join(10)
    assert world.messages() == []


def test_a_session_that_is_published_while_somebody_is_erased_is_not_told_to_them(world):
    """The publication waits for the erasure, and finds no interest any more."""
    world.interest(programme="slp")
    publishing = threading.Thread(target=world.session, args=["april"])
    with world.begin() as db:
        interests.erase(db, ZOE)
        publishing.start()
        publishing.join(0.2)
        assert publishing.is_alive()
    publishing.join(10)
    assert world.messages() == []


def test_an_interest_whose_topic_was_renamed_is_told_of_under_its_new_name(world):
    world.interest(topic="systemic-thoughts")
    world.interest(version=2, topic="systems-thinking")
    (mail,) = publish(world)
    assert "systems thinking" in plain(mail)


def test_an_interest_that_was_renamed_and_then_withdrawn_is_told_no_more(world):
    world.interest(topic="systemic-thoughts")
    world.interest("withdrawn", version=3, topic="systems-thinking")
    world.interest(version=2, topic="systems-thinking")
    assert publish(world) == []
