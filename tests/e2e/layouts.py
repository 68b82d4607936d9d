"""Servers over TLS in each of the layouts that docs/operators/server.md offers, and a browser that knows
their names and trusts their certificate."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browsing import launched
from tests.certificates import fingerprint, make_certificate
from tests.servers import Server, started

# Of one domain: to browsers a page of one is of the same site as the other.
PORTAL_HOST, APPS_HOST = "portico.example.org", "apps.example.org"
ONE_HOST, APART, OWN_HOSTS = "one host", "apps_host", "a host each"
LAYOUTS = {ONE_HOST: "", APART: APPS_HOST, OWN_HOSTS: f"*.{APPS_HOST}"}


@dataclass(frozen=True)
class Site:
    """`portal` is its address, without a closing slash."""

    layout: str
    server: Server
    browser: Browser
    portal: str

    def app(self, name: str) -> str:
        """Its address, without a closing slash."""
        host = LAYOUTS[self.layout].replace("*", name) or PORTAL_HOST
        return f"{self.portal.replace(PORTAL_HOST, host)}/{name}"

    @property
    def cookie_prefix(self) -> str:
        """Of the names of the platform's own cookies."""
        return "" if self.layout == ONE_HOST else "__Host-"

    @property
    def gate_cookie_prefix(self) -> str:
        """Of the names of those by which apps are entered."""
        return "__Host-" if self.layout == OWN_HOSTS else ""


@contextmanager
def site(layout: str) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="portico-tls-") as folder:
        hosts = filter(None, [LAYOUTS[layout]])
        names = ("localhost", "127.0.0.1", PORTAL_HOST, *hosts)
        chain, key = make_certificate(Path(folder), *names)
        variables = {
            "PORTICO_TLS_CERT": str(chain),
            "PORTICO_TLS_KEY": str(key),
            "PORTICO_URL": f"https://{PORTAL_HOST}:{{port}}",
            "SSL_CERT_FILE": str(chain),
        }
        if layout != ONE_HOST:
            variables |= {"PORTICO_APPS_HOST": LAYOUTS[layout], "PORTICO_TRUST_AUTHORS": "false"}
        with started(**variables) as server, _browser(chain) as browser:
            port = server.listen.rpartition(":")[2]
            yield Site(layout, server, browser, f"https://{PORTAL_HOST}:{port}")


@contextmanager
def _browser(chain: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launched(
            playwright,
            "--host-resolver-rules=MAP *.example.org 127.0.0.1",
            # A network that another server gives an app would cut all connections of HTTP/2.
            "--disable-http2",
            f"--ignore-certificate-errors-spki-list={fingerprint(chain)}",
        )
        yield browser
        browser.close()
