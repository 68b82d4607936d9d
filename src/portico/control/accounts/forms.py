"""The forms of the account pages that are not allauth's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password

from portico.control.models.person import check_name
from portico.errors import PorticoError

DAYS = [("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "until it is revoked")]


class FirstAdministratorForm(forms.Form):
    username = forms.CharField(
        label="Name",
        max_length=150,
        initial="admin",
        help_text="What you sign in with. Apps made with a token of “portico server token” are admin's.",
    )
    email = forms.EmailField(
        label="E-mail", required=False, help_text="For notices, and to reset the password."
    )
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=1000,
        help_text="At least 10 characters.",
    )

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        try:
            check_name(name)
        except PorticoError as error:
            raise forms.ValidationError(f"{error.title} {error.detail}") from error
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if password := data.get("password"):
            candidate = User(username=data.get("username", ""), email=data.get("email", ""))
            try:
                validate_password(password, candidate)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class NameForm(forms.Form):
    first_name = forms.CharField(label="First name", required=False, max_length=150)
    last_name = forms.CharField(label="Last name", required=False, max_length=150)


class TokenForm(forms.Form):
    name = forms.RegexField(
        r"^[^\x00-\x1f\x7f]+$",
        max_length=100,
        help_text="What it is for, such as: nightly report",
        error_messages={"invalid": "A name has no line breaks or control characters."},
    )
    app = forms.CharField(
        label="App",
        required=False,
        max_length=40,
        help_text="Good for this app alone. Empty: for all that you may do.",
    )
    read_only = forms.BooleanField(
        label="For looking only",
        required=False,
        help_text="It changes nothing, and sees no config vars.",
    )
    metrics = forms.BooleanField(
        label="For metrics only",
        required=False,
        help_text="What Prometheus reads the figures of this server and its apps with.",
    )
    days = forms.TypedChoiceField(
        label="Good for", choices=DAYS, required=False, coerce=int, empty_value=None, initial="90"
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="As `portico login` shows it: BCDF-GHJK",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
