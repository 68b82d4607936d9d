"""Which addresses a build may reach."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest

from portico.public_addresses import own_addresses, parsed, refusal

REFUSED = {
    "0.0.0.1": "an address of this network",
    "10.0.0.5": "a private address",
    "100.64.0.1": "an address of a carrier's network",
    "127.0.0.1": "a loopback address",
    "127.255.0.1": "a loopback address",
    "169.254.169.254": "a link-local address",
    "172.16.0.1": "a private address",
    "172.31.255.255": "a private address",
    "192.0.0.8": "a reserved address",
    "192.168.1.1": "a private address",
    "198.18.0.1": "an address of a test network",
    "224.0.0.1": "a multicast address",
    "255.255.255.255": "a reserved address",
    "::": "an address of this network",
    "::1": "a loopback address",
    "fc00::1": "a private address",
    "fd12:3456::1": "a private address",
    "fe80::1": "a link-local address",
    "ff02::1": "a multicast address",
    # IPv4 addresses that IPv6 addresses lead to: mapped, compatible, translated, tunnelled
    "::ffff:127.0.0.1": "a loopback address",
    "::ffff:169.254.169.254": "a link-local address",
    "::10.0.0.5": "a private address",
    "64:ff9b::10.0.0.5": "a private address",
    "64:ff9b:1::192.168.1.1": "a private address",
    "2002:0a00:0005::1": "a private address",
}


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused_and_named(address: str) -> None:
    assert refusal(ip_address(address)) == REFUSED[address]


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "9.255.255.255",
        "100.128.0.1",
        "172.32.0.1",
        "203.0.113.80",  # a documentation network, which mirrors of closed networks use
        "2606:4700::1111",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
    ],
)
def test_public_addresses_are_reached(address: str) -> None:
    assert refusal(ip_address(address)) == ""


def test_the_servers_own_addresses_are_refused_though_public() -> None:
    own = {ip_address("203.0.113.7")}
    assert refusal(ip_address("203.0.113.7"), own) == "an address of the server itself"
    assert refusal(ip_address("::ffff:203.0.113.7"), own) == "an address of the server itself"
    assert refusal(ip_address("203.0.113.8"), own) == ""


def test_the_machine_knows_the_addresses_of_its_interfaces() -> None:
    assert ip_address("127.0.0.1") in own_addresses()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no route, and so no address but loopback")
        assert ip_address(asking.getsockname()[0]) in own_addresses()


def test_a_scope_is_no_part_of_an_address() -> None:
    assert parsed("fe80::1%eth0") == ip_address("fe80::1")
