"""Which groups are a provider's: it says who is in them. Groups made by hand stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.contrib.auth.models import Group, User
from django.db import models, transaction

LONGEST, LONGEST_NAME = 191, 80
MOST = 200  # groups of one person that are taken from a claim


class ProviderGroup(models.Model):
    provider = models.CharField(max_length=40)
    claim = models.CharField(max_length=LONGEST)
    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="of_provider")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("provider", "claim"), name="one_group_per_claim"),
        )

    def __str__(self) -> str:
        return f"{self.claim} of {self.provider}"

    @classmethod
    @transaction.atomic
    def put_in(cls, user: User, provider: str, claims: Iterable[str]) -> None:
        """The person is in exactly those of the provider's groups, and in others as before."""
        wanted = {cls._group(provider, claim).pk for claim in sorted(set(claims))[:MOST]}
        of_provider = user.groups.filter(of_provider__provider=provider)
        had = set(of_provider.values_list("pk", flat=True))
        user.groups.remove(*(had - wanted))
        user.groups.add(*(wanted - had))

    @classmethod
    def _group(cls, provider: str, claim: str) -> Group:
        found = cls.objects.select_related("group").filter(provider=provider, claim=claim).first()
        if found:
            return found.group
        group = Group.objects.create(name=_free_name(provider, claim))
        cls.objects.create(provider=provider, claim=claim, group=group)
        return group


def _free_name(provider: str, claim: str) -> str:
    """The claim's value in letters that a name may have; with the provider's id if that is taken."""
    name = re.sub(r"[^A-Za-z0-9._@+-]+", "-", claim).strip("-._+@")[:LONGEST_NAME] or "group"
    for candidate in (name, f"{name}.{provider}"):
        if not Group.objects.filter(name__iexact=candidate).exists():
            return candidate
    number = 2
    while Group.objects.filter(name__iexact=f"{name}.{provider}-{number}").exists():
        number += 1
    return f"{name}.{provider}-{number}"
