from __future__ import annotations

from django.urls import include, path

from portico.control.accounts import first_admin
from portico.control.accounts.own import devices, notices, overview, tokens

urlpatterns = [
    path("", overview.account_home, name="account_home"),
    path("notices/", notices.notices, name="account_notices"),
    path("tokens/", tokens.tokens, name="account_tokens"),
    path("tokens/<int:number>/revoke/", tokens.revoke, name="account_revoke_token"),
    path("device/", devices.device, name="account_device"),
    path("first/<str:secret>/", first_admin.first_administrator, name="first_administrator"),
    path("", include("allauth.urls")),
]
