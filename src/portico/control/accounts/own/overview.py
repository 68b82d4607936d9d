"""The first page of one's account."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from portico.control import instance
from portico.control.accounts.forms import NameForm
from portico.control.callers import Caller
from portico.control.pages.visiting import signed_in


@signed_in
def account_home(request: HttpRequest, caller: Caller) -> HttpResponse:
    user = caller.user
    names = {"first_name": user.first_name, "last_name": user.last_name}
    form = NameForm(request.POST or None, initial=names)
    if request.method == "POST" and form.is_valid():
        User.objects.filter(pk=user.pk).update(**form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("account_home")
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    context = {
        "form": form,
        "role": caller.person.role,
        "groups": user.groups.order_by("name"),
        "has_app": Authenticator.Type.TOTP in kinds,
        "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
        "connected": SocialAccount.objects.filter(user=user).exists(),
        "providers": bool(instance.server().providers),
    }
    return render(request, "accounts/home.html", context)
