"""The read model: what it makes of events, however they come."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.projection.read_model import ReadModel
from services.bus.envelope import Envelope
from services.runtime.refusals import Invalid, Unavailable
from services.runtime.settings import Settings
from tests.gateway import catalogue
from tests.gateway.conftest import NOW, World

VERSIONS = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(1, 6)), max_size=30)


def hear(model: ReadModel, kind: str, data: dict) -> None:
    item = catalogue.told(kind, data)
    model.hear(item["type"], item["subject"], item["version"], item["data"])


@given(VERSIONS)
def test_events_that_come_late_twice_or_out_of_order_end_in_the_latest_state(told):
    model = ReadModel()
    for slug, version in told:
        hear(model, "sessions", catalogue.session(slug, title=f"{slug} {version}", version=version))
    latest = {slug: max(v for s, v in told if s == slug) for slug, _ in told}
    assert {slug: thing.data["title"] for slug, thing in model.all("sessions").items()} == {
        slug: f"{slug} {version}" for slug, version in latest.items()
    }


@given(
    st.lists(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 9)), min_size=1, max_size=3), max_size=15)
)
def test_places_are_guarded_session_by_session(events):
    model = ReadModel()
    for rows in events:
        changed = [catalogue.places(slug, left=version, version=version) for slug, version in rows]
        model.hear("registration.places_changed.v1", "places", 1, {"changed": changed})
    for slug in ("a", "b"):
        told = [version for rows in events for name, version in rows if name == slug]
        assert model.places({**catalogue.session(slug)}).online["left"] == max(told, default=40)


@pytest.mark.parametrize("session_first", [True, False])
def test_figures_of_a_change_are_known_once_both_services_have_told_of_it(session_first):
    model = ReadModel()
    news = [
        lambda: hear(model, "sessions", catalogue.session("a", version=2)),
        lambda: model.hear(
            "registration.places_changed.v1", "places", 1, {"changed": [catalogue.places("a", catalogue_version=2)]}
        ),
    ]
    for tell in news if session_first else reversed(news):
        assert not model.wait_for("places/a", 2, 0)
        tell()
    assert model.wait_for("places/a", 2, 0)
    assert not model.wait_for("places/a", 3, 0)


def test_a_material_that_was_withdrawn_does_not_come_back_with_an_older_event():
    model = ReadModel()
    hear(model, "materials", catalogue.material(status="withdrawn", version=2))
    hear(model, "materials", catalogue.material(version=1))
    assert model.materials() == []


def test_events_that_change_nothing_do_not_count_as_a_change():
    model = ReadModel()
    hear(model, "sessions", catalogue.session())
    before = model.revision
    hear(model, "sessions", catalogue.session())
    assert model.revision == before


def test_events_of_kinds_that_are_not_known_are_passed_over():
    model = ReadModel()
    model.hear("catalogue.session_painted.v1", "sessions/a", 1, {})
    assert model.revision == 0


def test_an_event_that_cannot_be_read_is_refused_and_changes_nothing():
    model = ReadModel()
    with pytest.raises(Invalid):
        hear(model, "sessions", {**catalogue.session(), "meetings": []})
    assert model.all("sessions") == {}


def test_new_fields_of_an_event_pass_by():
    model = ReadModel()
    hear(model, "sessions", catalogue.session(added_next_year={"a": 1}))
    assert "added_next_year" not in model.get("sessions", "maxims-in-practice").data


def test_the_link_to_join_is_not_even_kept():
    model = ReadModel()
    hear(model, "sessions", catalogue.session())
    assert "secret-room" not in str(model.get("sessions", "maxims-in-practice"))


def test_a_snapshot_replaces_what_was_known(world):
    world.tell("sessions", catalogue.session("seen-before-the-gap", version=9))
    world.take_snapshot()
    assert set(world.model.all("sessions")) == {"maxims-in-practice"}


def test_a_snapshot_of_a_restored_backup_is_believed(world):
    world.tell("sessions", catalogue.session(title="Lost", version=9))
    world.take_snapshot()
    assert world.get("/sessions/maxims-in-practice").json["version"] == 1


def test_a_snapshot_comes_in_pages(world):
    things, pages = world.things, {None: (0, "2"), "2": (2, "4"), "4": (4, None)}

    def page(cursor, **_):
        first, after = pages[cursor]
        return {"items": things[first : first + 2], "next": after}

    world.catalogue.answers["snapshot"] = page
    world.take_snapshot()
    assert len(world.model.all("sessions")) == len(world.model.materials()) == 1


def test_what_is_heard_while_a_snapshot_is_taken_is_in_it(world):
    def places(cursor, **_):
        world.tell("sessions", catalogue.session("meanwhile"))
        return {"items": [], "next": None}

    world.registration.answers["places"] = places
    world.take_snapshot()
    assert set(world.model.all("sessions")) == {"maxims-in-practice", "meanwhile"}


def test_a_snapshot_that_fails_leaves_what_was_known_and_is_not_fresh(world):
    world.registration.answers["places"] = Unavailable()
    with pytest.raises(Unavailable):
        world.take_snapshot()
    assert world.get("/sessions").status_code == 200
    assert not world.model.fresh
    assert world.get("/health/ready").json["out"] == ["read_model"]


def test_before_the_first_snapshot_the_catalogue_is_not_there_yet(settings):
    world = World(settings)
    assert world.get("/health/ready").status_code == 503
    answer = world.get("/sessions")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_until_registration_tells_of_them_all_planned_places_are_left(world):
    world.tell("sessions", catalogue.session("new", places_online=12))
    assert world.get("/sessions/new").json["places"]["online"] == {"capacity": 12, "left": 12}


def test_a_speaker_s_new_name_shows_in_their_sessions(world):
    world.tell("speakers", catalogue.speaker(name="Myron E. Rogers", version=2))
    assert world.get("/sessions/maxims-in-practice").json["speakers"][0]["name"] == "Myron E. Rogers"


def starting(session, **when) -> dict:
    begins = NOW + timedelta(**when)
    return catalogue.session(session, begins.isoformat(), ends=(begins + timedelta(hours=1)).isoformat())


@given(st.integers(0, 2**32), st.integers(1, 5), st.sampled_from(["upcoming", "past"]))
def test_pages_neither_skip_nor_repeat_while_rows_are_added(seed, limit, when):
    chance = random.Random(seed)
    world = World(Settings(secret_key="k" * 32, limits=False))
    world.take_snapshot()
    sign = 1 if when == "upcoming" else -1

    def add(prefix: str, number: int) -> None:
        for n in range(number):
            world.tell("sessions", starting(f"{prefix}-{n}", hours=sign * chance.randint(2, 20)))

    add("first", 12)
    seen, cursor, turn = [], "", 0
    while cursor is not None:
        page = world.get(f"/sessions?when={when}&limit={limit}&cursor={cursor}").json
        seen += [row["slug"] for row in page["items"]]
        cursor, turn = page["next"], turn + 1
        add(f"added-{turn}", chance.randint(0, 2) if turn < 10 else 0)
    assert len(seen) == len(set(seen))
    assert {slug for slug in seen if slug.startswith("first")} == {f"first-{n}" for n in range(12)}


def figures(*rows, id=0):
    """Return an event that tells the places of sessions, each as (session, version, left)."""
    changed = [catalogue.places(session, left, version=version) for session, version, left in rows]
    name = "registration.places_changed.v1"
    return Envelope(str(id), name, "registration", "places", id, NOW, None, {"changed": changed})


def left(world, session):
    return world.get(f"/sessions/{session}").json["places"]["online"]["left"]


def test_of_events_that_came_together_the_newest_figures_of_each_session_count(world, monkeypatch):
    world.tell("sessions", catalogue.session("other"))
    heard = []
    take = world.model.hear
    monkeypatch.setattr(world.model, "hear", lambda *event: (heard.append(event), take(*event)))
    events = [figures(("maxims-in-practice", 10 + n, n), ("other", 30 - n, n), id=n) for n in range(20)]
    world.model.hear_all(events, behind=False)
    assert (left(world, "maxims-in-practice"), left(world, "other")) == (19, 0)
    assert len(heard) == 1, "the figures before are not looked at"


def test_figures_that_cannot_be_read_are_left_out_and_the_others_count(world, caplog):
    broken = replace(figures(id=1), data={"changed": [{"session": "maxims-in-practice"}]})
    events = [figures(("maxims-in-practice", 10, 7)), broken, figures(("maxims-in-practice", 11, 6), id=2)]
    world.model.hear_all(events, behind=False)
    assert left(world, "maxims-in-practice") == 6
    assert len(caplog.records) == 1


def test_a_gateway_that_is_behind_says_so_until_it_has_caught_up(world):
    world.model.hear_all([figures(("maxims-in-practice", 10, 7))], behind=True)
    assert world.get("/health/all").json["out"] == ["read_model"]
    world.model.hear_all([], behind=False)
    assert world.get("/health/all").status_code == 200


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 1, 3), (3, 2, 1)])
def test_what_was_removed_does_not_come_back_with_an_older_event_and_comes_back_with_a_later_one(order):
    model = ReadModel()
    news = {
        1: lambda: hear(model, "sessions", catalogue.session("a", version=1)),
        2: lambda: model.hear("catalogue.session_unpublished.v1", "sessions/a", 2, {}),
        3: lambda: hear(model, "sessions", catalogue.session("a", version=3, title="Again")),
    }
    for number in order[:2]:
        news[number]()
    assert ("a" in model.sessions) == (max(order[:2]) == 3)
    news[order[2]]()
    assert model.sessions["a"].data["title"] == "Again"


def test_whoever_made_a_session_a_draft_waits_until_it_is_gone_here():
    model = ReadModel()
    hear(model, "sessions", catalogue.session("a"))
    before = model.revision
    assert not model.wait_for("sessions/a", 2, 0)
    model.hear("catalogue.session_unpublished.v1", "sessions/a", 2, {})
    assert model.wait_for("sessions/a", 2, 0)
    assert model.revision > before


def test_a_speaker_who_was_removed_is_gone():
    model = ReadModel()
    hear(model, "speakers", catalogue.speaker())
    slug = catalogue.speaker()["slug"]
    model.hear("catalogue.speaker_removed.v1", f"speakers/{slug}", 9, {"slug": slug, "version": 9})
    assert model.get("speakers", slug) is None


def test_a_draft_that_was_published_once_has_the_places_that_are_planned(world):
    draft = catalogue.session("maxims-in-practice", status="draft", places_online=7)
    assert world.model.places(draft).online == {"capacity": 7, "left": 7}
