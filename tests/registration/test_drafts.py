"""What drafts get of the session that they are copies of: its questions, and who facilitates it when it is public."""

import pytest
from sqlalchemy import select

from services.registration import my_data
from services.registration.accounts import facilitators
from services.registration.models import Facilitator, Person, PlannedFacilitator, Session
from services.registration.places import drafts, questions
from services.registration.schemas import DRAFT_PARTS
from services.runtime.refusals import NotFound
from tests.registration.conftest import NOW

FOOD = {"kind": "line", "text": "What do you eat?", "hint": None, "options": [], "required": False}


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def march(db, told, team):
    """A session with a question and a facilitator."""
    session = told(places_in_room=30)
    questions.ask(db, "march", 0, items=[{**FOOD, "facilitators": True}], kept_days=7)
    facilitators.name(db, team, "march", NOW, "fay@example.org")
    return session


def copied(db, team, *slugs, parts=DRAFT_PARTS):
    drafts.copy(db, team, "march", NOW, copies=slugs, parts=parts)


def named_for(db, slug):
    return list(db.scalars(select(Facilitator.person_id).where(Facilitator.session == slug)))


def planned(db):
    return [row.session for row in db.scalars(select(PlannedFacilitator).order_by(PlannedFacilitator.session))]


def test_a_draft_asks_the_same_and_is_facilitated_by_the_same_once_it_is_published(db, told, team, march):
    copied(db, team, "april", "may")
    asked = questions.view(db, "april", team=True)
    assert [(one["text"], one["answered"]) for one in asked["items"]] == [("What do you eat?", 0)]
    assert asked["kept_days"] == 7
    assert named_for(db, "april") == []
    told("april")
    assert named_for(db, "april") == named_for(db, "march")
    assert planned(db) == ["may"]
    assert db.get_one(Session, "april").answers_until is not None


def test_only_what_is_asked_for_is_copied(db, told, team, march):
    copied(db, team, "april", parts=["questions"])
    copied(db, team, "may", parts=["facilitators"])
    assert (planned(db), questions.of_session(db, "may")) == (["may"], [])
    assert questions.of_session(db, "april")


def test_asked_again_it_leaves_what_the_draft_has_by_then(db, told, team, march):
    copied(db, team, "april")
    questions.ask(db, "april", 1, items=[], kept_days=7)
    copied(db, team, "april")
    assert (questions.of_session(db, "april"), planned(db)) == ([], ["april"])


def test_a_draft_is_copied_with_what_is_planned_for_it(db, told, team, march):
    copied(db, team, "april")
    drafts.copy(db, team, "april", NOW, copies=["may"], parts=DRAFT_PARTS)
    assert planned(db) == ["april", "may"]
    assert questions.of_session(db, "may")


def test_nothing_is_copied_to_what_is_published_nor_forgotten_of_it(db, told, team, march):
    told("april")
    with pytest.raises(NotFound):
        copied(db, team, "april")
    with pytest.raises(NotFound):
        drafts.forget(db, "march")


def test_a_draft_that_is_deleted_leaves_nothing_to_the_next_of_its_name(db, told, team, march):
    copied(db, team, "april")
    drafts.forget(db, "april")
    told("april")
    assert (named_for(db, "april"), questions.of_session(db, "april")) == ([], [])


def test_drafts_that_go_together_leave_nothing_and_one_that_is_published_by_now_stays(db, told, team, march):
    """Undoing an import removes many; one of its names may be another session's by then."""
    drafts.copy(db, team, "march", NOW, copies=["april", "may"], parts=DRAFT_PARTS)
    told("may")
    drafts.forget_all(db, ["april", "may", "march", "unheard-of"])
    assert (questions.of_session(db, "april"), planned(db)) == ([], [])
    assert questions.of_session(db, "march")
    assert questions.of_session(db, "may")


def test_whoever_is_erased_is_planned_for_nothing(db, told, team, march):
    copied(db, team, "april")
    [fay] = named_for(db, "march")
    someone = db.get_one(Person, fay)
    assert {"session": "april", "planned_at": NOW} in my_data.export(db, someone)["facilitates"]
    facilitators.erase(db, someone)
    told("april")
    assert (named_for(db, "april"), planned(db)) == ([], [])
