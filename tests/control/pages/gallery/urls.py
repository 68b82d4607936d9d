"""The platform's addresses, and one more for the page of components."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.utils import timezone

from portico.control import urls
from portico.errors import PorticoError

PAGE = Path(__file__).parent / "templates" / "components.html"


class Example(forms.Form):
    title = forms.CharField(label="Title", help_text="Shown on the app's card.", required=True)
    access = forms.ChoiceField(label="Access", choices=[("a", "Restricted"), ("b", "Public")])
    about = forms.CharField(label="Description", widget=forms.Textarea, required=False)
    picture = forms.FileField(label="Picture", required=False)
    listed = forms.BooleanField(
        label="Show in the portal", help_text="Whoever may open it finds it there.", required=False
    )


def components(request: HttpRequest) -> HttpResponse:
    form = Example({"title": "", "access": "a"})
    context: dict[str, Any] = {
        "form": form,
        "moment": timezone.now() - timedelta(minutes=3),
        "error": PorticoError(
            "The picture was not taken.",
            "It is a PDF.",
            "Choose a PNG, JPEG or WebP file.",
        ),
    }
    page = engines["django"].from_string(PAGE.read_text())
    return HttpResponse(page.render(context, request))


urlpatterns = [*urls.urlpatterns, path("-/components", components)]
handler404 = urls.handler404
