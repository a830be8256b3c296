"""Materials that are of no session: of a programme, and of the library as a whole; over the API, and on the pages."""

import pytest

from services.catalogue import schemas
from tests.gateway import catalogue, fakes
from tests.gateway.html import links, text_of
from tests.gateway.shown_page import Shown
from tests.sentences import says

HANDBOOK = "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a12"
OF_PROGRAMME = "/team/programmes/virtual-sessions/materials"
OF_LIBRARY = "/team/materials"
PROGRAMME = {"session": None, "programme": "virtual-sessions"}
NEITHER = {"session": None, "programme": None}


def handbook(**changes):
    told = {"kind": "document", "title": "The handbook", "minutes": None, "captions": None, "topics": []}
    return catalogue.material(HANDBOOK, **{**told, "url": "https://example.org/handbook", **PROGRAMME, **changes})


@pytest.fixture
def team(world):
    """The gateway, seen by somebody of the team, before a catalogue that looks at what it is given."""
    world.catalogue.answers.update(
        programme=catalogue.programme(),
        session={**catalogue.session(), "materials": []},
        material=handbook(status="draft"),
        materials_of={"items": [handbook(status="draft")], "next": None},
        create_material=fakes.checked(schemas.OwnedMaterial(), handbook(status="draft")),
        plan_materials=lambda given, **_: {"items": given["materials"]},
        add_materials=fakes.checked(schemas.NewMaterials(), {"items": []}),
        change_material=fakes.checked(schemas.ChangedMaterial, handbook()),
        publish_material=handbook(),
        withdraw_material=handbook(),
    )
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def send(world, path, **said):
    return world.client.post(path, data={**Shown(world.client.get(path).text).forms[None], **said})


# Who reads them


def test_the_page_of_a_programme_shows_its_own_materials_and_those_of_its_sessions(world):
    world.tell("materials", handbook())
    page = world.client.get("/programmes/virtual-sessions")
    assert {"https://example.org/handbook", "https://example.org/recordings/maxims"} <= set(links(page))


@pytest.mark.parametrize("of", [PROGRAMME, NEITHER])
def test_the_library_has_them_and_finds_them_by_kind_and_words(world, of):
    world.tell("materials", handbook(**of))
    for query in ("", "?kind=document", "?q=handbook"):
        page = world.client.get(f"/recordings{query}")
        assert "https://example.org/handbook" in links(page), query
        assert text_of(page).count("The handbook") == 1
    assert ("/programmes/virtual-sessions" in links(page)) == (of is PROGRAMME)


def test_the_words_of_its_programme_find_a_material(world):
    world.tell("materials", handbook())
    assert "https://example.org/handbook" in links(world.client.get("/recordings?q=system+leadership+handbook"))


def test_materials_are_listed_by_programme_over_the_api(world):
    world.tell("materials", handbook())
    world.tell("materials", catalogue.material("0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a13", **NEITHER))
    items = world.get("/materials?programme=virtual-sessions").json["items"]
    assert [(one["session"], one["programme"]) for one in items] == [
        ("maxims-in-practice", None), (None, "virtual-sessions"),
    ]  # fmt: skip
    assert len(world.get("/materials").json["items"]) == 3
    assert world.get("/materials?programme=another").json["items"] == []


def test_what_an_older_catalogue_tells_of_no_programme_is_read(world):
    told = handbook(session="maxims-in-practice")
    del told["programme"]
    world.tell("materials", told)
    assert world.get(f"/materials/{HANDBOOK}").json["programme"] is None


# The team


@pytest.mark.parametrize("of", [PROGRAMME, {"programme": "virtual-sessions"}, {}, {"session": "maxims-in-practice"}])
def test_the_team_adds_one_over_the_api(team, of):
    given = {"kind": "link", "title": "A", "url": "https://example.org", **of}
    answer = team.ask("POST", "/materials", "team-token", given)
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1/materials/{HANDBOOK}")
    assert team.catalogue.last("create_material")["given"] == given
    assert team.ask("POST", "/materials", "person-token", given).status_code == 403


def test_both_a_session_and_a_programme_are_refused_over_the_api(team):
    given = {"kind": "link", "title": "A", "url": "https://example.org", "session": "a", "programme": "b"}
    answer = team.ask("POST", "/materials", "team-token", given)
    assert [error["field"] for error in answer.json["errors"]] == ["programme"]


@pytest.mark.parametrize(("path", "of"), [(OF_PROGRAMME, {"programme": "virtual-sessions"}), (OF_LIBRARY, {})])
def test_the_team_adds_one_and_many_on_the_pages_of_each(team, path, of):
    assert {f"{path}/new", f"{path}/paste", f"/team/materials/{HANDBOOK}/publish"} <= set(links(team.client.get(path)))
    assert team.catalogue.last("materials_of")["programme"] == of.get("programme")
    said = {"kind": "document", "title": "The handbook", "url": "https://example.org/handbook"}
    assert send(team, f"{path}/new", **said).headers["Location"] == f"{path}?done=added"
    assert team.catalogue.last("create_material")["given"].items() >= {**said, **of}.items()
    answer = send(team, f"{path}/paste", lines="A, https://example.org/a", do="save")
    assert answer.headers["Location"] == f"{path}?done=pasted"
    assert {name: team.catalogue.last("add_materials")["given"].get(name) for name in of} == of


@pytest.mark.parametrize(("path", "of"), [(OF_PROGRAMME, PROGRAMME), (OF_LIBRARY, NEITHER)])
def test_changing_publishing_and_withdrawing_lead_back_to_the_list_it_is_in(team, path, of):
    team.catalogue.answers["material"] = handbook(status="draft", **of)
    for action, said in (("edit", {"title": "New"}), ("publish", {}), ("withdraw", {})):
        answer = send(team, f"/team/materials/{HANDBOOK}/{action}", **said)
        assert answer.headers["Location"].partition("?")[0] == path, action


@pytest.mark.parametrize("path", [OF_PROGRAMME, OF_LIBRARY])
def test_what_is_of_no_session_is_for_everybody_or_for_members(team, path):
    for page in ("new", "paste"):
        fields = Shown(team.client.get(f"{path}/{page}").text).all("input")
        chosen = {field["value"] for field in fields if field.get("name") == "audience"}
        assert chosen == set(schemas.WITHOUT_SESSION)


def test_a_long_list_goes_on_on_the_next_page(team):
    team.catalogue.answers["materials_of"] = {"items": [handbook()], "next": "more"}
    assert f"{OF_LIBRARY}?cursor=more" in links(team.client.get(OF_LIBRARY))
    team.client.get(f"{OF_LIBRARY}?cursor=more")
    assert team.catalogue.last("materials_of")["cursor"] == "more"


def test_the_team_finds_the_library_from_its_first_page_and_from_its_programmes(team):
    team.registration.answers["roles"] = {"items": [], "next": None}
    assert OF_LIBRARY in links(team.client.get("/team"))
    assert OF_PROGRAMME in links(team.client.get("/team/programmes"))
    assert says("library.empty") in _empty(team)


def _empty(team):
    team.catalogue.answers["materials_of"] = {"items": [], "next": None}
    return team.client.get(OF_LIBRARY).text
