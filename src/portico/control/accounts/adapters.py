"""Where allauth asks what is ours to decide: names, addresses, who may come in, secrets."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from portico.control import instance, mail
from portico.control.accounts import naming, registration
from portico.control.accounts.providers import settings_of
from portico.control.accounts.wording import ACCOUNT_ERRORS, FACTOR_ERRORS, PROVIDER_ERRORS
from portico.control.models.person import check_name
from portico.control.origin import client_address
from portico.errors import PorticoError


class Accounts(DefaultAccountAdapter):
    error_messages = {**DefaultAccountAdapter.error_messages, **ACCOUNT_ERRORS}

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return registration.may_register(instance.server().registration)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        try:
            check_name(username)
        except PorticoError as error:
            raise ValidationError(f"{error.title} {error.detail}") from error
        name: str = super().clean_username(username, shallow=shallow)
        return name

    def generate_unique_username(self, txts: list[str | None], regex: str | None = None) -> str:
        """`txts`: first name, last name, e-mail, the name that is taken, a word for anybody."""
        email, name = txts[2:4]
        return naming.free_name([name, email], _is_taken)

    def is_safe_url(self, url: str) -> bool:
        """Places of this server, and no other host's."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Who has just signed in has just shown who they are."""
        records = get_authentication_records(self.request, self.request.user)
        last = max((record["at"] for record in records), default=0)
        return bool(time.time() - last > app_settings.REAUTHENTICATION_TIMEOUT)

    def format_email_subject(self, subject: str) -> str:
        return f"[{instance.server().public_host}] {subject}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """No link in a mail is made of the Host header, which is the client's."""
        server = instance.server().public_url
        message: EmailMessage = self.render_mail(
            template_prefix, email, {"email": email, "server": server, **context}
        )
        mail.send(message)

    def get_reset_password_from_key_url(self, key: str) -> str:
        return reset_address(key)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        path = reverse("account_confirm_email", args=[emailconfirmation.key])
        return f"{instance.server().public_url}{path}"


class Providers(DefaultSocialAccountAdapter):
    error_messages = {**DefaultSocialAccountAdapter.error_messages, **PROVIDER_ERRORS}

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """Whom an administrator has added, or who has confirmed the address here.

        An address that somebody has only typed in is not enough: they would be given the account
        of its owner, or share theirs with them.
        """
        for address in sociallogin.email_addresses:
            if address.verified in (True, "true"):  # some providers say it in words
                found = EmailAddress.objects.filter(
                    email__iexact=address.email, verified=True, user__is_active=True
                ).first()
                if found:
                    return found.user, address.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        own = settings_of(sociallogin.provider.app.provider_id)
        if sociallogin.account.pk or request.user.is_authenticated:
            return
        if sociallogin.is_existing:
            if not registration.may_come_first_time(
                instance.server().registration, own.registration
            ):
                raise registration.closed(own.name)
            return
        for address in sociallogin.email_addresses:
            address.verified = address.verified in (True, "true")
            if User.objects.filter(email__iexact=address.email).exists():
                raise registration.address_taken(own.name)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        own = settings_of(sociallogin.provider.app.provider_id)
        if not registration.may_register(instance.server().registration, own.registration):
            raise registration.not_invited(own.name)
        return True


class Factors(DefaultMFAAdapter):
    error_messages = {**DefaultMFAAdapter.error_messages, **FACTOR_ERRORS}

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return f"Portico {instance.server().public_host}"

    def get_totp_label(self, user: User) -> str:
        return user.username

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()


def reset_address(key: str) -> str:
    """Of the page on which somebody chooses a password. `key`: allauth's, UID-TOKEN."""
    uid, _, token = key.partition("-")
    path = reverse("account_reset_password_from_key", args=[uid, token])
    return f"{instance.server().public_url}{path}"


def _fernet() -> Fernet:
    """With web's signing key, a file outside the database. Losing it ends all sessions as well."""
    digest = hashlib.sha256(f"two-factor {settings.SECRET_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def _is_taken(name: str) -> bool:
    return User.objects.filter(username__iexact=name).exists()
