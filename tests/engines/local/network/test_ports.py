"""Ports for processes."""

from __future__ import annotations

import socket

import pytest

from portico.engines.local.network.ports import EPHEMERAL_RANGE, Ports, is_free, outside_ephemeral
from portico.errors import PorticoError


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - listens for a moment
def test_a_port_that_somebody_listens_on_is_not_free(address: str) -> None:
    with socket.socket() as taken:
        taken.bind((address, 0))
        taken.listen()
        assert not is_free(taken.getsockname()[1])


def test_a_port_is_given_out_once_until_it_is_released() -> None:
    candidates = outside_ephemeral()[:3]
    free = [port for port in candidates if is_free(port)]
    ports = Ports(candidates)
    assert sorted(ports.take() for _ in free) == free
    with pytest.raises(PorticoError) as caught:
        ports.take()
    assert caught.value.as_dict() == {
        "title": "No free port is left for another process.",
        "detail": f"All 3 ports from {candidates[0]} to {candidates[-1]} are in use.",
        "hint": "Stop processes that are not needed, or scale some apps down.",
    }
    ports.release(free[0])
    assert ports.take() == free[0]


def test_ports_are_outside_the_range_of_outgoing_connections() -> None:
    low, high = map(int, EPHEMERAL_RANGE.read_text().split())
    assert not any(low <= port <= high for port in outside_ephemeral())
