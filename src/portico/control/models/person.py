"""People: Django's users, each with a role on this server. Groups are Django's."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models

from portico.control.access.deciding import Role
from portico.control.models import refusals


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
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise refusals.nobody(name)
    return found


def role_of(user: User) -> Role:
    role = Profile.objects.filter(user=user).values_list("role", flat=True).first()
    return Role(role) if role else Role.VIEWER


def set_role(user: User, role: Role) -> None:
    Profile.objects.update_or_create(user=user, defaults={"role": role})
