"""In place of allauth's, at the same addresses."""

from __future__ import annotations

from allauth.socialaccount.providers.saml.views import login
from django.urls import include, path

from portico.control.accounts.providers.saml import signing_in, signing_out

_OF_ONE = [
    path("login/", login, name="saml_login"),
    path("acs/", signing_in.arrive, name="saml_acs"),
    path("acs/finish/", signing_in.finish, name="saml_finish_acs"),
    path("sls/", signing_out.sign_out, name="saml_sls"),
    path("metadata/", signing_in.metadata, name="saml_metadata"),
]
urlpatterns = [path("saml/<slug:organization_slug>/", include(_OF_ONE))]
