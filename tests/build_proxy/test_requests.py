"""Requests to the proxy: what is understood, what is sent on, what is refused."""

from __future__ import annotations

import pytest

from portico.build_proxy.requests import BadRequestError, Request, parse, sent_on, tunnel_asked


def head(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def test_a_tunnel_is_asked_for_by_host_and_port() -> None:
    request = parse(head("CONNECT PyPI.org:443 HTTP/1.1", "Host: pypi.org:443"))
    assert request == Request("CONNECT", ("pypi.org", 443))
    assert request.is_tunnel
    assert parse(head("CONNECT [::1]:80 HTTP/1.1")).target == ("::1", 80)


def test_a_plain_request_is_sent_on_without_what_is_this_connections_alone() -> None:
    request = parse(
        head(
            "POST http://index:8080/simple?a=b HTTP/1.1",
            "Host: index:8080",
            "Proxy-Authorization: Basic secret",
            "Connection: keep-alive, X-Hop",
            "X-Hop: 1",
            "Content-Length: 3",
        )
    )
    assert request == Request(
        "POST",
        ("index", 8080),
        "/simple?a=b",
        (("Host", "index:8080"), ("Content-Length", "3")),
        body=3,
    )
    assert sent_on(request, absolute=False) == head(
        "POST /simple?a=b HTTP/1.1", "Host: index:8080", "Content-Length: 3", "Connection: close"
    )


def test_the_next_proxy_gets_whole_addresses_and_credentials() -> None:
    request = parse(head("GET http://index HTTP/1.1", "Host: index"))
    assert sent_on(request, absolute=True, credentials="Basic abc") == head(
        "GET http://index:80/ HTTP/1.1",
        "Host: index",
        "Connection: close",
        "Proxy-Authorization: Basic abc",
    )
    assert tunnel_asked(("::1", 443)) == head("CONNECT [::1]:443 HTTP/1.1", "Host: [::1]:443")


def test_credentials_in_an_address_are_no_part_of_its_host() -> None:
    assert parse(head("GET http://user:pw@index/x HTTP/1.1")).target == ("index", 80)
    assert parse(head("GET http://index?at=@10.0.0.5/ HTTP/1.1")).target == ("index", 80)


BAD = {
    "GET / HTTP/1.1": "This is a proxy: it takes CONNECT and http:// addresses.",
    "GET ftp://host/ HTTP/1.1": "This is a proxy: it takes CONNECT and http:// addresses.",
    "GET http://host/ HTTP/1.1 more": "The first line is not one of HTTP.",
    "GET http://host/ HTTP/2": "The first line is not one of HTTP.",
    "get http://host/ HTTP/1.1": "The first line is not one of HTTP.",
    "CONNECT host HTTP/1.1": "The address has no host or no port.",
    "CONNECT :443 HTTP/1.1": "The address has no host or no port.",
    "CONNECT a\tb:443 HTTP/1.1": "The address has no host or no port.",
    "CONNECT host:0 HTTP/1.1": "There is no such port.",
    "CONNECT host:65536 HTTP/1.1": "There is no such port.",
    "GET http://host/ HTTP/1.1\r\nbroken": "A header line is not one of HTTP.",
    "GET http://host/ HTTP/1.1\r\n folded: 1": "A header line is not one of HTTP.",
    "POST http://h/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2": (
        "The Content-Length makes no sense."
    ),
    "POST http://h/ HTTP/1.1\r\nContent-Length: +1": "The Content-Length makes no sense.",
    "POST http://h/ HTTP/1.1\r\nTransfer-Encoding: chunked": (
        "A body has to have a Content-Length."
    ),
}


@pytest.mark.parametrize("lines", BAD)
def test_what_could_be_read_in_two_ways_is_refused(lines: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        parse(head(lines))
    assert str(caught.value) == BAD[lines]
