"""Addresses of log drains."""

from __future__ import annotations

import pytest

from portico.errors import PorticoError
from portico.log_drains.address import EXAMPLES, Address, check_headers, parsed


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("syslog://10.0.0.5:514", Address("syslog", "10.0.0.5", 514), "syslog://10.0.0.5:514"),
        (
            "syslog+tcp://Logs.Example.com:601/",
            Address("syslog+tcp", "logs.example.com", 601),
            "syslog+tcp://logs.example.com:601",
        ),
        ("syslog+tls://[::1]:6514", Address("syslog+tls", "::1", 6514), "syslog+tls://[::1]:6514"),
        ("https://logs.example.com", Address("https", "logs.example.com", 443, "/"), None),
        (
            "https://in.example.com:8443/v1/SECRET?token=SECRET",
            Address("https", "in.example.com", 8443, "/v1/SECRET?token=SECRET"),
            "https://in.example.com:8443/...",
        ),
        (
            "http://user:SECRET@in.example.com/",
            Address("http", "in.example.com", 80, "/", "user:SECRET"),
            "http://in.example.com/",
        ),
    ],
)
def test_an_address_is_read_and_shown_without_its_secrets(
    text: str, address: Address, shown: str | None
) -> None:
    assert parsed(text) == address
    assert address.shown == (shown or f"{text}/")
    assert "SECRET" not in address.shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "It is empty, very long, or has characters that no address has."),
        ("https://a/\nb", "It is empty, very long, or has characters that no address has."),
        ("ftp://SECRET@a:21", "It does not begin with a kind that there is."),
        ("logs.example.com:514", "It does not begin with a kind that there is."),
        ("syslog://logs.example.com", "It has no port."),
        ("https://a:0/", "It has no port."),
        ("https://a:99999/", "Its host or its port is none."),
        ("https://[::1", "Its host or its port is none."),
        ("https:///path", "Its host is none."),
        ("https://a$b/", "Its host is none."),
        ("https://.a/", "Its host is none."),
        ("syslog://u:SECRET@a:1", "One of syslog has a host and a port, and nothing else."),
        ("syslog+tcp://a:1/SECRET", "One of syslog has a host and a port, and nothing else."),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str, found: str) -> None:
    with pytest.raises(PorticoError) as caught:
        parsed(text)
    assert str(caught.value) == f"This is not an address for a log drain.\n{found}\n{EXAMPLES}"


@pytest.mark.parametrize(
    ("address", "headers", "found"),
    [
        ("syslog://a:1", {"X-Key": "k"}, "Nothing can be sent along to syslog."),
        ("https://a", {f"X-{n}": "k" for n in range(6)}, "There are 6 of them."),
        ("https://a", {"Host": "b"}, "'Host' is none that can be chosen."),
        ("https://a", {"X Key": "k"}, "'X Key' is none that can be chosen."),
        ("https://a", {"X-Key": "SECRET\r\nHost: b"}, "The value of X-Key is empty or has more"),
        ("https://a", {"X-Key": ""}, "The value of X-Key is empty or has more than one line."),
    ],
)
def test_headers_that_cannot_be_are_refused(
    address: str, headers: dict[str, str], found: str
) -> None:
    with pytest.raises(PorticoError) as caught:
        check_headers(parsed(address), headers)
    assert caught.value.title == "These headers cannot be sent to a log drain."
    assert caught.value.detail.startswith(found)
    assert caught.value.hint == (
        "Give at most 5, for https:// and http:// alone, each as NAME: VALUE."
    )
    assert "SECRET" not in str(caught.value)
    check_headers(parsed("https://a"), {"Authorization": "Bearer a b", "DD-API-KEY": "k"})
