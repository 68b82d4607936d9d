"""Where a person lets a command line in that shows a code."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from portico.control.accounts import limits
from portico.control.accounts.forms import DAYS, CodeForm
from portico.control.callers import Caller
from portico.control.models import DeviceLogin, Event
from portico.control.models.device_login import DeviceState
from portico.control.pages.visiting import signed_in
from portico.errors import PorticoError


@signed_in
def device(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Ask for the code; with one, show who waits; posted from there, answer them."""
    given = request.POST if request.method == "POST" else request.GET
    form = CodeForm(given if "code" in given else None)
    waiting = _waiting(request, form) if form.is_valid() else None
    if waiting and request.method == "POST" and "answer" in request.POST:
        return _answer(request, caller, waiting)
    context = {"form": form, "waiting": waiting, "days": DAYS}
    return render(request, "accounts/device.html", context)


def _waiting(request: HttpRequest, form: CodeForm) -> DeviceLogin | None:
    if not limits.within("device code", request.user.pk, most=20, seconds=300):
        raise _too_many()
    found = DeviceLogin.waiting(form.cleaned_data["code"])
    if found is None:
        form.add_error("code", "No login waits with this code. Codes are good for ten minutes.")
    return found


def _answer(request: HttpRequest, caller: Caller, waiting: DeviceLogin) -> HttpResponse:
    allow = request.POST["answer"] == "allow"
    days = request.POST.get("days", "90")
    until = int(days) if days in dict(DAYS) and days else None
    if not waiting.answer(
        caller.user, DeviceState.ALLOWED if allow else DeviceState.REFUSED, until
    ):
        messages.warning(request, "This login was answered already.")
        return redirect("account_device")
    word = "let in" if allow else "refused"
    Event.log_of_server(caller.user.username, "device login", f"{word} {waiting.machine}")
    messages.success(request, f"{waiting.machine} was {word}. You can go back to your terminal.")
    return redirect("account_device")


def _too_many() -> PorticoError:
    return PorticoError(
        "Too many codes were tried.",
        "Twenty codes in five minutes are possible.",
        "Wait five minutes, then try again.",
        status=429,
    )
