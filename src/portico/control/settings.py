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
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "ninja",
    "portico.control",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portico.control.pages.headers.Protection",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portico.control.pages.visiting.Explained",
]

SESSION_ENGINE = "portico.control.accounts.sessions"
# Cookies of the platform stay below /-/: no app gets them, whatever path it is under.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "portico_session", "portico_csrf"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/-/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PORTICO.public_url.startswith("https://")
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # pages hold the CSRF token themselves
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "portico.control.pages.errors.from_elsewhere"
# The usual storage is a cookie of its own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ROOT_URLCONF = "portico.control.urls"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "portico.control.pages.context.base",
            ]
        },
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
