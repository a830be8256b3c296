"""The city: its twelve sectors are there from the start, and the team says the rest."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.catalogue import city, schemas
from services.runtime.refusals import Invalid, NotFound, StaleVersion
from services.runtime.schemas import CITY
from tests.catalogue.given import NOW, SAMPLE, a_virtual_session, the_file
from tests.sentences import says

A_PICTURE = (  # one clear pixel, as PNG
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
WAYS = [{"title": "Speak", "summary": "Tell us what about."}]


@pytest.fixture
def fresh(empty):
    """A catalogue as a new installation has it, that everyone knows of."""
    ensure(empty)
    empty.announced()
    return empty


def ensure(world):
    with world.transactions.begin() as db:
        city.ensure(db, NOW)


def sectors(world):
    return {sector["code"]: sector for sector in world.ask("city")["sectors"]}


# From the start


def test_the_twelve_sectors_of_the_sample_are_there_before_anyone_says_a_thing(empty):
    ensure(empty)
    [event] = empty.announced()
    assert (event.type, event.subject, event.version) == ("catalogue.city_described.v1", "city", 1)
    wanted = [(sector["code"], sector["name"]) for sector in json.loads(SAMPLE.read_text())["sectors"]]
    assert [(sector["code"], sector["name"]) for sector in event.data["sectors"]] == wanted
    assert all(sector["hint"] for sector in event.data["sectors"])


def test_nobody_s_number_of_people_is_made_up(fresh):
    told = fresh.ask("city")
    assert (told["name"], told["workforce"]) == (schemas.UNNAMED, None)
    assert {sector["workforce"] for sector in told["sectors"]} == {None}


def test_a_second_start_changes_nothing_and_tells_nobody(fresh):
    before = fresh.ask("city")
    ensure(fresh)
    assert fresh.ask("city") == before
    assert fresh.told() == []


def test_a_city_that_is_there_stays_as_it_is(catalogue):
    before = catalogue.ask("city")
    ensure(catalogue)
    assert catalogue.ask("city") == before
    assert catalogue.told() == []


def test_of_several_who_start_at_once_one_describes_it(empty):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: ensure(empty), range(4)))
    assert empty.told() == ["city_described city"]
    assert len(sectors(empty)) == 12


def test_a_catalogue_without_a_city_says_so(empty):
    for method, named in (("city", {}), ("sector", {"code": "citizen"})):
        with pytest.raises(NotFound):
            empty.ask(method, **named)


# What the team says


def test_every_field_of_the_city_can_be_changed(fresh):
    logo = fresh.ask("keep_logo", given={"content": A_PICTURE})["logo"]
    given = {
        **{"name": "York", "workforce": 9000, "time_zone": "Europe/London", "ways_to_get_involved": WAYS},
        **{"site_name": "York Learns", "contact_email": "york@example.org", "contact_phone": "01904 000000"},
        **{"contact_text": "On\nMondays", "hero_heading": "Learn", "hero_text": "With *us*", "accent": "#5b2d8a"},
        **{"logo": logo, "logo_alt": "An owl"},
    }
    assert given.keys() == schemas.ChangedCity.fields.keys(), "a field is not in this test"
    answer = fresh.ask("change_city", version=1, given=given)
    [event] = fresh.announced()
    assert answer == event.data == fresh.ask("city")
    assert {name: answer[name] for name in given} == given
    assert answer["version"] == 2


def test_what_the_team_says_of_its_site_can_be_given_back_to_ours(fresh):
    fresh.ask("change_city", version=1, given={"site_name": "York Learns", "accent": "#5b2d8a"})
    answer = fresh.ask("change_city", version=2, given=dict.fromkeys(schemas.Identity().fields))
    assert {answer[name] for name in schemas.Identity().fields} == {None}


@pytest.mark.parametrize(
    ("accent", "code", "ratio"),
    [
        ("#ffff00", "low-contrast", "1.03"),
        ("#767676", "low-contrast", "4.10"),  # enough on white alone
        ("#777777", "low-contrast", "4.04"),
        ("blue", "not-a-colour", None),
        ("#fff", "not-a-colour", None),
        ("#5b2d8a; }", "not-a-colour", None),
    ],
)
def test_a_colour_that_people_could_not_read_is_refused_with_what_was_measured(fresh, accent, code, ratio):
    with pytest.raises(Invalid) as refused:
        fresh.ask("change_city", version=1, given={"accent": accent})
    [error] = refused.value.facts["errors"]
    assert (error["field"], error["code"]) == ("accent", code)
    assert error["limits"].get("ratio") == ratio
    assert fresh.told() == []


def test_a_colour_is_taken_in_capitals_too(fresh):
    assert fresh.ask("change_city", version=1, given={"accent": " #5B2D8A "})["accent"] == "#5b2d8a"


def test_every_field_of_a_sector_can_be_changed_but_its_code(fresh):
    given = {"name": "Dentistry", "hint": "Dentists", "workforce": 12}
    assert given.keys() == schemas.ChangedSector.fields.keys(), "a field is not in this test"
    answer = fresh.ask("change_sector", code="primary_care", version=1, given=given)
    assert answer == {"code": "primary_care", **given, "version": 2}
    assert answer == fresh.ask("sector", code="primary_care") == sectors(fresh)["primary_care"]
    [event] = fresh.announced()
    assert (event.subject, event.version) == ("city", 2)
    with pytest.raises(Invalid):
        fresh.ask("change_sector", code="primary_care", version=2, given={"code": "dentistry"})


def test_a_change_that_changes_nothing_is_none(fresh):
    fresh.ask("change_city", version=1, given={"name": schemas.UNNAMED})
    fresh.ask("change_sector", code="citizen", version=1, given={"workforce": None})
    assert fresh.told() == []


def test_an_editor_who_read_an_older_version_is_refused(fresh):
    with pytest.raises(StaleVersion):
        fresh.ask("change_city", version=7, given={"name": "York"})
    with pytest.raises(StaleVersion):
        fresh.ask("change_sector", code="citizen", version=7, given={"name": "People"})
    assert fresh.told() == []


def test_two_who_edit_two_sectors_are_not_in_each_other_s_way(fresh):
    for code in ("citizen", "hospital"):
        assert fresh.ask("change_sector", code=code, version=1, given={"workforce": 5})["version"] == 2
    assert fresh.ask("city")["version"] == 3


def test_a_sector_that_is_not_there_is_not_found(fresh):
    with pytest.raises(NotFound):
        fresh.ask("change_sector", code="army", version=1, given={})


def test_the_time_zone_of_the_installation_is_told_again_where_it_was_another(fresh):
    with fresh.transactions.begin() as db:
        city.one(db).time_zone = "Asia/Kolkata"
    ensure(fresh)
    [event] = fresh.announced()
    assert (event.type, event.version, event.data["time_zone"]) == ("catalogue.city_described.v1", 2, CITY.key)
    ensure(fresh)
    assert fresh.told() == []


def test_only_the_time_zone_of_the_installation_is_taken(fresh):
    with pytest.raises(Invalid) as refused:
        fresh.ask("change_city", version=1, given={"time_zone": "Pacific/Auckland"})
    assert [error["field"] for error in refused.value.errors] == ["time_zone"]


# An import afterwards


def test_an_import_names_the_city_and_keeps_what_it_says_nothing_of(fresh):
    hints = {code: sector["hint"] for code, sector in sectors(fresh).items()}
    answer = fresh.ask("import_programme", given=the_file())
    assert (answer["created"]["city"], answer["changed"]["city"]) == (0, 1)
    assert [answer[what]["sectors"] for what in ("created", "changed", "unchanged")] == [0, 10, 2]
    assert fresh.ask("city")["name"] == "Leeds"
    assert {code: sector["hint"] for code, sector in sectors(fresh).items()} == hints
    assert fresh.ask("import_programme", given=the_file())["changed"]["sectors"] == 0


def test_what_nobody_asked_for_gives_way_to_the_first_sectors_that_are_named(fresh):
    own = [{"code": "citizen", "name": "People", "hint": "All"}, {"code": "dentistry", "name": "Dentistry"}]
    answer = fresh.ask("import_programme", given={"city": {"name": "York"}, "sectors": own})
    assert [answer[what]["sectors"] for what in ("created", "changed")] == [1, 1]
    assert [*sectors(fresh)] == ["citizen", "dentistry"]
    assert sectors(fresh)["citizen"]["hint"] == "All"


def test_a_sector_with_held_places_stays_whatever_is_imported(fresh):
    held = [{"sector": "hospital", "places": 2, "until": "2027-03-01T09:00:00"}]
    programme = {"slug": "series", "title": "A series", "format": "series"}
    session = a_virtual_session(held_places=held)
    del session["programme"]
    own = {
        "sectors": [{"code": "dentistry", "name": "Dentistry"}],
        "programmes": [{**programme, "sessions": [session]}],
    }
    fresh.ask("import_programme", given=own)
    assert [*sectors(fresh)] == ["dentistry", "hospital"]


def test_a_hint_comes_back_with_an_export(fresh):
    exported = fresh.ask("export")
    assert exported["sectors"][4]["hint"] == says("catalogue.third_sector_hint")
    assert fresh.ask("import_programme", given=exported)["unchanged"]["sectors"] == 12
    assert fresh.told() == []
