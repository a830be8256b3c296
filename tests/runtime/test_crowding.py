"""Who makes room where too many are connected."""

import pytest

from services.runtime.crowding import Crowd, Crowded
from services.runtime.networks import read_networks


@pytest.fixture
def crowd():
    return Crowd(most=6, most_of_one=3, unlimited=read_networks("198.51.100.1"))


def come(crowd, address, *names, asked=False):
    for name in names:
        crowd.add(name, address)
        if asked:
            crowd.has_asked(name)


def test_while_there_is_room_nobody_goes(crowd):
    come(crowd, "192.0.2.1", "a", "b")
    assert crowd.makes_room_for("192.0.2.1") is None


def test_a_network_with_its_share_makes_room_for_itself(crowd):
    come(crowd, "192.0.2.1", "a", asked=True)
    come(crowd, "192.0.2.1", "b", "c")
    assert crowd.makes_room_for("192.0.2.1") == "b"
    assert crowd.makes_room_for("192.0.2.2") is None


def test_a_network_is_what_one_customer_is_given(crowd):
    come(crowd, "2001:db8::1", "a")
    come(crowd, "2001:db8::2", "b")
    come(crowd, "2001:db8::3", "c")
    assert crowd.makes_room_for("2001:db8::4") == "a"
    assert crowd.makes_room_for("2001:db8:1::1") is None


def test_a_network_that_has_its_share_of_requests_under_way_is_turned_away(crowd):
    come(crowd, "192.0.2.1", "a", "b", "c", asked=True)
    with pytest.raises(Crowded):
        crowd.makes_room_for("192.0.2.1")


def test_whoever_has_most_makes_room_for_others(crowd):
    come(crowd, "192.0.2.1", "first")
    come(crowd, "192.0.2.2", "a", "b", "c")
    come(crowd, "192.0.2.3", "d", "e")
    assert crowd.makes_room_for("192.0.2.4") == "a"


def test_a_proxy_has_no_share_and_makes_room_last(crowd):
    come(crowd, "198.51.100.1", "p", "q", "r", "s", "t")
    assert crowd.makes_room_for("198.51.100.1") is None
    come(crowd, "192.0.2.1", "a")
    assert crowd.makes_room_for("198.51.100.1") == "a"
    crowd.has_asked("a")
    assert crowd.makes_room_for("198.51.100.1") == "p"


def test_where_everyone_is_being_answered_the_next_is_turned_away(crowd):
    come(crowd, "192.0.2.1", "a", "b", "c", asked=True)
    come(crowd, "192.0.2.2", "d", "e", "f", asked=True)
    with pytest.raises(Crowded):
        crowd.makes_room_for("192.0.2.3")
    crowd.waits("e")  # for the next request
    assert crowd.makes_room_for("192.0.2.3") == "e"


def test_who_has_gone_is_counted_no_more(crowd):
    come(crowd, "192.0.2.1", "a", "b", "c")
    for name in ("a", "b", "c", "c"):
        crowd.remove(name)
    assert len(crowd) == 0
    assert crowd.makes_room_for("192.0.2.1") is None
