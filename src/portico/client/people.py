"""Calls about people: parts in apps, tokens, what they are told of, roles, groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from portico.client.calls import Calls, app_path
from portico.client.documents import (
    Access,
    BegunLogin,
    Group,
    MailNotices,
    NewToken,
    NewWebhook,
    PasswordLink,
    Person,
    TakenToken,
    Token,
    Webhook,
)


class PeopleCalls(Calls):
    """The part of `Client` that speaks of them."""

    def access(self, app: str) -> Access:
        return self._one(Access, "GET", f"{app_path(app)}/access")

    def change_access(self, app: str, changes: Mapping[str, Any]) -> Access:
        """Any of `access`, and lists of names: `viewers` and `co_owners` to add, `remove`."""
        return self._one(Access, "PATCH", f"{app_path(app)}/access", json=dict(changes))

    def tokens(self, user: str | None = None) -> list[Token]:
        return self._many(Token, f"/tokens?user={quote(user, safe='')}" if user else "/tokens")

    def create_token(self, wanted: Mapping[str, Any]) -> NewToken:
        """`name`; `app`, `read_only`, `days`, `user` if need be."""
        return self._one(NewToken, "POST", "/tokens", json=dict(wanted))

    def revoke_token(self, number: int) -> None:
        self._request("DELETE", f"/tokens/{number}")

    def webhooks(self, app: str) -> list[Webhook]:
        return self._many(Webhook, f"{app_path(app)}/webhooks")

    def add_webhook(self, app: str, url: str, kinds: list[str]) -> NewWebhook:
        """Of all kinds when none is named."""
        body = {"url": url, "kinds": kinds}
        return self._one(NewWebhook, "POST", f"{app_path(app)}/webhooks", json=body)

    def remove_webhook(self, app: str, number: int) -> None:
        self._request("DELETE", f"{app_path(app)}/webhooks/{number}")

    def test_webhook(self, app: str, number: int) -> None:
        self._request("POST", f"{app_path(app)}/webhooks/{number}/tests")

    def mail_notices(self) -> MailNotices:
        return self._one(MailNotices, "GET", "/notices")

    def choose_mail_notices(self, kinds: list[str]) -> MailNotices:
        return self._one(MailNotices, "PUT", "/notices", json={"kinds": kinds})

    # --- logins -----------------------------------------------------------------------------

    def begin_login(self, machine: str) -> BegunLogin:
        """Needs no token, like the next."""
        return self._one(BegunLogin, "POST", "/logins", json={"machine": machine})

    def take_token(self, secret: str) -> str | None:
        """None while the login waits for its person."""
        return self._one(TakenToken, "POST", "/logins/token", json={"secret": secret}).token

    # --- people -----------------------------------------------------------------------------

    def people(self) -> list[Person]:
        return self._many(Person, "/people")

    def add_person(self, name: str, role: str, email: str = "") -> Person:
        given = {"email": email} if email else {}
        return self._one(Person, "POST", "/people", json={"name": name, "role": role, **given})

    def password_link(self, name: str) -> PasswordLink:
        """For the person to choose a password."""
        path = f"/people/{quote(name, safe='')}/password-links"
        return self._one(PasswordLink, "POST", path)

    def set_role(self, name: str, role: str) -> Person:
        return self._one(Person, "PATCH", f"/people/{quote(name, safe='')}", json={"role": role})

    def remove_person(self, name: str) -> None:
        self._request("DELETE", f"/people/{quote(name, safe='')}")

    def groups(self) -> list[Group]:
        return self._many(Group, "/groups")

    def create_group(self, name: str) -> Group:
        return self._one(Group, "POST", "/groups", json={"name": name})

    def change_group(self, name: str, *, add: list[str], remove: list[str]) -> Group:
        """Puts people in and takes them out."""
        body = {"add": add, "remove": remove}
        return self._one(Group, "PATCH", f"/groups/{quote(name, safe='')}", json=body)

    def remove_group(self, name: str) -> None:
        self._request("DELETE", f"/groups/{quote(name, safe='')}")
