"""Django's settings. The operator's own are in `portico.settings`; what Django needs follows."""

from __future__ import annotations

import os
from pathlib import Path

from portico.control.accounts import configuration
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
        PORTICO.apps_own_domain or PORTICO.apps_host or PORTICO.public_host,
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
    # Before allauth's: its templates are replaced by ours.
    "portico.control",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    *configuration.kinds(PORTICO),
    "allauth.usersessions",
]
MIDDLEWARE = [
    "portico.control.origin.Noted",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portico.control.pages.headers.Protection",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portico.control.pages.visiting.Explained",
    "portico.control.accounts.providers.away.ProviderAway",
    "portico.control.api.methods.MethodsExplained",
]

SESSION_ENGINE = "portico.control.accounts.sessions"
_COOKIES = configuration.cookies(PORTICO)
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = _COOKIES.session, _COOKIES.csrf
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = _COOKIES.path
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _COOKIES.secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # pages hold the CSRF token themselves
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "portico.control.pages.errors.from_elsewhere"
# The usual storage is a cookie of its own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Web is one process: the limits on attempts are in its memory.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["portico.control.accounts.backend.Backend"]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

_MAIL = bool(PORTICO.mail_url)
ACCOUNT_ADAPTER = "portico.control.accounts.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if _MAIL else "none"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = _MAIL
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # or anybody could have mail sent to anybody
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

_FORMS = "portico.control.accounts.allauth_forms"
ACCOUNT_FORMS = {
    "login": f"{_FORMS}.LoginForm",
    "signup": f"{_FORMS}.SignupForm",
    "add_email": f"{_FORMS}.AddEmailForm",
    "change_password": f"{_FORMS}.ChangePasswordForm",
    "set_password": f"{_FORMS}.SetPasswordForm",
    "reset_password": f"{_FORMS}.ResetPasswordForm",
    "reset_password_from_key": f"{_FORMS}.ResetPasswordKeyForm",
    "reauthenticate": f"{_FORMS}.ReauthenticateForm",
}
MFA_FORMS = {
    "authenticate": f"{_FORMS}.AuthenticateForm",
    "reauthenticate": f"{_FORMS}.FactorReauthenticateForm",
    "activate_totp": f"{_FORMS}.ActivateTOTPForm",
    "add_webauthn": f"{_FORMS}.AddWebAuthnForm",
    "edit_webauthn": f"{_FORMS}.EditWebAuthnForm",
}

SOCIALACCOUNT_ADAPTER = "portico.control.accounts.adapters.Providers"
SOCIALACCOUNT_PROVIDERS = configuration.providers(PORTICO)
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
# Whether an address is good is said by the provider, or it is not needed.
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_EMAIL_REQUIRED = False

MFA_ADAPTER = "portico.control.accounts.adapters.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_ALLOW_UNVERIFIED_EMAIL = True  # not everybody has an address here
# Browsers allow passkeys over http on localhost only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SESSION_COOKIE_SECURE

globals().update(configuration.mail(PORTICO))
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
                "portico.control.accounts.context.sign_on",
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
