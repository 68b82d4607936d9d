"""One's tokens: named, limited, shown once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from portico.control.access.deciding import Verb
from portico.control.accounts.forms import TokenForm
from portico.control.callers import Caller
from portico.control.models import Token
from portico.control.pages.visiting import signed_in
from portico.errors import PorticoError


@signed_in
def tokens(request: HttpRequest, caller: Caller) -> HttpResponse:
    """A new one is on the answer to its form and nowhere else."""
    form = _form(caller, request.POST or None)
    made = _make(form, caller) if request.method == "POST" and form.is_valid() else None
    found = Token.objects.filter(user=caller.user).select_related("app").order_by("-id")
    context = {"form": _form(caller) if made else form, "tokens": found, "made": made}
    return render(request, "accounts/tokens.html", context)


@require_POST
@signed_in
def revoke(request: HttpRequest, caller: Caller, number: int) -> HttpResponse:
    token = Token.numbered(number, among=Token.objects.filter(user=caller.user))
    token.revoke(caller.user)
    messages.success(request, f"Revoked {token.name}.")
    return redirect("account_tokens")


def _form(caller: Caller, given: QueryDict | None = None) -> TokenForm:
    form = TokenForm(given)
    if not caller.may(Verb.READ_METRICS):
        del form.fields["metrics"]
    return form


def _make(form: TokenForm, caller: Caller) -> str | None:
    data = form.cleaned_data
    limits = {name: data.get(name, False) for name in ("read_only", "metrics")}
    try:
        app = caller.app(data["app"], Verb.OPEN) if data["app"] else None
        return Token.issue(caller.user, data["name"], app=app, days=data["days"], **limits)
    except PorticoError as error:
        form.add_error("app", error.title)
        return None
