import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

# The name under which the app is deployed, and with it the prefix of all its addresses.
APP_NAME = os.environ.get("PORTICO_APP_NAME", "my-django-app")
DATA_DIR = Path(os.environ.get("PORTICO_DATA_DIR", BASE_DIR))

DEBUG = False
SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-development")
ALLOWED_HOSTS = [os.environ.get("PORTICO_HOSTNAME", "localhost"), "127.0.0.1"]

INSTALLED_APPS = ["polls", "django.contrib.staticfiles"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "mysite.urls"
WSGI_APPLICATION = "mysite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "polls.sqlite3"}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = f"/{APP_NAME}/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"

USE_TZ = True
