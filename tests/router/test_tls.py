from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from portico.router.routes import Tls
from tests.certificates import make_certificate
from tests.router.running import (
    DEADLINE,
    EchoServer,
    Router,
    app,
    eventually,
    free_port,
    running_router,
)


@pytest.fixture
def secure(tmp_path: Path, backend: EchoServer) -> Iterator[Router]:
    chain, key = make_certificate(tmp_path)
    tls = Tls(8443, ("127.0.0.1", free_port()), hsts_seconds=100)
    with running_router(tls=tls) as router:
        router.files.write_certificate(chain.read_text(), key.read_text())
        router.serve(app(1), backend.backend)
        eventually(lambda: _served(router) == _of(chain), "the certificate is served")
        yield router


def _served(router: Router) -> bytes:
    """The certificate that the router shows, as DER."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    try:
        plain = socket.create_connection(("127.0.0.1", router.config.port), DEADLINE)
        with context.wrap_socket(plain) as connection:
            assert connection.selected_alpn_protocol() == "h2"
            return connection.getpeercert(binary_form=True) or b""
    except OSError:  # before it has one
        return b""


def _of(chain: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(chain.read_text())


def test_an_app_is_served_over_tls(secure: Router) -> None:
    url = f"https://127.0.0.1:{secure.config.port}/app-1/"
    answer = httpx.get(url, verify=False)  # noqa: S501 - signed by itself
    assert answer.json()["headers"]["x-forwarded-proto"] == "https"
    assert answer.headers["strict-transport-security"] == "max-age=100"


def test_what_an_app_says_of_tls_does_not_count(secure: Router, backend: EchoServer) -> None:
    backend.answers = [("Strict-Transport-Security", "max-age=0; includeSubDomains")]
    url = f"https://127.0.0.1:{secure.config.port}/app-1/"
    answer = httpx.get(url, verify=False)  # noqa: S501 - signed by itself
    assert answer.headers.get_list("strict-transport-security") == ["max-age=100"]


def test_plain_http_is_led_over_and_keeps_path_and_method(secure: Router) -> None:
    assert secure.config.tls is not None
    assert secure.config.tls.plain is not None
    port = secure.config.tls.plain[1]
    answer = httpx.post(f"http://127.0.0.1:{port}/app-1/x?y=1", content=b"z")
    assert answer.status_code == 307
    assert answer.headers["location"] == "https://127.0.0.1:8443/app-1/x?y=1"


def test_a_new_certificate_is_taken_while_connections_last(secure: Router, tmp_path: Path) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    url = f"https://127.0.0.1:{secure.config.port}/app-1/"
    with httpx.Client(verify=context) as client:
        stream = client.get(url).extensions["network_stream"]
        chain, key = make_certificate(tmp_path)
        secure.files.write_certificate(chain.read_text(), key.read_text())
        eventually(lambda: _served(secure) == _of(chain), "the new certificate is served")
        assert client.get(url).extensions["network_stream"] is stream


def test_a_certificate_that_does_not_fit_its_key_changes_nothing(
    secure: Router, tmp_path: Path
) -> None:
    before = _served(secure)
    (tmp_path / "other").mkdir()
    chain, _ = make_certificate(tmp_path / "other")
    secure.files.write_certificate(chain.read_text(), (tmp_path / "key.pem").read_text())
    pattern = r"sds\.certificate\.update_rejected$"
    eventually(
        lambda: sum(secure.admin(lambda admin: admin.stats(pattern)).values()) > 0, "refused"
    )
    assert _served(secure) == before
