"""The history of deploys, one of them with its log and with what it changed, and the way back."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from portico.control.access.deciding import Verb
from portico.control.callers import Caller
from portico.control.manage.differences import differences
from portico.control.manage.tab import Tab, answered
from portico.control.models import App, Deploy, ReleaseState
from portico.control.models.refusals import no_deploy
from portico.control.pages.acting import Done
from portico.control.pages.visiting import View, signed_in
from portico.errors import PorticoError

ON_A_PAGE = 25


def shows(app: App, query: QueryDict) -> dict[str, Any]:
    found = app.deploys.select_related("release__build").defer("release__config")
    page = Paginator(found, ON_A_PAGE).get_page(query.get("page"))
    return {"page": page, "rows": [(each, _can_be_again(each)) for each in page]}


def roll_back(caller: Caller, name: str, request: HttpRequest) -> Done:
    version = request.POST.get("version", "")
    if not version.isdecimal() or len(version) > 9:
        raise PorticoError(
            "The request was not understood.",
            f"'{version[:40]}' is no version of a release.",
            "Load the page again and repeat what you did.",
        )
    deploy = caller.app(name, Verb.DEPLOY).rollback(int(version), caller.user)
    return Done(f"{name} is on its way back to v{version}.", _address(name, deploy.pk))


def cancel(caller: Caller, name: str, request: HttpRequest) -> Done:
    app = caller.app(name, Verb.DEPLOY)
    deploy = _deploy(app, request.POST.get("deploy", ""))
    app.cancel(deploy.pk, caller.user)
    return Done(f"{str(deploy).capitalize()} is being cancelled.", _address(name, deploy.pk))


TAB = Tab("deploys", "Deploys", shows, {"roll back": roll_back, "cancel": cancel})


def view_of_one(tabs: tuple[Tab, ...]) -> View[[str, int]]:
    """The page of one deploy; its buttons post to the tab."""

    @signed_in
    def view(request: HttpRequest, caller: Caller, name: str, deploy: int) -> HttpResponse:
        app = caller.app(name, TAB.verb)
        found = _deploy(app, str(deploy))
        context = {
            "deploy": found,
            "changes": _changes(found),
            "can_be_again": _can_be_again(found),
            "log": f"/-/api/v1/apps/{name}/deploys/{found.pk}/log",
        }
        return answered(request, caller, app, TAB, tabs, "manage/deploy.html", context)

    return view


def _deploy(app: App, number: str) -> Deploy:
    known = app.deploys.select_related("release__build", "app")
    found = known.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
    if found is None:
        raise no_deploy(app.name, int(number) if number.isdecimal() else 0)
    return found


def _can_be_again(deploy: Deploy) -> bool:
    """Whether its release can be rolled back to."""
    release = deploy.release
    return bool(release and release.state == ReleaseState.RETIRED and release.build.kept)


def _changes(deploy: Deploy) -> list[str] | None:
    """Against the release before it that has served; None where there is none."""
    if deploy.release is None:
        return None
    served = deploy.app.releases.filter(
        state__in=(ReleaseState.LIVE, ReleaseState.RETIRED), version__lt=deploy.release.version
    )
    before = served.select_related("build").first()
    return differences(before, deploy.release) if before else None


def _address(name: str, deploy: int) -> str:
    return reverse("manage_deploy", args=[name, deploy])
