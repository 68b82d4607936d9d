"""allauth's forms in our words: labels that say what to type, and no placeholders in their place."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django.core.validators import MaxLengthValidator
from django.forms import BaseForm, CharField

PASSWORD = "At least 10 characters, no common one, not your name."  # noqa: S105 - a rule, not one
LONGEST = 1000
LABELS: dict[str, tuple[str, str]] = {
    "code": ("Code", ""),
    "email": ("E-mail", ""),
    "login": ("Name or e-mail", ""),
    "name": ("Name", "Which device it is, such as: work laptop"),
    "oldpassword": ("Password until now", ""),
    "password": ("Password", ""),
    "password1": ("New password", PASSWORD),
    "password2": ("The same again", ""),
    "passwordless": (
        "Sign in with it alone",
        "Without name and password: it asks for your finger, face or PIN.",
    ),
    "username": ("Name", "What you sign in with, and how others call you here."),
}


class Worded:
    """Beside a form of allauth's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert isinstance(self, BaseForm)  # noqa: S101 - for the type checker
        for name, (label, help_text) in LABELS.items():
            if field := self.fields.get(name):
                field.label, field.help_text = label, help_text
                field.widget.attrs.pop("placeholder", None)
                if isinstance(field, CharField):
                    # Longer ones are nobody's; to hash or to look for them takes time alone.
                    field.validators.append(MaxLengthValidator(LONGEST))


class LoginForm(Worded, account.LoginForm): ...


class SignupForm(Worded, account.SignupForm): ...


class AddEmailForm(Worded, account.AddEmailForm): ...


class ChangePasswordForm(Worded, account.ChangePasswordForm): ...


class SetPasswordForm(Worded, account.SetPasswordForm): ...


class ResetPasswordForm(Worded, account.ResetPasswordForm): ...


class ResetPasswordKeyForm(Worded, account.ResetPasswordKeyForm): ...


class ReauthenticateForm(Worded, account.ReauthenticateForm): ...


class AuthenticateForm(Worded, mfa.AuthenticateForm): ...


class FactorReauthenticateForm(Worded, mfa.ReauthenticateForm): ...


class ActivateTOTPForm(Worded, totp.ActivateTOTPForm): ...


class AddWebAuthnForm(Worded, webauthn.AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].initial = True
        self.fields["name"].initial = "Passkey"


class EditWebAuthnForm(Worded, webauthn.EditWebAuthnForm): ...
