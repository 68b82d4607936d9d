"""The page of the link that the first start prints: it makes the administrator and signs them in."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import EmailAddress, Login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from portico.control import instance
from portico.control.access.deciding import Role
from portico.control.accounts.forms import FirstAdministratorForm
from portico.control.callers import Caller
from portico.control.models.first_link import FirstLink, administrators_who_sign_in
from portico.control.models.person import role_of
from portico.control.pages.visiting import page
from portico.control.serve import migrate
from portico.errors import PorticoError


def new_link() -> str:
    """The address of a new link, '' once an administrator can sign in."""
    if administrators_who_sign_in().exists():
        return ""
    path = reverse("first_administrator", args=[FirstLink.make()])
    return f"{instance.server().public_url}{path}"


def invitation() -> str:
    """For `portico server invite`: a new link, or a PorticoError when it is too late for one."""
    migrate()
    if link := new_link():
        return link
    raise PorticoError(
        "There is an administrator already.",
        f"{administrators_who_sign_in()[0].username} can sign in and administer this server.",
        "They add people: portico people add NAME. If no administrator can be reached, make a "
        "token with `portico server token`, then a link: portico people reset-link NAME",
    )


@page
def first_administrator(request: HttpRequest, caller: Caller | None, secret: str) -> HttpResponse:
    if not FirstLink.is_good(secret):
        raise _used()
    form = FirstAdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = _person(form)
        if user is None:
            form.add_error("username", "This name is taken. Choose another one.")
        elif not FirstLink.use(secret, user):
            raise _used()
        else:
            _sign_in(request, user, form.cleaned_data["email"])
            return redirect("account_home")
    return render(request, "accounts/first_administrator.html", {"form": form})


def _person(form: FirstAdministratorForm) -> User | None:
    """Somebody new, or an administrator who has had tokens only; None when the name is taken."""
    name = form.cleaned_data["username"]
    user = User.objects.filter(username__iexact=name).first() or User(username=name)
    if user.pk and role_of(user) is not Role.ADMIN:
        return None
    if user.pk and administrators_who_sign_in().filter(pk=user.pk).exists():
        return None
    user.email = form.cleaned_data["email"]
    user.set_password(form.cleaned_data["password"])
    return user


def _sign_in(request: HttpRequest, user: User, email: str) -> None:
    if email:
        EmailAddress.objects.update_or_create(
            user=user, email=email.lower(), defaults={"primary": True, "verified": True}
        )
    record_authentication(request, user, method="password")
    perform_login(request, Login(user=user))


def _used() -> PorticoError:
    return PorticoError(
        "This link is not good any more.",
        "It has been used, or it is not a link of this server.",
        "Sign in, or print another link on the server: portico server invite",
        status=404,
    )
