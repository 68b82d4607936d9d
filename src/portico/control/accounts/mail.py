"""Mail to people, sent beside the request: how long it takes tells nobody who has an account."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from django.core.mail import EmailMessage

from portico.control import instance

log = logging.getLogger(__name__)
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


def is_set_up() -> bool:
    return bool(instance.server().mail_url)


def send(message: EmailMessage) -> None:
    if is_set_up():
        _sender.submit(_send, message)


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError as error:  # smtplib's errors are some, too
        log.error("The mail %r could not be sent: %s", message.subject, error)
