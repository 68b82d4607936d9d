from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

urlpatterns = [
    path(
        "login/",
        LoginView.as_view(template_name="accounts/login.html", redirect_authenticated_user=True),
        name="account_login",
    ),
    path("logout/", LogoutView.as_view(next_page="account_login"), name="account_logout"),
]
