"""Recordings that play on a page of ours: nothing of another site before somebody asks, and no other site then."""

from dataclasses import replace

import pytest

from gateway.assembly import SITE
from gateway.parts.players import player_of
from tests.gateway import catalogue, fakes
from tests.gateway.html import Page, links
from tests.gateway.world_of_pages import path_of
from tests.sentences import says

ID = catalogue.material()["id"]
PAGE = f"/recordings/{ID}"
YOUTUBE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
ALL = ("youtube", "vimeo", "video.example.org")


@pytest.mark.parametrize(
    ("url", "plays"),
    [
        (YOUTUBE, "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://youtu.be/dQw4w9WgXcQ?si=x&t=90", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?start=90"),
        ("http://m.youtube.com/watch?list=x&v=dQw4w9WgXcQ", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://www.youtube.com/live/dQw4w9WgXcQ", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://vimeo.com/123456789", "https://player.vimeo.com/video/123456789?dnt=1"),
        ("https://vimeo.com/123456789/abcdef0123", "https://player.vimeo.com/video/123456789?dnt=1&h=abcdef0123"),
        ("https://video.example.org/a?b=c", "https://video.example.org/a?b=c"),
        ("https://www.youtube.com/@academy", None),
        ("https://www.youtube.com/watch?v=%22%3E%3Cscript", None),
        ("https://youtube.com.example.net/watch?v=dQw4w9WgXcQ", None),
        ("https://youtube.com@example.net/watch?v=dQw4w9WgXcQ", None),
        ("https://academy@youtube.com/watch?v=dQw4w9WgXcQ", None),
        ("https://www.youtube.com:8443/watch?v=dQw4w9WgXcQ", None),
        ("https://vimeo.com/channels/staffpicks", None),
        ("http://video.example.org/a", None),
        ("https://other.example.org/a", None),
        ("https://[", None),
    ],
)
def test_a_recording_plays_from_the_hosts_that_are_named_and_no_other(url, plays):
    player = player_of(url, ALL)
    assert (player and player.address) == plays
    assert player_of(url, ()) is None


@pytest.fixture
def recording(world):
    world.tell("materials", catalogue.material(version=2, url=YOUTUBE))
    return world


def frames(answer):
    return Page(answer.text).all("iframe")


def test_nothing_of_the_other_site_is_on_the_page_before_somebody_asks_to_play_it(recording):
    page = recording.client.get(PAGE)
    assert page.status_code == 200
    assert says("playing.warning") in page.text
    assert (frames(page), "frame-src" in page.headers["Content-Security-Policy"]) == ([], False)
    assert {f"{PAGE}?play=yes", YOUTUBE} <= set(links(page))
    assert not any("youtube" in str(found.get("src")) for _, found in Page(page.text).elements)


def test_once_asked_it_plays_in_a_frame_and_only_that_host_may(recording):
    page = recording.client.get(f"{PAGE}?play=yes")
    [frame] = frames(page)
    assert frame["src"] == "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"
    assert frame["title"] == catalogue.session()["title"]
    policy = page.headers["Content-Security-Policy"]
    assert policy.endswith("; frame-src https://www.youtube-nocookie.com")
    assert policy.count("http") == 1
    again = recording.client.get(PAGE)
    assert (frames(again), "frame-src" in again.headers["Content-Security-Policy"]) == ([], False)


def test_no_other_page_may_show_a_frame_of_another_site(recording):
    pages = [route for route in SITE.routes if route.page and route.method == "GET" and route.requires == "anyone"]
    for route in pages:
        answer = recording.client.get(f"{path_of(route)}?play=yes")
        policy = answer.headers.get("Content-Security-Policy", "")
        assert "frame-src" not in policy or route.name == "playing.show_recording", route.path


def test_lists_and_the_page_of_the_session_lead_to_the_page_where_it_plays(recording):
    for path in ("/recordings", "/sessions/maxims-in-practice", "/programmes/virtual-sessions", "/"):
        found = links(recording.client.get(path))
        assert (PAGE in found, YOUTUBE in found) == (True, False), path


@pytest.mark.parametrize("players", [(), ("vimeo",)])
def test_a_host_that_the_setting_does_not_name_is_a_link_alone(recording, players):
    recording.application.settings = replace(recording.settings, players=players)
    for path in (PAGE, f"{PAGE}?play=yes"):
        page = recording.client.get(path)
        assert (frames(page), "frame-src" in page.headers["Content-Security-Policy"]) == ([], False)
        assert YOUTUBE in links(page)
    assert YOUTUBE in links(recording.client.get("/recordings"))
    assert says("playing.warning") not in recording.client.get(PAGE).text


def test_a_recording_is_shown_by_itself_to_those_whom_it_is_for(world):
    world.registration.answers["bookings"] = fakes.page_of()
    for version, audience in enumerate(("attendees", "booked", "community"), start=2):
        world.tell("materials", catalogue.material(version=version, url=YOUTUBE, audience=audience))
        for token, status in ((None, 404), ("person-token", 404), ("team-token", 200), (None, 404)):
            world.client.delete_cookie("__Host-headrow_session")
            if token:
                world.client.set_cookie("__Host-headrow_session", token)
            for path in (PAGE, f"{PAGE}?play=yes"):
                assert world.client.get(path).status_code == status, (audience, token)
    world.client.set_cookie("__Host-headrow_session", "person-token")
    world.tell("materials", catalogue.material(version=8, url=YOUTUBE, audience="attendees"))
    world.registration.answers["bookings"] = fakes.page_of(fakes.booking(state="attended"))
    assert world.client.get(PAGE).status_code == 200
    world.tell("materials", catalogue.material(version=9, url=YOUTUBE, status="withdrawn"))
    assert world.client.get(PAGE).status_code == 404


def test_the_cookies_page_names_whose_players_may_set_some(world):
    assert says("playing.cookies", names="YouTube or Vimeo") in world.client.get("/cookies").text
    world.application.settings = replace(world.settings, players=())
    world.application.cache._kept.clear()
    assert "YouTube" not in world.client.get("/cookies").text
