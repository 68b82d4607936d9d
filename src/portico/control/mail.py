"""Mail to people. Forms send theirs beside the request: how long it takes tells nobody who has an
account. Others send at once, and are told in the mail server's words why it was not taken.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from portico.control import instance
from portico.control.models import Event
from portico.errors import PorticoError
from portico.sign_on import Mail

log = logging.getLogger(__name__)
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


def is_set_up() -> bool:
    return bool(instance.server().mail_url)


def send(message: EmailMessage) -> None:
    if is_set_up():
        _sender.submit(_send, message)


def send_now(message: EmailMessage) -> None:
    """Raises PorticoError unless the mail server has taken it."""
    try:
        message.send()
    except OSError as error:  # smtplib's errors are some, too
        raise _not_taken(message.to[0], error) from error


def send_test(address: str, by: str) -> None:
    """A mail that shows that mail arrives; a PorticoError when it does not even leave."""
    if not is_set_up():
        raise _not_set_up()
    _check(address)
    host = instance.server().public_host
    send_now(
        EmailMessage(
            f"[{host}] A test mail",
            f"Mail of {instance.server().public_url} arrives here. {by} has asked for this test.\n",
            to=[address],
        )
    )
    Event.log_of_server(by, "test mail", f"to {address}")


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError as error:
        log.error("The mail %r could not be sent: %s", message.subject, said(error))


def _check(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise PorticoError(
            f"'{address[:60]}' is not an e-mail address.",
            "It has no form that mail could be sent to.",
            "Correct it: NAME@HOST",
        ) from None


def _not_set_up() -> PorticoError:
    return PorticoError(
        "This server sends no mail.",
        "The setting mail_url is empty.",
        "Set it to your mail server, such as smtps://USER:PASSWORD@HOST, run `portico server "
        "restart`, and try again.",
        status=409,
    )


def _not_taken(to: str, error: OSError) -> PorticoError:
    server = Mail.of(instance.server().mail_url)
    return PorticoError(
        f"The mail to {to} was not sent.",
        f"{server.host}:{server.port}: {said(error)}",
        _way_out(error),
        status=502,
    )


def said(error: OSError) -> str:
    """The server's own words where it has answered, as a sentence."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        return f"{code} {_text(answer)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}."
    if isinstance(error, TimeoutError):
        return "it did not answer in time."
    words = str(error.strerror or error) or type(error).__name__
    return words if words.endswith(".") else f"{words}."


def _text(words: bytes | str) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return " ".join(text.split())[:500]


# What to do, by the first kind that fits.
_WAYS_OUT: tuple[tuple[type[OSError], str], ...] = (
    (smtplib.SMTPAuthenticationError, "Correct the user and the password in mail_url."),
    (
        smtplib.SMTPNotSupportedError,
        "Where the server encrypts from the first byte write smtps:// in mail_url; where it wants "
        "neither encryption nor a password, smtp://HOST:25?starttls=no",
    ),
    (smtplib.SMTPSenderRefused, "Set mail_from to an address that this server may send for."),
    (
        smtplib.SMTPRecipientsRefused,
        "Correct the address, or let the mail server take mail for it from this one.",
    ),
    (
        ssl.SSLCertVerificationError,
        "Name the host in mail_url as its certificate does; a certificate of your own has to be "
        "in the file that SSL_CERT_FILE names when the server starts.",
    ),
    (
        ssl.SSLError,
        "It speaks another encryption than mail_url says: smtps:// (465) from the first byte, "
        "smtp:// (587) by STARTTLS.",
    ),
)
_OTHERWISE = "Compare mail_url with what the mail server's operator says, and look into its log."


def _way_out(error: OSError) -> str:
    return next((words for kind, words in _WAYS_OUT if isinstance(error, kind)), _OTHERWISE)


def users_address(user: User) -> str:
    """Where a person gets mail: what they, or an administrator, have confirmed; '' for nowhere."""
    from allauth.account.models import EmailAddress

    confirmed = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "id")
    return confirmed.values_list("email", flat=True).first() or ""
