"""Django's settings. The operator's own are in `portico.settings`; what Django needs follows."""

from __future__ import annotations

import os
from pathlib import Path

from portico.control.database import database
from portico.control.secret_key import secret_key
from portico.layout import Layout
from portico.settings import Settings

PORTICO = Settings(data=Path(os.environ.get("PORTICO_DATA", ".")))
_LAYOUT = Layout(PORTICO.data)

SECRET_KEY = secret_key(_LAYOUT.web)
DEBUG = False
# Web builds no link from the Host header, so without a public address any name is as good.
ALLOWED_HOSTS = (
    [
        PORTICO.public_host,
        PORTICO.apps_host or PORTICO.public_host,
        "localhost",
        "127.0.0.1",
        "[::1]",
    ]
    if PORTICO.url
    else ["*"]
)
CSRF_TRUSTED_ORIGINS = [PORTICO.public_url]
# The router removes a client's own copy of this header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "ninja",
    "portico.control",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "portico.control.urls"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": []},
    }
]
FORM_RENDERER = "portico.control.pages.forms.Forms"

DATABASES = {
    "default": database(
        _LAYOUT.database, PORTICO.database_url or os.environ.get("DATABASE_URL", "")
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/-/static/"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Refused requests are told to their clients; they are no news to the operator.
        "django.request": {"level": "ERROR"},
        "uvicorn.error": {"level": "WARNING"},
    },
}
