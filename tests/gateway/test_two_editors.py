"""Two editors have the same form open: who saves last takes back nothing that the other saved, without being asked."""

from dataclasses import dataclass
from typing import Any

import pytest

from services.runtime.refusals import StaleVersion
from tests.gateway import catalogue, fakes
from tests.gateway.rows_of_pages import CITY, EDITED, ID, READS
from tests.gateway.shown_page import Shown
from tests.gateway.world_of_pages import furnish
from tests.sentences import says

SESSION = "/team/sessions/maxims-in-practice/edit"
PLACES = says("fields.places_online")
WAYS = [{"title": "Speak", "summary": "Tell us."}]


@dataclass(frozen=True)
class Kind:
    """A thing with a form: how it is read and changed, what A makes of one field, and what B types in another."""

    path: str
    read: str
    thing: dict[str, Any]
    made_of_it: dict[str, Any]
    typed: dict[str, str]
    given: dict[str, Any]
    kept: dict[str, str]

    @property
    def change(self) -> str:
        return f"change_{self.read}"


KINDS = {
    "session": Kind(
        *(SESSION, "session", EDITED, {"places_online": 30}),
        *({"summary": "Bring a pen."}, {"summary": "Bring a pen."}, {"places_online": "30"}),
    ),
    "meetings": Kind(
        *(
            SESSION,
            "session",
            {
                **EDITED,
                "meetings": [*EDITED["meetings"], *catalogue.session(starts="2027-02-12T14:00:00+00:00")["meetings"]],
            },
        ),
        *({"meetings": EDITED["meetings"]}, {"title": "Maxims"}, {"title": "Maxims"}, {"meetings-0-day": "11"}),
    ),
    "programme": Kind(
        *("/team/programmes/virtual-sessions/edit", "programme", catalogue.programme(), {"outcomes": ["Trust"]}),
        *({"title": "Leading"}, {"title": "Leading"}, {"outcomes": "Trust"}),
    ),
    "speaker": Kind(
        *("/team/speakers/myron-rogers/edit", "speaker", catalogue.speaker(), {"affiliation": "Leeds"}),
        *({"bio": "He listens."}, {"bio": "He listens."}, {"affiliation": "Leeds"}),
    ),
    "material": Kind(
        *(f"/team/materials/{ID}/edit", "material", catalogue.material(status="draft"), {"minutes": 12}),
        *({"title": "All of it"}, {"title": "All of it"}, {"minutes": "12"}),
    ),
    "city": Kind(
        *("/team/city", "city", CITY, {"ways_to_get_involved": WAYS}),
        *({"workforce": "58,000"}, {"workforce": 58000}, {"title-1": "Speak", "summary-1": "Tell us."}),
    ),
    "sector": Kind(
        *("/team/sectors/hospital/edit", "sector", READS["catalogue"]["sector"], {"hint": "Wards"}),
        *({"name": "Clinics"}, {"name": "Clinics"}, {"hint": "Wards"}),
    ),
}


class Catalogue:
    """Holds one thing, and changes it for whoever has read its latest version."""

    def __init__(self, world: Any, kind: Kind) -> None:
        self.thing = {**kind.thing, "version": 1}
        world.catalogue.answers.update({kind.read: lambda **_: dict(self.thing), kind.change: self.change})

    def change(self, given: dict[str, Any], version: int, **_: Any) -> Any:
        if version != self.thing["version"]:
            return StaleVersion(version=self.thing["version"])
        self.thing = {**self.thing, **given, "version": version + 1}
        return dict(self.thing)


@pytest.fixture
def team(world):
    furnish(world)
    world.client.set_cookie("headrow_session", "team-token")
    return world


def opened(team: Any, path: str) -> dict[str, str]:
    """Return what a browser would send of a form that was just opened."""
    return form_in(team.client.get(path))


def form_in(answer: Any) -> dict[str, str]:
    return dict(Shown(answer.text).forms[None])


def words_of(answer: Any) -> str:
    return " ".join(Text(answer.text).words.split())


class Text(Shown):
    """The words of a page."""

    words = ""

    def handle_data(self, text: str) -> None:
        super().handle_data(text)
        self.words += f"{text} "


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_two_editors(team, kind):
    """B opens the form, A changes one thing and saves, B changes another, is told so, and saves again."""
    there = Catalogue(team, kind)
    form_of_b = {**opened(team, kind.path), **kind.typed}
    there.change(kind.made_of_it, 1)
    conflict = team.client.post(kind.path, data=form_of_b)
    assert conflict.status_code == 409
    assert says("pages.changed_meanwhile") in words_of(conflict)
    assert says("two_editors.nothing_lost") in words_of(conflict)
    shown = form_in(conflict)
    assert shown.items() >= {**kind.kept, **kind.typed}.items()
    assert "meetings-1-day" not in shown, "what A took out stays out"
    assert team.client.post(kind.path, data=shown).status_code == 303
    assert team.catalogue.last(kind.change)["given"] == kind.given
    assert {name: there.thing[name] for name in kind.made_of_it} == kind.made_of_it, "A's change is not taken back"


def both_change(team: Any, **typed: str) -> Any:
    """Have A make 30 places of 40, and B another number."""
    there = Catalogue(team, KINDS["session"])
    form_of_b = {**opened(team, SESSION), "places_online": "50", **typed}
    there.change({"places_online": 30}, 1)
    return there, form_of_b


def test_what_both_changed_is_asked_about_and_what_one_changed_is_not(team):
    there, form_of_b = both_change(team)
    conflict = team.client.post(SESSION, data=form_of_b)
    assert says("two_editors.both", label=PLACES, there=30) in words_of(conflict)
    assert form_in(conflict)["places_online"] == "50", "what B typed is still in the form"
    assert team.client.post(SESSION, data=form_in(conflict)).status_code == 303
    assert there.thing["places_online"] == 50


def test_what_a_alone_changed_is_shown_by_itself(team):
    there, form_of_b = both_change(team, places_online="40", title="Maxims")
    conflict = team.client.post(SESSION, data=form_of_b)
    assert says("two_editors.alone", label=PLACES, there=30) in words_of(conflict)
    there, form_of_b = both_change(team)
    there.change({"title": "Theirs", "summary": "Theirs"}, 2)
    assert says("two_editors.also") in words_of(team.client.post(SESSION, data=form_of_b))


def test_b_can_take_what_a_saved_after_all(team):
    _, form_of_b = both_change(team, summary="Bring a pen.")
    shown = form_in(team.client.post(SESSION, data=form_of_b))
    assert team.client.post(SESSION, data={**shown, "places_online": "30"}).status_code == 303
    assert team.catalogue.last("change_session")["given"] == {"summary": "Bring a pen."}


def test_the_same_change_of_both_is_none(team):
    there, form_of_b = both_change(team, places_online="30")
    assert team.client.post(SESSION, data=form_of_b).status_code == 303
    assert there.thing["version"] == 2, "there was nothing to save"


def test_a_third_change_while_b_reads_is_held_against_what_b_has_read(team):
    there, form_of_b = both_change(team, places_online="40", title="Maxims")
    shown = form_in(team.client.post(SESSION, data=form_of_b))
    there.change({"summary": "Theirs"}, 2)
    again = team.client.post(SESSION, data=shown)
    assert (again.status_code, form_in(again)["summary"]) == (409, "Theirs")
    assert team.client.post(SESSION, data=form_in(again)).status_code == 303
    assert (there.thing["title"], there.thing["summary"], there.thing["places_online"]) == ("Maxims", "Theirs", 30)


def test_a_row_or_a_mistake_in_between_forgets_nothing(team):
    there, form_of_b = both_change(team, places_online="40", title="Maxims")
    with_a_row = form_in(team.client.post(SESSION, data={**form_of_b, "do": "add-meetings"}))
    assert with_a_row["opened"] == form_of_b["opened"]
    team.catalogue.answers["change_session"] = fakes.invalid("too-short", "title")
    wrong = team.client.post(SESSION, data={**with_a_row, "title": ""})
    assert (wrong.status_code, form_in(wrong)["opened"]) == (422, form_of_b["opened"])
    team.catalogue.answers["change_session"] = there.change
    conflict = team.client.post(SESSION, data={**form_in(wrong), "title": "Maxims"})
    assert (conflict.status_code, form_in(conflict)["places_online"]) == (409, "30")


@pytest.mark.parametrize("marks", ["", "<script>", "places_online:0123456789ab"])
def test_a_form_that_does_not_say_how_it_was_opened_is_held_against_what_is_there(team, marks):
    _, form_of_b = both_change(team, places_online="40")
    conflict = team.client.post(SESSION, data={**form_of_b, "opened": marks})
    assert says("two_editors.both", label=PLACES, there=30) in words_of(conflict)
    assert form_in(conflict)["places_online"] == "40"
