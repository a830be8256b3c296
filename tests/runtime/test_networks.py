"""Which addresses count as one, and which are in a network that a setting names."""

import re

import pytest

from services.runtime.networks import is_in, network_of, read_networks


def test_an_ipv6_customer_is_one_address():
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") == "2001:db8::/64"
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")


def test_an_ipv4_address_is_itself_however_it_came():
    assert network_of("192.0.2.1") == network_of("::ffff:192.0.2.1") == "192.0.2.1"


def test_a_link_local_address_is_of_its_network_whatever_the_interface():
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth1")


@pytest.mark.parametrize("address", ["", "unknown", "192.0.2.1:80"])
def test_what_is_no_address_is_itself_and_in_no_network(address):
    assert network_of(address) == address
    assert not is_in(address, read_networks("0.0.0.0/0, ::/0"))


def test_an_address_is_in_the_networks_that_hold_it():
    known = read_networks("10.0.0.0/8,2001:db8::/32, 192.0.2.7")
    assert [is_in(address, known) for address in ("10.1.2.3", "::ffff:10.1.2.3", "2001:db8:1::1", "192.0.2.7")] == [
        *[True] * 4
    ]
    assert [is_in(address, known) for address in ("11.0.0.1", "2001:db9::1", "192.0.2.8")] == [False] * 3


@pytest.mark.parametrize("text", ["1", "10.0.0.1/8", "10.0.0.0/33", "hospital", "10.0.0.0/8;192.0.2.1"])
def test_what_is_no_list_of_networks_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text.partition(";")[0])):
        read_networks(text)
