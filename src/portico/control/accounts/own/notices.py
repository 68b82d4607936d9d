"""Which notices one has by mail."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from portico.control import mail
from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.models.notice import NoticeKind, wish_kinds, wished_kinds
from portico.control.models.webhook import check_kinds
from portico.control.pages.visiting import signed_in


@signed_in
def notices(request: HttpRequest, caller: Caller) -> HttpResponse:
    if request.method == "POST":
        caller.require(Verb.CHOOSE_NOTICES)
        chosen = request.POST.getlist("kind")
        wish_kinds(caller.user, check_kinds(chosen) if chosen else [])
        messages.success(request, "Saved.")
        return redirect("account_notices")
    context = {
        "kinds": NoticeKind.choices,
        "chosen": wished_kinds(caller.user),
        "address": mail.users_address(caller.user),
    }
    return render(request, "accounts/notices.html", context)
