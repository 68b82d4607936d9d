"""A real SMTP server, with TLS and a login where a test wants them."""

from __future__ import annotations

import contextlib
import ssl
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.certificates import make_certificate

USER, PASSWORD = "portico", "s3cret word"
TAKEN = "250 Taken"


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")


@dataclass
class MailServer:
    """What it was sent, and what it answers to a recipient."""

    mails: list[EmailMessage] = field(default_factory=list)
    answer: str = TAKEN
    port: int = 0

    def url(self, *, scheme: str = "smtp", password: str = "", query: str = "") -> str:
        login = f"{USER}:{quote(password)}@" if password else ""
        return f"{scheme}://{login}localhost:{self.port}{query}"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer == TAKEN:
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(  # noqa: N802 - likewise
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(BytesParser(policy=default).parsebytes(content))  # type: ignore[arg-type]
        return TAKEN


class _OnAFreePort(Controller):
    """aiosmtpd asks itself whether it runs, at the port that was named: 0 here."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def mail_server(*, tls: Path | None = None, starttls: Path | None = None) -> Iterator[MailServer]:
    """`tls`, `starttls`: a folder for its certificate. With either it wants the login."""
    server = MailServer()
    options: dict[str, Any] = {}
    if starttls:
        options |= {"tls_context": _context(starttls), "require_starttls": True}
    if tls or starttls:
        options |= {"auth_required": True, "authenticator": _authenticate}
    if tls:
        # It does not see that the connection is encrypted, and warns.
        warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
        options |= {"ssl_context": _context(tls), "auth_require_tls": False}
    controller = _OnAFreePort(server, hostname="localhost", port=0, **options)
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()


def _context(folder: Path) -> ssl.SSLContext:
    chain, key = make_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    return context


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
) -> AuthResult:
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)
