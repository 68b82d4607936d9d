"""Turns what can go wrong between client and server into errors that explain themselves."""

from __future__ import annotations

import ssl
from http import HTTPStatus

import httpx

from portico.errors import PorticoError

GATEWAY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


class UnreachableError(PorticoError):
    """The server could not be asked, or fell silent; asking again later may help."""


def of_response(response: httpx.Response, server: str) -> PorticoError:
    """The error that an answer of 300 or more stands for. Its body must have been read."""
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        return wrong_token(server)
    problem = problem_of(response)
    if problem is not None:
        return problem
    if response.is_redirect:
        return _redirected(response, server)
    if response.is_server_error:
        return _failed(response, server)
    return not_a_portico(
        server, f"{response.request.method} {response.request.url} answered {_words(response)}."
    )


def wrong_token(server: str) -> PorticoError:
    return PorticoError(
        "The server did not accept your token.",
        f"{server} answered 401: the token is wrong, was revoked or belongs to another server.",
        f"Log in again: `portico login {server}`, or set PORTICO_TOKEN to a valid token.",
        status=401,
    )


def not_a_portico(server: str, found: str) -> PorticoError:
    return PorticoError(
        f"There is no Portico server at {server}.",
        found,
        "Check the address, then log in: `portico login URL`, or set PORTICO_SERVER.",
    )


def not_understood(server: str, found: str) -> PorticoError:
    return PorticoError(
        "The server's answer could not be understood.",
        f"{server} sent {found}",
        "Compare `portico --version` with the server's version and upgrade the older one.",
    )


def of_transport(error: httpx.RequestError, server: str) -> UnreachableError:
    """The error for a request that got no answer."""
    if isinstance(error, httpx.TimeoutException):
        return UnreachableError(
            f"The server at {server} did not answer in time.",
            "The connection or the answer took too long.",
            "Try again; if it goes on, look at `portico server status` on the server.",
        )
    if isinstance(error, httpx.ConnectError):
        return _unconnected(error, server)
    return UnreachableError(
        f"The connection to {server} broke.",
        f"{_reason(error)}.",
        "Try again; if it goes on, look at `portico server status` on the server.",
    )


def unconnected(server: str, reason: str) -> UnreachableError:
    return UnreachableError(
        f"The server at {server} cannot be reached.",
        f"{reason}.",
        "Check the address (`portico login URL` or PORTICO_SERVER) and, on the server, "
        "`portico server status`.",
    )


def _unconnected(error: httpx.ConnectError, server: str) -> UnreachableError:
    if isinstance(_root(error), ssl.SSLError) or "certificate" in str(error).lower():
        return UnreachableError(
            f"The server at {server} could not be trusted.",
            f"{_reason(error)}.",
            "If its certificate comes from an authority of your own, set SSL_CERT_FILE to that "
            "authority's certificate.",
        )
    return unconnected(server, _reason(error))


def _root(error: BaseException) -> BaseException:
    """The error at the beginning of the chain that the libraries have wrapped."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return error


def _reason(error: BaseException) -> str:
    root = _root(error)
    words = root.strerror if isinstance(root, OSError) and root.strerror else str(root)
    return (words or str(error) or type(error).__name__).rstrip(".")


def problem_of(response: httpx.Response) -> PorticoError | None:
    """The problem document of an answer, None when it has none."""
    if not response.headers.get("content-type", "").startswith("application/problem+json"):
        return None
    try:
        body = response.json()
    except ValueError:
        return None
    if not isinstance(body, dict) or not body.get("title"):
        return None
    parts = [str(body.get(key) or "") for key in ("title", "detail", "hint")]
    kind = UnreachableError if response.status_code in GATEWAY else PorticoError
    return kind(*parts, status=response.status_code)


def _redirected(response: httpx.Response, server: str) -> PorticoError:
    elsewhere = response.headers.get("location", "").partition("/-/")[0]
    return PorticoError(
        f"The server at {server} has another address.",
        f"It redirects to {elsewhere}; a token is not sent on to where a redirect points.",
        f"Log in there: `portico login {elsewhere}`.",
    )


def _failed(response: httpx.Response, server: str) -> PorticoError:
    kind = UnreachableError if response.status_code in GATEWAY else PorticoError
    return kind(
        f"The server at {server} failed to answer.",
        f"{response.request.method} {response.request.url.path} answered {_words(response)}.",
        "Try again in a moment; if it goes on, the operator finds the reason in the server's logs.",
        status=response.status_code,
    )


def _words(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase}".strip()
