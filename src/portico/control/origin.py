"""From where something was asked for, for the event trail: an address, and the way it came.

A request carries it in a context variable, so that no verb has to hand it on. It is an object that
all threads of the request share: who finds out the way, writes it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

BROWSER = "browser"
GIT = "git"
HERE = "127.0.0.1"


@dataclass
class Origin:
    """Without an address: the server itself, or a command on its machine."""

    address: str = ""
    way: str = "server"


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


def current() -> Origin:
    return _origin.get() or Origin()


def found(way: str, address: str | None = None) -> None:
    """Note the way of the request, and its address where that is another than the connection's."""
    if origin := _origin.get():
        origin.way = way
        origin.address = origin.address if address is None else address


@contextmanager
def of(address: str, way: str = BROWSER) -> Iterator[None]:
    token = _origin.set(Origin(address, way))
    try:
        yield
    finally:
        _origin.reset(token)


def address_in(headers: Mapping[str, str]) -> str:
    """The router sets the header to the client's own address and passes on nothing else."""
    return headers.get("x-forwarded-for") or HERE


def client_address(request: HttpRequest) -> str:
    return address_in(request.headers)


class Noted:
    """Middleware: what a request changes is noted as its."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with of(client_address(request)):
            return self.get_response(request)
