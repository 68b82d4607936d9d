"""People: Django's users, each with a role on this server. Groups are Django's."""

from __future__ import annotations

import re

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction

from portico.control.access.deciding import Role
from portico.control.models import refusals
from portico.control.models.event import Event
from portico.errors import PorticoError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,149}")


class Profile(models.Model):
    """What a user is here. One without a profile is a viewer."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True)
    role = models.CharField(
        max_length=10, choices=[(one, one) for one in Role], default=Role.VIEWER
    )

    def __str__(self) -> str:
        return f"{self.user.username}: {self.role}"


def named(name: str) -> User:
    """The person of that name, or a PorticoError."""
    # PostgreSQL takes no NUL, which an address may hold.
    found = User.objects.filter(username=name.replace("\0", "/"), is_active=True).first()
    if found is None:
        raise refusals.nobody(name)
    return found


def role_of(user: User) -> Role:
    return Role(user.profile.role) if hasattr(user, "profile") else Role.VIEWER


def set_role(user: User, role: Role) -> None:
    Profile.objects.update_or_create(user=user, defaults={"role": role})


@transaction.atomic
def add_person(name: str, role: Role, by: User, email: str = "") -> User:
    """One who has no way to sign in yet but a provider that knows the address."""
    check_name(name)
    # Names that differ by case alone would be taken for each other.
    if User.objects.filter(username__iexact=name).exists():
        raise _known(name)
    user = User(username=name)
    user.set_unusable_password()
    user.save()
    if email:
        _give_address(user, email)
    set_role(user, role)
    Event.log_of_server(by.username, "add person", f"{name}: {role}")
    return user


def _give_address(user: User, email: str) -> None:
    """An administrator vouches for it, so that a provider's person can be known by it."""
    try:
        validate_email(email)
    except ValidationError:
        raise _no_address(email) from None
    if EmailAddress.objects.filter(email__iexact=email).exists():
        raise _address_taken(email)
    user.email = email.lower()
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)


@transaction.atomic
def change_role(user: User, role: Role, by: User) -> None:
    _keep_an_administrator(user, stays=role is Role.ADMIN)
    set_role(user, role)
    Event.log_of_server(by.username, "set role", f"{user.username}: {role}")


@transaction.atomic
def remove_person(user: User, by: User) -> None:
    """With tokens and parts in apps. Apps that they own stay, for administrators to look after."""
    _keep_an_administrator(user, stays=False)
    Event.log_of_server(by.username, "remove person", user.username)
    user.delete()


def check_name(name: str) -> None:
    """Raise a PorticoError for a name that no person and no group can have."""
    if not NAME.fullmatch(name):
        raise PorticoError(
            f"'{name[:60]}' cannot be the name of a person or a group.",
            "A name has at most 150 letters, digits and . _ @ + - and begins with a letter or a "
            "digit.",
            "Choose another name, for example the one before the @ of an address.",
        )


def _keep_an_administrator(user: User, *, stays: bool) -> None:
    """Of two administrators who take the role from each other at once, one is refused."""
    admins = set(
        Profile.objects.select_for_update()
        .filter(role=Role.ADMIN, user__is_active=True)
        .values_list("user_id", flat=True)
    )
    if not stays and admins == {user.pk}:
        raise PorticoError(
            f"{user.username} has to stay an administrator.",
            "There is no other one on this server.",
            "Make somebody else an administrator first: portico people set-role NAME admin",
            status=409,
        )


def _known(name: str) -> PorticoError:
    return PorticoError(
        f"There is a person '{name}' already.",
        "Names differ by more than upper and lower case.",
        "See who there is: portico people",
        status=409,
    )


def _no_address(email: str) -> PorticoError:
    return PorticoError(
        f"'{email[:60]}' is not an e-mail address.",
        "It has no form that mail could be sent to.",
        "Correct it: NAME@HOST",
    )


def _address_taken(email: str) -> PorticoError:
    return PorticoError(
        f"'{email}' belongs to somebody already.",
        "Each address belongs to one person here.",
        "See who there is: portico people",
        status=409,
    )
