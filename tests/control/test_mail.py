"""Mail to a real SMTP server, and what is said when it does not take it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.test import Client

from portico.control import mail
from portico.control.access.deciding import Role
from portico.control.accounts import configuration
from portico.control.models import Event
from portico.errors import PorticoError
from portico.settings import Settings
from tests.control.conftest import person
from tests.mail_server import PASSWORD, mail_server, text_of

Configured = Callable[[str], None]


@pytest.fixture
def configured(settings: Any, db: None) -> Configured:
    """Send by this `mail_url`."""

    def configure(url: str) -> None:
        settings.PORTICO = settings.PORTICO.model_copy(update={"mail_url": url})
        for name, value in configuration.mail(settings.PORTICO).items():
            setattr(settings, name, value)

    return configure


def refused(address: str = "ada@example.org") -> tuple[str, str, str]:
    with pytest.raises(PorticoError) as caught:
        mail.send_test(address, "ada")
    return caught.value.title, caught.value.detail, caught.value.hint


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_a_test_mail_arrives_encrypted_and_after_a_login(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    where = {"tls" if scheme == "smtps" else "starttls": tmp_path}
    with mail_server(**where) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "chain.pem"))
        configured(server.url(scheme=scheme, password=PASSWORD))
        mail.send_test("ada@example.org", "ada")
    (found,) = server.mails
    assert (found["To"], found["Subject"]) == ("ada@example.org", "[portico.example] A test mail")
    assert found["From"] == "Portico <portico@portico.example>"
    assert text_of(found) == (
        "Mail of http://portico.example arrives here. ada has asked for this test.\n"
    )
    event = Event.objects.get()
    assert (event.user, event.verb, event.detail) == ("ada", "test mail", "to ada@example.org")


def test_a_wrong_password_is_told_in_the_servers_words(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(tls=tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "chain.pem"))
        configured(server.url(scheme="smtps", password="wrong"))
        assert refused() == (
            "The mail to ada@example.org was not sent.",
            f"localhost:{server.port}: 535 5.7.8 Authentication credentials invalid",
            "Correct the user and the password in mail_url.",
        )


def test_a_certificate_that_nobody_vouches_for_is_not_believed(
    configured: Configured, tmp_path: Path
) -> None:
    with mail_server(tls=tmp_path) as server:
        configured(server.url(scheme="smtps", password=PASSWORD))
        _, found, hint = refused()
        assert found == (
            f"localhost:{server.port}: its certificate is not trusted: self-signed certificate."
        )
        assert hint.startswith("Name the host in mail_url as its certificate does;")
        assert server.mails == []


def test_a_recipient_that_is_refused(configured: Configured) -> None:
    with mail_server() as server:
        server.answer = "550 5.1.1 No such mailbox"
        configured(server.url(query="?starttls=no"))
        assert refused() == (
            "The mail to ada@example.org was not sent.",
            f"localhost:{server.port}: 550 5.1.1 No such mailbox",
            "Correct the address, or let the mail server take mail for it from this one.",
        )


def test_a_server_without_starttls_and_one_that_is_not_there(configured: Configured) -> None:
    with mail_server() as server:
        configured(server.url())
        _, found, hint = refused()
    assert found == f"localhost:{server.port}: STARTTLS extension not supported by server."
    assert hint.startswith("Where the server encrypts from the first byte write smtps://")
    _, found, hint = refused()
    assert found == f"localhost:{server.port}: Connection refused."
    assert hint == (
        "Compare mail_url with what the mail server's operator says, and look into its log."
    )


def test_without_a_mail_server_and_without_an_address(configured: Configured) -> None:
    assert refused() == (
        "This server sends no mail.",
        "The setting mail_url is empty.",
        "Set it to your mail server, such as smtps://USER:PASSWORD@HOST, run `portico server "
        "restart`, and try again.",
    )
    configured("smtp://localhost:1")
    assert refused("ada\nBcc: all@example.org")[0] == (
        "'ada\nBcc: all@example.org' is not an e-mail address."
    )
    assert not Event.objects.exists()


def test_administrators_send_one_by_the_page_and_the_api(configured: Configured) -> None:
    admin, viewer = Client(), Client()
    admin.force_login(person("ada", Role.ADMIN))
    viewer.force_login(person("carol", Role.VIEWER))
    form = {"do": "test mail", "address": "ada@example.org"}
    with mail_server() as server:
        configured(server.url(query="?starttls=no"))
        admin.post("/-/admin/system/", form)
        said = admin.get("/-/admin/system/").content.decode()
        assert "The mail server has taken a mail to ada@example.org." in said
        call = {"data": {"address": "ada@example.org"}, "content_type": "application/json"}
        assert admin.post("/-/api/v1/server/test-mails", **call).status_code == 204
        assert viewer.post("/-/api/v1/server/test-mails", **call).status_code == 403
        assert viewer.post("/-/admin/system/", form).status_code == 403
        server.answer = "550 No"
        answer = admin.post("/-/admin/system/", form)
    assert (answer.status_code, len(server.mails)) == (502, 2)
    assert f"localhost:{server.port}: 550 No" in answer.content.decode()


def test_the_command_on_the_server(tmp_path: Path) -> None:
    """As `portico server test-mail` runs it, with the settings as they stand in the file."""
    with mail_server() as server:
        settings = f'mail_url = "{server.url(query="?starttls=no")}"\n'
        (tmp_path / "portico.toml").write_text(settings)
        Settings(data=tmp_path)
        command = [sys.executable, "-m", "portico.control", "test-mail", "--", "ada@example.org"]
        environment = {"PORTICO_DATA": str(tmp_path), "PATH": "/usr/bin:/bin"}
        migrate = [sys.executable, "-m", "portico.control", "migrate"]
        subprocess.run(migrate, env=environment, check=True)
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (
        "The mail server has taken a mail to ada@example.org.\n",
        "",
    )
    assert len(server.mails) == 1


def test_mail_goes_to_a_confirmed_address_alone(alice: User) -> None:
    assert mail.users_address(alice) == ""
    for name, verified in (("typed", False), ("second", True)):
        EmailAddress.objects.create(user=alice, email=f"{name}@example.org", verified=verified)
    assert mail.users_address(alice) == "second@example.org"
